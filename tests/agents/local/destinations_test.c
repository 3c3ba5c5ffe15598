/* SPDX-License-Identifier: Apache-2.0 */
#include "agents/local/destinations.h"
#include "lib/base/buf.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *text, *want; /* kind letter and text, one after the other with |; "!": refused */
} cases[] = {
	{ "", "" },
	{ "joe", "A joe" },
	{ "joe, jane@example.com", "A joe;A jane@example.com" },
	{ "joe\njane\n", "A joe;A jane" },
	{ "# comment\njoe\n  # nor this\n", "A joe" },
	{ "|/usr/bin/procmail", "C /usr/bin/procmail" },
	{ "\"|/usr/bin/vacation joe\"", "C /usr/bin/vacation joe" },
	{ "|\"/usr/bin/vacation joe, jane\"", "C /usr/bin/vacation joe, jane" },
	{ "\"|exec \\\"/a b\\\" c\"", "C exec \"/a b\" c" },
	{ "/var/mail/archive, joe", "F /var/mail/archive;A joe" },
	{ "\"/var/mail/with blank\"", "F /var/mail/with blank" },
	{ ":include:/etc/list", "I /etc/list" },
	{ "\":include: /etc/list\"", "I /etc/list" },
	{ "\\joe, \"|vacation joe\"", "M joe;C vacation joe" },
	{ "Joe Doe <joe@example.com> (him, really), jane", "A joe@example.com;A jane" },
	{ "\"Doe, Joe\" <joe@example.com>", "A joe@example.com" },
	{ ",,joe,,", "A joe" },
	{ "|", "!" },
	{ "\\", "!" },
};

static void
print(struct buf *b, const char *text, struct arena *mem)
{
	struct destination *list = NULL;
	const char *why = "";
	size_t n = 0;

	if (!destinations_parse(text, mem, &list, &n, &why)) {
		buf_puts(b, "!");
		assert_string_not_equal(why, "");
		return;
	}
	for (size_t i = 0; i < n; i++)
		buf_fmt(b, "%s%c %s", i > 0 ? ";" : "", "AMCFI"[list[i].kind], list[i].text);
}

static void
destinations(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct arena mem = ARENA(1 << 20);
		struct buf got = BUF(4096);
		const char *want = strstr(cases[i].want, "!") != NULL ? "!" : cases[i].want;

		print(&got, cases[i].text, &mem);
		if (strcmp(buf_str(&got), want) != 0)
			fail_msg("\"%s\" gives \"%s\", not \"%s\"", cases[i].text, buf_str(&got), want);
		buf_free(&got);
		arena_free(&mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(destinations) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
