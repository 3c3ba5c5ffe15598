/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/config.h"
#include "lib/base/mem.h"
#include "lib/conf/compare.h"
#include "lib/conf/expand.h"
#include "tests/support/test.h"

#include <string.h>

/* a is 1, empty is empty, yes is "yes", two is "x  y"; deep refers to a; none is defined by nobody. */
static bool
value(void *ctx, const char *name, struct buf *out, struct buf *err)
{
	static const struct {
		const char *name, *value;
	} all[] = { { "a", "1" }, { "empty", "" }, { "yes", "yes" }, { "two", "x  y" }, { "_1", "under" } };

	(void)ctx;
	if (strcmp(name, "deep") == 0)
		return macro_expand("<$a>", value, NULL, out, err);
	if (strcmp(name, "broken") == 0) {
		buf_puts(err, "broken is broken");
		return false;
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].name, name) == 0)
			buf_puts(out, all[i].value);
	return true;
}

/* What Postfix 3.7's postconf -x makes of these texts. */
static const struct {
	const char *text, *want; /* want NULL: an error */
} cases[] = {
	{ "", "" },
	{ "plain text, = : ? { } ( )", "plain text, = : ? { } ( )" },
	{ "$a ${a} $(a)", "1 1 1" },
	{ "$none|${none}|$empty", "||" },
	{ "$$ $$a $$$a", "$ $a $1" },
	{ "$a-b $a.b ${a}b $a_b", "1-b 1.b 1b " },
	{ "$_1 ${_1}", "under under" },
	{ "${ a }|${a }|${ a}", "1|1|1" },
	{ "$deep ${deep?yes}", "<1> yes" },
	{ "$two", "x  y" },
	{ "${a?yes} ${empty?yes} ${none?yes}", "yes  " },
	{ "${a:no} ${empty:no} ${none:no}", " no no" },
	{ "${a?{y}:{n}} ${empty?{y}:{n}}", "y n" },
	{ "${a ? {y} : {n}}|${empty ? {y} : {n}}", "y|n" },
	{ "${a?{y}:n}|${empty?{y}:n}|${empty?{y}:  n  }", "y|n|  n  " },
	{ "${a?b:c}|${empty?b:c}", "b:c|" },
	{ "${a?  b }|${a?{ b }}|${a?  { b }  }", "  b | b | b " },
	{ "${empty:  b }|${empty:{ b }}", "  b | b " },
	{ "${a?}|${a:}|${a?{}}|${empty?{a}:}|${empty?{a}:{}}", "||||" },
	{ "${a?$yes}|${a?${yes?b}c}|$(a?$(yes?b)c)", "yes|bc|bc" },
	{ "${a?{$$x $$}}", "$x $" },
	{ "${empty?{${yes}}:{$a$a}}", "11" },
	{ "${a?{x}:{$broken}}", "x" }, /* what is not chosen is not looked at */
	{ "${{1} == {1}}|${{1} == {2}}", "true|" },
	{ "${{1}=={1}?{y}:{n}}|${{1} != {1}?{y}:{n}}", "y|n" },
	{ "${{1} == {1}?y:n}|${{1} == {2}?y:n}", "y:n|" },
	{ "${{1} == {2}:n}|${{1} == {2} : {n}}", "n|n" },
	{ "${{1} < {10}?y}${{9} < {10}?y}${{a9} < {a10}?n}", "yy" },
	{ "${{010} == {10}?y}${{0} == {000}?y}${{99999999999999999999} > {1}?y}", "yyy" },
	{ "${{b}>{a}?{y}}${{b}>={b}?{y}}${{a}<={b}?{y}}${{B}<{a}?{y}}", "yyyy" },
	{ "${{10}>{9}?{y}}|${{10x}>{9}?{y}}", "y|" },
	{ "${{ 1 } == {1}?{y}:{n}}", "n" }, /* blanks within braces count */
	{ "${{} == {}?y}${{$empty} == {}?y}${{} < {1}?y}", "yyy" },
	{ "${{$a} == {1} ? {$yes} : {$no}}", "yes" },
	{ "${{${{1} == {1} ? {x} : {y}}} == {x} ? {nested}}", "nested" },
	{ "$({1} == {1}?y)", "y" },
	{ "${{3.10} <level {3.9} ? {y} : {n}}", "n" },
	{ "${{3.10} < {3.9} ? {y} : {n}}", "y" },
	{ "${{3} <=level {3.0} ? {y}}${{3} ==level {3.0.0}?{y}}${{3.1.5} >level {3.1.4} ? {y}}", "yyy" },
	{ "${{3} !=level {3.0.0} ? {y}:{n}}${{3} >=level {2.11}?{y}}", "ny" },
	{ "x$", NULL },
	{ "$ a", NULL },
	{ "$-", NULL },
	{ "${}", NULL },
	{ "${a", NULL },
	{ "$(a}", NULL },
	{ "${a?{b}", NULL },
	{ "$(a?${yes?x)b})", NULL },
	{ "${a b}", NULL },
	{ "${a-b}", NULL },
	{ "${a.b}", NULL },
	{ "${a=b}", NULL },
	{ "${a?{b}c}", NULL },
	{ "${a?{b}{c}}", NULL },
	{ "${a?{b}?{c}}", NULL },
	{ "${a:{b}c}", NULL },
	{ "${a:{b}:{c}}", NULL },
	{ "${a?{b}:{c}d}", NULL },
	{ "${{a} = {b}?c}", NULL },
	{ "${{a} == b?c}", NULL },
	{ "${{a} ? {b} : {c}}", NULL },
	{ "${{a} == {a} x}", NULL },
	{ "${{1} == level {1}?y}", NULL },
	{ "${{3.1x} <level {3}}", NULL },
	{ "${{3.1.2.3} <level {3}}", NULL },
	{ "${{} <level {3}}", NULL },
	{ "${{3.} <level {3}}", NULL },
	{ "${{ 3 } <level {3}}", NULL },
	{ "$broken", NULL },
	{ "${broken?x}", NULL },
	{ "${{$broken} == {}}", NULL },
};

/* What it knows besides. */
static void
domains(void **state)
{
	static const struct {
		const char *text, *want;
	} ascii[] = {
		{ "<.${domain_to_ascii{Mail.example}}>", "<.Mail.example>" },
		{ "${domain_to_ascii{}}", "" },
		{ "${domain_to_ascii{$yes.example}}", "yes.example" },
		{ "${domain_to_ascii{x}?{y}:{n}} ${domain_to_ascii{$none}?{y}:{n}}", "y n" },
		{ "$domain_to_ascii ${domain_to_ascii} ${domain_to_ascii:no}", "  no" },
#ifdef HAVE_LIBIDN2
		{ "${domain_to_ascii{b\xc3\xbc"
		  "cher.example}}",
		    "xn--bcher-kva.example" },
#endif
		{ "${domain_to_ascii{\xff.example}}", NULL },
		{ "${domain_to_ascii{$broken}}", NULL },
		{ "${domain_to_ascii{a}b}", NULL },
		{ "${domain_to_ascii{a}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < NITEMS(ascii); i++) {
		struct buf out = BUF(1000), err = BUF(1000);
		bool ok = macro_expand(ascii[i].text, value, NULL, &out, &err);

		print_message("%s\n", ascii[i].text);
		assert_int_equal(ok, ascii[i].want != NULL);
		if (ok)
			assert_string_equal(buf_str(&out), ascii[i].want);
		else
			assert_true(err.len > 0);
		buf_free(&out);
		buf_free(&err);
	}
}

static void
forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = BUF(4096), err = BUF(4096);
		bool ok = macro_expand(cases[i].text, value, NULL, &out, &err);

		if (ok != (cases[i].want != NULL) || (ok && strcmp(buf_str(&out), cases[i].want) != 0))
			fail_msg("\"%s\" became \"%s\" (%s), want \"%s\"", cases[i].text, buf_str(&out), buf_str(&err),
			    cases[i].want != NULL ? cases[i].want : "an error");
		if (ok != (err.len == 0))
			fail_msg("\"%s\": an error without words, or words without an error", cases[i].text);
		buf_free(&out);
		buf_free(&err);
	}
}

static void
limits(void **state)
{
	struct buf text = BUF(1 << 20), out = BUF(100), err = BUF(4096);

	(void)state;
	for (int i = 0; i <= MACRO_DEPTH; i++)
		buf_puts(&text, "${a?");
	for (int i = 0; i <= MACRO_DEPTH; i++)
		buf_puts(&text, "}");
	assert_false(macro_expand(buf_str(&text), value, NULL, &out, &err));
	assert_non_null(strstr(buf_str(&err), "nested too deeply"));

	buf_clear(&text);
	for (int i = 0; i < 101; i++)
		buf_puts(&text, "$a");
	buf_clear(&err);
	assert_false(macro_expand(buf_str(&text), value, NULL, &out, &err));
	assert_false(buf_ok(&out));
	buf_clear(&text);
	buf_putc(&text, '$');
	for (int i = 0; i < 300; i++)
		buf_putc(&text, 'n');
	buf_clear(&out);
	assert_false(macro_expand(buf_str(&text), value, NULL, &out, &err));
	buf_free(&text);
	buf_free(&out);
	buf_free(&err);
}

static void
note(void *ctx, const char *name)
{
	buf_fmt(ctx, "%s ", name);
}

static void
names(void **state)
{
	struct buf seen = BUF(4096);

	(void)state;
	macro_names("a $b ${c} $(d) $$e ${f?{$g}:{${h}}} ${{$i} == {$j} ? {k} : {$l}} ${ m } $", note, &seen);
	assert_string_equal(buf_str(&seen), "b c d f g h i j l m ");
	buf_free(&seen);
}

static void
signs(void **state)
{
	(void)state;
	assert_string_equal(comparison_find("<=level {", 9)->sign, "<=level");
	assert_string_equal(comparison_find("<= {", 4)->sign, "<=");
	assert_string_equal(comparison_find("<{", 2)->sign, "<");
	assert_null(comparison_find("=", 1));
	assert_null(comparison_find("= =", 3));
	assert_null(comparison_find("", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(domains),
		cmocka_unit_test(limits),
		cmocka_unit_test(names),
		cmocka_unit_test(signs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
