/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/table.h"

#include "lib/base/fold.h"
#include "tests/support/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct table_env direct = { .proxymap = NULL };

static const char aliases[] = "# comment\n"
			      "root: joe\n"
			      "plain value\n"
			      "MixedCase:\t someone\n"
			      "\"quoted name\" : x\n"
			      "long: a,\n"
			      "\tb,\n"
			      "  c\n"
			      "\n"
			      "  # not a continuation\n"
			      "a:b c\n"
			      "unchanged.example\t:\n"
			      "via.example  :[gw]\n"
			      "root: second\n"
			      "empty:\n"
			      "last: without line end";

static const struct {
	const char *key, *value; /* NULL: absent */
} wanted[] = {
	{ "root", "joe" },
	{ "ROOT", "joe" },
	{ "plain", "value" },
	{ "mixedcase", "someone" },
	{ "quoted name", "x" },
	{ "long", "a,\tb,  c" },
	{ "a:b", "c" },
	{ "unchanged.example", ":" }, /* transport(5) */
	{ "via.example", ":[gw]" },
	{ "empty", NULL },
	{ "#", NULL },
	{ "last", "without line end" },
	{ "", NULL },
	{ "nobody", NULL },
};

static void
texthash(void **state)
{
	char *name = file_with(aliases), *spec;
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(1000);
	const char *value;
	struct table *t;

	(void)state;
	spec = mem_fmt("texthash:%s", name);
	t = table_open(spec, TABLE_FOLD, &direct, &err);
	assert_non_null(t);
	for (size_t i = 0; i < NITEMS(wanted); i++) {
		enum table_result r = table_get(t, wanted[i].key, &mem, &value, &why);

		if (wanted[i].value == NULL ? r != TABLE_ABSENT
					    : r != TABLE_FOUND || strcmp(value, wanted[i].value) != 0)
			fail_msg("%s: %d %s", wanted[i].key, r, r == TABLE_FOUND ? value : "");
	}
	assert_false(table_changed(t));
	usleep(1000);
	FILE *f = fopen(name, "a");
	fputs("more: x\n", f);
	fclose(f);
	assert_true(table_changed(t));
	unlink(name);
	assert_false(table_changed(t)); /* gone for a moment: what was read stays good */
	table_free(&t);
	arena_free(&mem);
	free(spec);
	free(name);
}

static const struct {
	const char *spec, *why;
} bad[] = {
	{ "texthash:/nonexistent/file", "No such file" },
	{ "texthash:/tmp", "Is a directory" },
	{ "hash:", "wanted is hash:/path/of/the/source" },
	{ "hash", "a table is written type:name" },
	{ ":x", "a table is written type:name" },
	{ "zork:x", "\"zork\" is not built in; there are btree cdb cidr debug environ fail hash " },
	{ "inline:x", "wanted is inline:{ key=value, ... }" },
	{ "inline:{}", "empty table" },
	{ "inline:{a}", "not key=value" },
	{ "inline:{a=1,a=2}", "there twice" },
	{ "unix:shadow", "there are unix:passwd.byname" },
	{ "proxy:static:x", "does not ask itself" },
};

static void
bad_specs(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(bad); i++) {
		struct buf err = BUF(1000);

		assert_null(table_open(bad[i].spec, 0, &direct, &err));
		if (strstr(buf_str(&err), bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].spec, buf_str(&err));
		buf_free(&err);
	}
}

static const struct {
	const char *specs, *key, *value;
} lists[] = {
	{ "", "a", NULL },
	{ "inline:{a=1, { b = two words }}", "b", "two words" },
	{ "inline:{a=1} static:x", "a", "1" },
	{ "inline:{a=1}, static:x", "c", "x" },
	{ "static:{ a b }", "z", "a b" },
	{ "unix:passwd.byname", "root", "root:x:0:0:root:/root:/bin/bash" },
	{ "unix:passwd.byname", "no-such-user", NULL },
	{ "unix:group.byname", "root", "root:x:0:" },
};

static void
table_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(lists); i++) {
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		struct buf err = BUF(1000);
		struct table_list *l = table_list_open(lists[i].specs, TABLE_FOLD, &direct, &err);
		const char *value = NULL;
		enum table_result r;

		assert_non_null(l);
		r = table_list_get(l, lists[i].key, &mem, &value, &why);
		assert_int_equal(r, lists[i].value != NULL ? TABLE_FOUND : TABLE_ABSENT);
		if (lists[i].value != NULL)
			assert_string_equal(value, lists[i].value);
		table_list_free(&l);
		arena_free(&mem);
	}
}

static const struct {
	const char *spec, *key;
	unsigned flags;
	bool enabled, ascii_finds,
	    utf8_finds; /* smtputf8_enable; is it found in a build without libunistring, and with it? */
} cases[] = {
	{ "inline:{j\xc3\xbcrgen@example.com=1}", "J\xc3\xbcRGEN@Example.com", TABLE_FOLD, true, true, true },
	{ "inline:{j\xc3\xbcrgen@example.com=1}", "J\xc3\x9cRGEN@Example.com", TABLE_FOLD, true, false, true },
	{ "inline:{J\xc3\x9cRGEN@example.com=1}", "j\xc3\xbcrgen@example.com", TABLE_FOLD, true, false, true },
	{ "inline:{stra\xc3\x9f"
	  "e=1}",
	    "STRASSE", TABLE_FOLD, true, false, true },
	{ "inline:{\xcf\x83\xce\xbf\xcf\x82=1}", "\xce\xa3\xce\x9f\xce\xa3", TABLE_FOLD, true, false, true },
	{ "inline:{j\xc3\xbcrgen=1}", "j\xc3\x9crgen", TABLE_FOLD, false, false, false },
	{ "inline:{j\xc3\xbcrgen=1}", "j\xc3\x9crgen", TABLE_FOLD | TABLE_ASCII, true, false, false },
	{ "inline:{j\xc3\xbcrgen=1}", "j\xc3\x9crgen", 0, true, false, false },
	/* What is not UTF-8 is what it is. */
	{ "inline:{a\xff=1}", "A\xff", TABLE_FOLD, true, true, true },
	{ "inline:{a\xff=1}", "A\xfe", TABLE_FOLD, true, false, false },
};

static void
letter_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		const struct conf cf = { .smtputf8_enable = cases[i].enabled };
		const struct table_env env = { .cf = &cf };
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		struct buf err = BUF(1000);
		struct table *t = table_open(cases[i].spec, cases[i].flags, &env, &err);
		bool found = fold_knows_utf8() ? cases[i].utf8_finds : cases[i].ascii_finds;
		const char *value;

		assert_non_null(t);
		if (table_get(t, cases[i].key, &mem, &value, &why) != (found ? TABLE_FOUND : TABLE_ABSENT))
			fail_msg("%s, %s", cases[i].spec, cases[i].key);
		table_free(&t);
		arena_free(&mem);
	}
}

/* A table that cannot be asked is an error to its last caller, never "not found". */
static void
failing_table(void **state)
{
	const struct table_env env = { .proxymap = "/nonexistent/proxymap" };
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(1000);
	struct table_list *l = table_list_open("inline:{a=1} unix:passwd.byname", 0, &env, &err);
	const char *value;

	(void)state;
	assert_non_null(l);
	assert_int_equal(table_list_get(l, "a", &mem, &value, &why), TABLE_FOUND);
	assert_int_equal(table_list_get(l, "b", &mem, &value, &why), TABLE_ERROR);
	assert_int_equal(why.fate, FATE_LATER);
	table_list_free(&l);
	arena_free(&mem);
}

/* What "sallyport check" looks into: the table that is meant, or one without entries. */
static void
in_a_trial(void **state)
{
	const struct table_env trial = { .trial = table_trial_new() };
	char *source = file_with("a b\n");
	const struct {
		const char *before, *after, *value; /* NULL: absent */
	} cases[] = { { "hash:", "", "b" }, { "proxy:lmdb:", "", "b" }, { "proxy:texthash:", "", "b" },
		{ "mysql:", "", NULL }, { "nosuch:", "", NULL }, { "texthash:", ".absent", NULL },
		{ "hash:", ".absent", NULL }, { "static:b", "", source }, { "no table at all", "", NULL } };

	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct arena mem = ARENA(100000);
		struct verdict why = VERDICT(&mem);
		struct buf err = BUF(1000), spec = BUF(1000);
		const char *value;
		struct table *t, *again;

		buf_puts(&spec, cases[i].before);
		buf_puts(&spec, source);
		buf_puts(&spec, cases[i].after);
		assert_non_null(t = table_open(buf_str(&spec), TABLE_FOLD, &trial, &err));
		assert_ptr_equal(again = table_open(buf_str(&spec), TABLE_FOLD, &trial, &err), t);
		table_free(&again);
		assert_null(again);
		assert_string_equal(buf_str(&err), "");
		assert_string_equal(table_spec(t), buf_str(&spec));
		if (cases[i].value == NULL)
			assert_int_equal(table_get(t, "a", &mem, &value, &why), TABLE_ABSENT);
		else
			assert_int_equal(table_get(t, "a", &mem, &value, &why), TABLE_FOUND);
		if (cases[i].value != NULL && cases[i].value != source)
			assert_string_equal(value, cases[i].value);
		assert_false(table_changed(t));
		table_free(&t);
		arena_free(&mem);
		buf_free(&err);
		buf_free(&spec);
	}
	{
		struct table_trial *all = trial.trial;

		table_trial_free(&all);
		assert_null(all);
	}
	unlink(source);
	free(source);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_a_trial),
		cmocka_unit_test(texthash),
		cmocka_unit_test(bad_specs),
		cmocka_unit_test(table_lists),
		cmocka_unit_test(letter_case),
		cmocka_unit_test(failing_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
