/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of networks and of regular expressions. */
#include "lib/base/config.h"
#include "tests/lib/table/expect.h"

#include <stdlib.h>
#include <unistd.h>

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
