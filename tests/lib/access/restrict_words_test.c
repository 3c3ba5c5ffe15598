/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/access/restrict_words.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "tests/support/test.h"

#include <string.h>

/* Each word in its kind: k known, n not built, c class, u unknown; then what there is to say about it. */
static void
note(void *ctx, const struct restrict_word *w)
{
	buf_fmt(ctx, "%c:%s", "kncu"[w->kind], w -> word);
	if (w->nearest != NULL)
		buf_fmt(ctx, "?%s", w->nearest);
	if (w->table != NULL)
		buf_fmt(ctx, "(%s)", w->table);
	buf_puts(ctx, w->lacks_table ? "-table " : w->lacks_argument ? "-argument " : " ");
}

static const struct {
	const char *list, *said;
} cases[] = {
	{ "", "" },
	{ "permit_mynetworks, REJECT", "k:permit_mynetworks k:REJECT " },
	{ "warn_if_reject reject", "k:reject " },
	{ "reject_unauth_destinaton permit", "u:reject_unauth_destinaton?reject_unauth_destination k:permit " },
	{ "open_sesame", "u:open_sesame " },
	{ "check_sender_access hash:/x, mine", "k:check_sender_access(hash:/x) c:mine " },
	{ "check_sender_access inline:{a=b, c=d} permit", "k:check_sender_access(inline:{a=b, c=d}) k:permit " },
	{ "hash:/x permit", "k:hash:/x(hash:/x) k:permit " },
	{ "check_helo_access", "k:check_helo_access-table " },
	{ "check_helo_access permit", "k:check_helo_access-table " },
	{ "sleep", "k:sleep-argument " },
	{ "sleep 3 reject_rbl_client zen.example yours", "k:sleep n:reject_rbl_client c:yours " },
	{ "check_policy_service { inet:127.0.0.1:1, timeout=3s } reject", "n:check_policy_service k:reject " },
};

static void
each_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct buf said = BUF(4096);

		restrict_words(cases[i].list, "mine, yours", note, &said);
		assert_string_equal(buf_str(&said), cases[i].said);
		buf_free(&said);
	}
}

static void
the_lists_have_names(void **state)
{
	size_t n = 0, found = 0;

	(void)state;
	for (; restrict_list_name(n) != NULL; n++)
		found += strcmp(restrict_list_name(n), "smtpd_relay_restrictions") == 0;
	assert_int_equal(n, 9);
	assert_int_equal(found, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_word), cmocka_unit_test(the_lists_have_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
