/* SPDX-License-Identifier: Apache-2.0 */
/* Table types that compute what they give: patterns, chance, other tables. */
#include "lib/base/config.h"
#include "lib/table/match_list.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct table_env direct = { 0 };
enum { FLAGS = TABLE_FOLD | TABLE_REGEXP_OK };

static char *
file_with(const void *text, size_t n)
{
	char *name = strdup("/tmp/computed_test.XXXXXX");
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	close(fd);
	return name;
}

static struct table *
opened(const char *spec, unsigned flags)
{
	struct buf err = BUF(4096);
	struct table *t = table_open(spec, flags, &direct, &err);

	if (t == NULL)
		fail_msg("%s: %s", spec, buf_str(&err));
	return t;
}

/* value NULL: absent; "ERROR": that. */
static void
expect(const char *spec, unsigned flags, const char *key, const char *value)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct table *t = opened(spec, flags);
	const char *got = NULL;
	enum table_result r = table_get(t, key, &mem, &got, &why);

	got = r == TABLE_ERROR ? "ERROR" : r == TABLE_ABSENT ? NULL : got;
	if (value == NULL ? got != NULL : got == NULL || strcmp(got, value) != 0)
		fail_msg("%s, key \"%s\": wanted %s, got %s %s", spec, key, value != NULL ? value : "nothing",
		    got != NULL ? got : "nothing", why.text);
	if (r == TABLE_ERROR)
		assert_int_equal(why.fate, FATE_LATER);
	table_free(&t);
	arena_free(&mem);
}

struct asked {
	const char *key, *value;
};

static void
expect_file(const char *type, const char *text, size_t len, const struct asked *asked, size_t n)
{
	char *name = file_with(text, len), *spec = mem_fmt("%s:%s", type, name);

	for (size_t i = 0; i < n; i++)
		expect(spec, FLAGS, asked[i].key, asked[i].value);
	unlink(name);
	free(name);
	free(spec);
}

static const char networks[] = "# first\n"
			       "192.0.2.1 one   result  \n"
			       "192.0.2.0/24 net\n"
			       "  goes on\n"
			       "   # over comments\n"
			       "\n"
			       "\tto here\n"
			       "198.51.100.1/24 host bits\n"
			       "[203.0.113.0/25] brackets\n"
			       "[203.0.113.128]/25 more\n"
			       "if 10.0.0.0/8\n"
			       "if !10.1.0.0/16\n"
			       "10.2.0.0/16 inside\n"
			       "EndIf\n"
			       "!10.0.0.0/9 upper half\n"
			       "endif\n"
			       "endif\n"
			       "2001:db8::/32 six\n"
			       "! ::1 not me\n"
			       "8.8.8.8\n"
			       "nonsense x\n"
			       "300.1.1.1 x\n"
			       "1.1.1.1/33 x\n";

static void
cidr(void **state)
{
	static const struct asked asked[] = {
		{ "192.0.2.1", "one   result" },
		{ "192.0.2.9", "net  goes on\tto here" },
		{ "198.51.100.1", NULL },
		{ "203.0.113.7", "brackets" },
		{ "203.0.113.200", "more" },
		{ "10.2.3.4", "inside" },
		{ "10.1.3.4", NULL },
		{ "10.200.3.4", "upper half" },
		{ "2001:DB8::7", "six" },
		{ "::2", "not me" },
		{ "::1", NULL },
		{ "8.8.8.8", NULL }, /* a rule with ! says nothing of the other family */
		{ "192.0.2.1/32", NULL },
		{ "192.0.02.1", NULL },
		{ "name.example", NULL },
	};

	(void)state;
	expect_file("cidr", networks, sizeof(networks) - 1, asked, NITEMS(asked));
	expect("cidr:{ {192.0.2.0/24 a b}, { 0.0.0.0/0   c } }", 0, "192.0.2.7", "a b");
	expect("cidr:{{if 1.0.0.0/8} {1.2.3.5 b } {endif}}", 0, "1.2.3.5", "b");
	expect("cidr:{{if 1.0.0.0/8} {1.2.3.5 without an end}}", 0, "1.2.3.5", "without an end");
	expect("cidr:{}", 0, "1.2.3.5", NULL);
}

static const char patterns[] = "/^(.)(.*)@(one|two)\\.example$/ $2-${1}-$(3)x $$\n"
			       "|pi/pe|i sensitive\n"
			       "!/[a-z]/ no letter\n"
			       "if /^k/\n"
			       "/k1/ first\n"
			       "if !/2/\n"
			       "/k/ not two\n"
			       "endif\n"
			       "ENDIF\n"
			       "/o(p)?t/ [$1]\n"
			       "/wrong/ $2\n"
			       "/wrong/ $1x\n"
			       "/wrong/ ${1\n"
			       "/wrong/ $0\n"
			       "!/wro(n)g/ $1\n"
			       "/wrong/z x\n"
			       "/(/ x\n"
			       "/wrong\n"
			       "word /wrong/ x\n"
			       "if\n"
			       "endif\n"
			       "/nu/ l\0 /and the rest/\n"
			       "/folded/ a\n"
			       " b\n"
			       "/a\\/b/ escaped\n"
			       "/two  blanks/\t x  y \n";

static const struct asked pattern_keys[] = {
	{ "Joe@one.example", "oe-J-onex $" }, /* keys are not folded */
	{ "joe@xone.example", NULL },
	{ "pi/pe", "sensitive" },
	{ "Pi/Pe", NULL },
	{ "123", "no letter" },
	{ "k1", "first" },
	{ "k2", NULL },
	{ "k3", "not two" },
	{ "opt", "[p]" },
	{ "ot", "[]" },
	{ "wrong", NULL },
	{ "nu", "l" },
	{ "folded", "a b" },
	{ "a/b", "escaped" },
	{ "two  blanks", "x  y" },
};

static void
regexp(void **state)
{
	(void)state;
	expect_file("regexp", patterns, sizeof(patterns) - 1, pattern_keys, NITEMS(pattern_keys));
	expect("regexp:{ {/a(b)?/ x} {/b\\(c\\)\\{2\\}/x [$1]} {/^m$/m m} }", FLAGS, "bcc", "[c]");
	expect("regexp:{ {/a(b)?/ x} {/b\\(c\\)\\{2\\}/x [$1]} {/^m$/m m} }", FLAGS, "l\nM\nn", "m");
	expect("regexp:{ {/\\(a\\)/ literal} {/x{3,}y/ three} }", FLAGS, "(a)", "literal");
	expect("regexp:{ {/\\(a\\)/ literal} {/x{3,}y/ three} }", FLAGS, "xxxxy", "three");
	expect("regexp:{ {/^a+*b[]x]c?d{0,2}e+\\.f$/ optional} }", FLAGS, "bxe.f", "optional");
}

#ifdef HAVE_LIBPCRE2
static void
pcre(void **state)
{
	(void)state;
	expect_file("pcre", patterns, sizeof(patterns) - 1, pattern_keys, NITEMS(pattern_keys));
	expect("pcre:{ {/a b/x sp} {/^q/A q} {/^.zz$/E z} {/(*UTF8)\xe2\x84\xaa/ kelvin} {/u(.+)(.)/U $1} }", FLAGS,
	    "ab", "sp");
	expect("pcre:{ {/a b/x sp} {/u(.+)(.)/U $1} }", FLAGS, "uxyz", "x");
	expect("pcre:{ {/q/A q} }", FLAGS, "aq", NULL);
	expect("pcre:{ {/^.z$/E z} {/^.z$/ not at the end} }", FLAGS, "az\n", "not at the end");
	/* The sign for kelvin is a k in another case, for UTF alone. */
	expect("pcre:{ {/(*UTF8)k/ kelvin} }", FLAGS, "\xe2\x84\xaa", "kelvin");
	expect("pcre:{ {/k/ kelvin} }", FLAGS, "\xe2\x84\xaa", NULL);
	expect("pcre:{ {/x(*ACCEPT)y/ accepted} }", FLAGS, "x", "accepted");
	expect("pcre:{ {/X/X of the first PCRE} }", FLAGS, "x", "of the first PCRE");
}

/* A match without end in sight is a failure of the table, and tells the line; nothing behind it is tried. */
static void
pcre_limits(void **state)
{
	char key[4001];
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct table *t = opened("pcre:{ {/^b/ b} {/^(a+)+$/ x} {/./ y} }", FLAGS);
	const char *value;

	(void)state;
	assert_int_equal(table_get(t, "bb", &mem, &value, &why), TABLE_FOUND);
	assert_int_equal(
	    table_get(t, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", &mem, &value, &why), TABLE_ERROR);
	assert_non_null(strstr(why.text, "line 2: match limit exceeded"));
	table_free(&t);
	arena_free(&mem);
	/* More stack than the machine code has: the interpreter does it. */
	memset(key, 'a', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	expect("pcre:{ {/^(?:(a)|b)*$/ $1} }", FLAGS, key, "a");
}
#endif

/* Who does not want what a client sent in results has no such rules. */
static void
substitution(void **state)
{
	(void)state;
	expect("regexp:{ {/a(.)/ $1} {/a/ plain $$} }", TABLE_FOLD, "ab", "plain $");
	expect("regexp:{ {/a(.)/ $1} {/a/ plain $$} }", FLAGS, "ab", "b");
}

static const struct {
	const char *pattern;
	bool refused;
} sizes[] = {
	{ "((.*){1,100}){1,50}", true },
	{ "(((a{1,100}){1,50}){1,50})", true },
	{ "(a?){1,1000}", true },
	{ "a{0,30000}", true },
	{ "x{30000}", true },
	{ "((a|b){1,100}){1,50}", true },
	{ "[[:alpha:]]{1,64}@([a-z]{1,20}\\.){1,5}[a-z]{2,20}", false },
	{ "^([0-9]{1,3}\\.){3}[0-9]{1,3}$", false },
	{ "(a)|b)", false },
	{ "{", false },
	{ "a{1", false },
	{ "[", false },
	{ "\\", false },
};

static void
compiler(void **state)
{
	char deep[2001], wide[8001];

	(void)state;
	for (size_t i = 0; i < NITEMS(sizes); i++) {
		char *spec = mem_fmt("~%s~ x\n", sizes[i].pattern), *name;
		struct buf err = BUF(4096);
		struct table *t;

		name = file_with(spec, strlen(spec));
		free(spec);
		spec = mem_fmt("regexp:%s", name);
		t = table_open(spec, FLAGS, &direct, &err);
		if ((t == NULL) != sizes[i].refused)
			fail_msg("%s: %s", sizes[i].pattern, buf_str(&err));
		if (t == NULL && strstr(buf_str(&err), ", line 1: the expression has ") == NULL)
			fail_msg("%s: %s", sizes[i].pattern, buf_str(&err));
		table_free(&t);
		buf_free(&err);
		unlink(name);
		free(name);
		free(spec);
	}
	memset(deep, '(', 1000);
	memset(deep + 1000, ')', 1000);
	deep[0] = deep[1999] = '/';
	for (size_t i = 0; i < 8000; i += 2)
		memcpy(wide + i, "a|", 2);
	wide[0] = wide[7999] = '/';
	deep[2000] = wide[8000] = '\0';
	for (int i = 0; i < 2; i++) {
		char *spec = mem_fmt("regexp:{ {%s x} }", i == 0 ? deep : wide);
		struct buf err = BUF(4096);

		assert_null(table_open(spec, 0, &direct, &err));
		assert_non_null(strstr(buf_str(&err), "the expression has more than"));
		buf_free(&err);
		free(spec);
	}
}

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
		cmocka_unit_test(cidr),
		cmocka_unit_test(regexp),
#ifdef HAVE_LIBPCRE2
		cmocka_unit_test(pcre),
		cmocka_unit_test(pcre_limits),
#endif
		cmocka_unit_test(substitution),
		cmocka_unit_test(compiler),
		cmocka_unit_test(computed),
		cmocka_unit_test(chance),
		cmocka_unit_test(bad_specs),
		cmocka_unit_test(whole_keys),
		cmocka_unit_test(writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
