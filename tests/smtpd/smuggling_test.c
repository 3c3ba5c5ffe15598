/* SPDX-License-Identifier: Apache-2.0 */
/*
 * V-01: what might be taken for the end of a message, in all forms of up to
 * two of CR, LF and NUL on either side of a dot, with a second message behind
 * it.  There is one message, or none; never two.
 */
#include "lib/base/mem.h"
#include "tests/smtpd/scene.h"
#include "tests/support/test.h"

#include <string.h>

enum { PLAYED = 1 << 20, ENDS = 13 };

/* As bytes, and as the transcript writes them. */
static const struct {
	const char *bytes;
	size_t n;
	const char *written;
} ends[ENDS] = {
	{ "", 0, "" },
	{ "\r", 1, "\\r" },
	{ "\n", 1, "\\n" },
	{ "\0", 1, "\\0" },
	{ "\r\r", 2, "\\r\\r" },
	{ "\r\n", 2, "\\r\\n" },
	{ "\r\0", 2, "\\r\\0" },
	{ "\n\r", 2, "\\n\\r" },
	{ "\n\n", 2, "\\n\\n" },
	{ "\n\0", 2, "\\n\\0" },
	{ "\0\r", 2, "\\0\\r" },
	{ "\0\n", 2, "\\0\\n" },
	{ "\0\0", 2, "\\0\\0" },
};

/* Is there anything but letters and CRLF? */
static bool
faulty(size_t before, size_t behind)
{
	char s[16] = "x";
	size_t n = 1;

	memcpy(s + n, ends[before].bytes, ends[before].n);
	n += ends[before].n;
	s[n++] = '.';
	memcpy(s + n, ends[behind].bytes, ends[behind].n);
	n += ends[behind].n;
	s[n++] = 'x';
	for (size_t i = 0; i < n; i++)
		if (s[i] == '\0' || (s[i] == '\r' && s[i + 1] != '\n') || (s[i] == '\n' && s[i - 1] != '\r'))
			return true;
	return false;
}

static void
add_attempt(struct buf *b, size_t before, size_t behind, bool strict)
{
	buf_fmt(
	    b, "C: MAIL FROM:<a@b.example>\nS: 250 *\nC: RCPT TO:<joe@test.example>\nS: 250 *\nC: DATA\nS: 354 *\n");
	buf_fmt(b,
	    "X: first%s.%sMAIL FROM:<evil@b.example>\\r\\nRCPT TO:<jane@test.example>\\r\\nDATA\\r\\nsecond\\r\\n.\\r\\n\n",
	    ends[before].written, ends[behind].written);
	buf_fmt(b, "S: %s\nC: HELP\nS: 214 *\n",
	    strict && faulty(before, behind) ? "550 5.5.2 mx.test.example Error: bare *" : "250 2.0.0 Ok: queued as *");
}

static void
all(const char *setting, bool strict)
{
	struct buf b = BUF(PLAYED);

	buf_fmt(&b, "conf: smtpd_forbid_bare_newline = %s\nconf: smtpd_hard_error_limit = 100000\n", setting);
	buf_fmt(&b, "conf: smtpd_soft_error_limit = 100000\nconf: smtpd_junk_command_limit = 100000\n");
	buf_fmt(&b, "S: 220 *\nC: EHLO client.example\nS- 250 *\n");
	for (size_t i = 0; i < ENDS; i++)
		for (size_t k = 0; k < ENDS; k++)
			if (strcmp(ends[i].written, "\\r\\n") != 0 || strcmp(ends[k].written, "\\r\\n") != 0)
				add_attempt(&b, i, k, strict);
	assert_true(buf_ok(&b));
	transcript_play(&scene_smtpd, setting, buf_str(&b));
	buf_free(&b);
}

static void
nothing_but_crlf_when_refused(void **state)
{
	(void)state;
	all("reject", true);
}

static void
nothing_but_crlf_when_normalized(void **state)
{
	(void)state;
	all("normalize", false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_but_crlf_when_refused),
		cmocka_unit_test(nothing_but_crlf_when_normalized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
