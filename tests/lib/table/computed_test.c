/* SPDX-License-Identifier: Apache-2.0 */
/* Table types that compute what they give: chance, other tables, the environment; and what holds for all types. */
#include "lib/table/match_list.h"
#include "tests/lib/table/expect.h"

#include <stdlib.h>

static const struct {
	const char *spec, *key, *value;
} others[] = {
	{ "fail:x", "a", "ERROR" },
	{ "fail:x", "", NULL },
	{ "randmap:{a}", "anything", "a" },
	{ "randmap:{ {b  c} }", "anything", "{b  c}" },
	{ "randmap:{ {weight=3 b  c} }", "anything", "b  c" },
	{ "pipemap:{inline:{a=B},inline:{b=c}}", "A", "c" },
	{ "pipemap:{inline:{a=b},inline:{b=c}}", "b", NULL },
	{ "pipemap:{ inline:{a=b, x=y}, {inline:{ {b = c d} }} , regexp:{ {/(.)$/ <$1>} }}", "a", "<d>" },
	{ "pipemap:{regexp:{ {/^(.)/ $1} }, inline:{j=found}}", "Joe", "found" },
	{ "pipemap:{inline:{a=b},fail:x}", "a", "ERROR" },
	{ "pipemap:{inline:{a=b},fail:x}", "z", NULL },
	{ "unionmap:{inline:{a=b},inline:{a=c},inline:{d=e}}", "a", "b,c" },
	{ "unionmap:{inline:{a=b},inline:{a=c},inline:{d=e}}", "d", "e" },
	{ "unionmap:{inline:{a=b}}", "z", NULL },
	{ "unionmap:{inline:{a=b},fail:x}", "a", "ERROR" },
	{ "unionmap:{fail:x,inline:{a=b}}", "a", "ERROR" },
	{ "unionmap:{unionmap:{inline:{a=b},static:x},inline:{a=c}}", "a", "b,x,c" },
	{ "debug:inline:{a=b}", "a", "b" },
	{ "debug:fail:x", "a", "ERROR" },
	{ "internal:x", "a", NULL },
	{ "environ:x", "computed_test_name", "of the environment" },
	{ "environ:x", "computed_test_none", NULL },
};

static void
computed(void **state)
{
	(void)state;
	setenv("computed_test_name", "of the environment", 1);
	for (size_t i = 0; i < NITEMS(others); i++)
		expect(others[i].spec, FLAGS, others[i].key, others[i].value);
}

/* With weights 1 and 9 a thousand draws are far from even; that they fail is less likely than a broken machine. */
static void
chance(void **state)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct table *t = opened("randmap:{a, {weight=9 b}}", 0);
	int n[2] = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		const char *value;

		assert_int_equal(table_get(t, "x", &mem, &value, &why), TABLE_FOUND);
		n[value[0] == 'b']++;
	}
	assert_in_range(n[0], 30, 250);
	table_free(&t);
	arena_free(&mem);
}

static const struct {
	const char *spec, *why;
} bad[] = {
	{ "cidr:/nonexistent/file", "open cidr:/nonexistent/file: No such file" },
	{ "cidr:/tmp", "Is a directory" },
	{ "cidr:{ 1.2.3.4 a }", "each rule stands in braces" },
	{ "cidr:{{1.2.3.4 a}{1.2.3.5 b}}", "a blank is missing" },
	{ "cidr:{{1.2.3.4 a}", "a brace is not closed" },
	{ "regexp:{ {/a/ b}", "a brace is not closed" },
	{ "randmap:{}", "wanted is randmap:{result, ...}" },
	{ "randmap:a", "wanted is randmap:{result, ...}" },
	{ "randmap:{a {weight=0 b}}", "a weight is written" },
	{ "randmap:{a {weight=2}}", "a weight is written" },
	{ "pipemap:{}", "wanted is pipemap:{type:name, ...}" },
	{ "pipemap:inline:{a=b}", "wanted is pipemap:{type:name, ...}" },
	{ "pipemap:{x}", "a table is written type:name" },
	{ "unionmap:{}", "wanted is unionmap:{type:name, ...}" },
	{ "debug:x", "a table is written type:name" },
	{ "tcp:host", "wanted is tcp:host:port" },
	{ "tcp:host:", "wanted is tcp:host:port" },
	{ "socketmap:foo", "wanted is socketmap:inet:host:port:name" },
	{ "socketmap:inet:host:25", "wanted is socketmap:inet:host:port:name" },
	{ "socketmap:unix:/path", "wanted is socketmap:inet:host:port:name" },
};

static void
bad_specs(void **state)
{
	char *deep = mem_zero(1, 2 * 8000 + 100);

	(void)state;
	for (size_t i = 0; i < NITEMS(bad); i++) {
		struct buf err = BUF(1000);

		assert_null(table_open(bad[i].spec, 0, &direct, &err));
		if (strstr(buf_str(&err), bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].spec, buf_str(&err));
		buf_free(&err);
	}
	for (int i = 0; i < 800; i++)
		memcpy(deep + i * 9, "pipemap:{", 9);
	memset(deep + 800 * 9, '}', 800);
	struct buf err = BUF(1000);
	assert_null(table_open(deep, 0, &direct, &err));
	assert_non_null(strstr(buf_str(&err), "more than 8 deep"));
	buf_free(&err);
	memset(deep, 0, 2 * 8000 + 100);
	for (int i = 0; i < 1500; i++)
		memcpy(deep + i * 6, "debug:", 6);
	strcpy(deep + 1500 * 6, "static:x");
	assert_null(table_open(deep, 0, &direct, &err));
	assert_non_null(strstr(buf_str(&err), "more than 8 deep"));
	buf_free(&err);

	struct table *t = table_open(deep + 1492 * 6, 0, &direct, &err);
	assert_non_null(t);
	table_free(&t);
	t = table_open("pipemap:{unionmap:{pipemap:{unionmap:{inline:{a=b}}}}}", 0, &direct, &err);
	assert_non_null(t);
	table_free(&t);
	free(deep);
}

/* What matches patterns is never asked for a part of a key. */
static const struct {
	const char *spec;
	bool patterns;
} parts[] = {
	{ "static:x", false },
	{ "regexp:{ {/./ x} }", true },
	{ "cidr:{ {0.0.0.0/0 x} }", true },
	{ "pipemap:{static:x,static:y}", false },
	{ "unionmap:{static:x,regexp:{ {/./ x} }}", true },
	{ "debug:static:x", false },
	{ "debug:regexp:{ {/./ x} }", true },
};

static void
whole_keys(void **state)
{
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(1000);
	struct table_list *l = table_list_open("regexp:{ {/./ pattern} }, static:x", 0, &direct, &err);
	const struct conf cf = { .parent_domain_matches_subdomains = "relay_domains" };
	const struct table_env env = { .cf = &cf };
	struct match_list *m = match_list_open("relay_domains", "regexp:{ {/^example$/ pattern} }", &env, &err);
	const struct table *which;
	const char *value;

	(void)state;
	for (size_t i = 0; i < NITEMS(parts); i++) {
		struct table *t = opened(parts[i].spec, 0);

		assert_int_equal(table_is_patterns(t), parts[i].patterns);
		table_free(&t);
	}
	assert_int_equal(table_list_get(l, "a", &mem, &value, &why), TABLE_FOUND);
	assert_string_equal(value, "pattern");
	assert_int_equal(table_list_find(l, "a", false, &mem, &value, &which, &why), TABLE_FOUND);
	assert_string_equal(value, "x");
	assert_int_equal(match_list_get(m, "example", &mem, &why), TABLE_FOUND);
	assert_int_equal(match_list_get(m, "below.example", &mem, &why), TABLE_ABSENT);
	table_list_free(&l);
	match_list_free(&m);
	arena_free(&mem);
}

static void
add_entry(void *ctx, const char *key, const char *value)
{
	buf_fmt(ctx, "%s=%s ", key, value);
}

static void
writing(void **state)
{
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf seen = BUF(100);
	struct table *t = opened("internal:x", TABLE_FOLD | TABLE_WRITE), *fixed = opened("static:x", 0),
		     *read_only = opened("internal:x", 0);
	const char *value;

	(void)state;
	assert_true(table_each(t, add_entry, &seen, &why));
	assert_true(table_put(t, "A", "1", &why));
	assert_true(table_put(t, "b", "2", &why));
	assert_true(table_put(t, "a", "3", &why));
	assert_int_equal(table_get(t, "a", &mem, &value, &why), TABLE_FOUND);
	assert_string_equal(value, "3");
	assert_true(table_each(t, add_entry, &seen, &why));
	assert_string_equal(buf_str(&seen), "a=3 b=2 ");
	assert_int_equal(table_remove(t, "B", &why), TABLE_FOUND);
	assert_int_equal(table_remove(t, "b", &why), TABLE_ABSENT);
	assert_false(table_put(fixed, "a", "b", &why));
	assert_non_null(strstr(why.text, "static:x: tables of this type cannot be written"));
	assert_int_equal(table_remove(fixed, "a", &why), TABLE_ERROR);
	assert_false(table_put(read_only, "a", "b", &why));
	assert_non_null(strstr(why.text, "not opened for writing"));
	table_free(&t);
	table_free(&fixed);
	table_free(&read_only);
	buf_free(&seen);
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(computed),
		cmocka_unit_test(chance),
		cmocka_unit_test(bad_specs),
		cmocka_unit_test(whole_keys),
		cmocka_unit_test(writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
