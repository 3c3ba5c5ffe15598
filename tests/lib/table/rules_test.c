/* SPDX-License-Identifier: Apache-2.0 */
/* routing(5): which rule a message and its recipient come under, and what is wrong with rules. */
#include "lib/base/text.h"
#include "lib/table/table.h"

#include "tests/support/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct table *
open_rules(const char *text, struct buf *err)
{
	const char *const settings[] = { "recipient_delimiter=+", "compatibility_level=3.6" };
	const struct conf_args a = {
		.dir = "/nonexistent", .overrides = settings, .noverrides = NITEMS(settings), .defaults_only = true
	};
	struct buf trouble = BUF(1000);
	const struct conf *cf = conf_load(&a, &trouble);
	const struct table_env env = { .cf = cf };
	char *name = file_with(text), *spec;
	struct table *t;

	assert_non_null(cf);
	spec = mem_fmt("rules:%s", name);
	t = table_open(spec, TABLE_FOLD, &env, err);
	unlink(name);
	free(spec);
	free(name);
	conf_free(&cf);
	return t;
}

static const char rules[] = "# comment\n"
			    "sender=<>                                       1:\n"
			    "sender=joe@s.example recipient=.far.example     2:\n"
			    "\n"
			    "sender=s.example,!bad@s.example client=192.0.2.0/24,2001:db8::/32\n"
			    "  # within\n"
			    "        3:[relay.example]:587\n"
			    "login=ann,bob                                   4:\n"
			    "login=* recipient=vip@                          5: with blanks \n"
			    "client=none recipient=@Local.Example            6:\n"
			    "client=!10.0.0.0/8,!none recipient=in.example   7:\n"
			    "* recipient=last.example                        8:\n";

static const struct {
	const char *sender, *recipient, *client, *login, *want; /* NULL: no rule */
} cases[] = {
	{ "<>", "x@y.example", "", "", "1:" },
	{ "joe@s.example", "x@a.far.example", "", "", "2:" },
	{ "JOE@S.Example", "x@a.far.example", "", "", "2:" },
	{ "joe+x@s.example", "x@a.far.example", "", "", "2:" },
	{ "joel@s.example", "x@a.far.example", "", "", NULL },
	{ "joe@s.example", "x@far.example", "", "", NULL },
	{ "joe@s.example", "x@afar.example", "", "", NULL },
	{ "joe@t.s.example", "x@a.far.example", "", "", NULL },
	{ "ann@s.example", "x@y.example", "192.0.2.9", "", "3:[relay.example]:587" },
	{ "ann@s.example", "x@y.example", "2001:db8::1", "", "3:[relay.example]:587" },
	{ "ann@s.example", "x@y.example", "192.0.3.9", "", NULL },
	{ "bad@s.example", "x@y.example", "192.0.2.9", "", NULL },
	{ "ann@s.example", "x@y.example", "", "", NULL },
	{ "a@b.example", "x@y.example", "10.0.0.1", "Bob", "4:" },
	{ "a@b.example", "x@y.example", "10.0.0.1", "bobby", NULL },
	{ "a@b.example", "vip@y.example", "10.0.0.1", "eve", "5: with blanks" },
	{ "a@b.example", "vip@y.example", "10.0.0.1", "", NULL },
	{ "a@b.example", "x@local.example", "", "", "6:" },
	{ "a@b.example", "x@local.example", "10.0.0.1", "", NULL },
	{ "a@b.example", "x@in.example", "192.0.2.1", "", "7:" },
	{ "a@b.example", "x@in.example", "10.0.0.1", "", NULL },
	{ "a@b.example", "x@in.example", "", "", NULL },
	{ "a@b.example", "x@last.example", "", "", "8:" },
	/* who has a blank in his name does not make a field of it */
	{ "\"x%20login=ann\"@b.example", "x@y.example", "10.0.0.1", "", NULL },
};

static void
first_rule(void **state)
{
	struct buf err = BUF(1000);
	struct table *t = open_rules(rules, &err);
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	const char *file;
	int line;

	(void)state;
	if (t == NULL)
		fail_msg("%s", buf_str(&err));
	for (size_t i = 0; i < NITEMS(cases); i++) {
		const char *key = arena_fmt(&mem, "sender=%s recipient=%s client=%s login=%s", cases[i].sender,
			       cases[i].recipient, cases[i].client, cases[i].login),
			   *value = NULL;
		enum table_result found = table_get(t, key, &mem, &value, &why);

		if (found != (cases[i].want != NULL ? TABLE_FOUND : TABLE_ABSENT) ||
		    (value != NULL && strcmp(value, cases[i].want) != 0))
			fail_msg("%s: %s", key, value);
	}
	assert_true(table_where(t, "sender=ann@s.example recipient=x@y.example client=192.0.2.9 login=", &file, &line));
	assert_int_equal(line, 5);
	assert_string_equal(file, table_spec(t) + strlen("rules:"));
	assert_false(table_where(t, "sender=a@b.example recipient=x@y.example client= login=", &file, &line));
	table_free(&t);
	arena_free(&mem);
}

static const struct {
	const char *text, *want;
} mistakes[] = {
	{ "sender=a@b.example\n", ", line 1: expected transport:nexthop after the conditions" },
	{ "# x\n\nsmtp:[a]\n", ", line 3: expected sender=, recipient=, client=, login= or *: \"smtp:[a]\"" },
	{ "sendr=a x:\n", ", line 1: expected sender=, recipient=, client=, login= or *" },
	{ "sender=a sender=b x:\n", ", line 1: a field has two conditions" },
	{ "sender= x:\n", ", line 1: a condition needs a value" },
	{ "sender=! x:\n", ", line 1: nothing stands after the !" },
	{ "client=mail.example x:\n", ", line 1: expected an address or network" },
	{ "client=192.0.2.1/24 x:\n", ", line 1: expected an address or network" },
	{ "client=!!/etc/passwd x:\n", ", line 1: expected an address or network" },
	{ "client=/etc/passwd x:\n", ", line 1: expected an address or network" },
	{ " sender=a x:\n", ", line 1: a line that starts with white space continues nothing" },
};

static void
mistakes_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(mistakes); i++) {
		struct buf err = BUF(1000);
		struct table *t = open_rules(mistakes[i].text, &err);

		if (t != NULL || strstr(buf_str(&err), mistakes[i].want) == NULL)
			fail_msg("%s: %s", mistakes[i].text, buf_str(&err));
		buf_free(&err);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_rule),
		cmocka_unit_test(mistakes_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
