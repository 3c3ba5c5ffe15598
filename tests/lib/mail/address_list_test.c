/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of header fields, and what a client can do with length alone. */
#include "lib/base/buf.h"
#include "lib/mail/address.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Items as "address|name|text in place", apart by a blank and a bar. */
static const struct {
	const char *text, *want;
} lists[] = {
	{ "", "" },
	{ "joe@example.com", "joe@example.com||joe@example.com" },
	{ " joe@example.com ", "joe@example.com||joe@example.com" },
	{ "joe", "joe||joe" },
	{ "a@b.example, c@d.example", "a@b.example||a@b.example | c@d.example||c@d.example" },
	{ "a@b.example,c@d.example,e", "a@b.example||a@b.example | c@d.example||c@d.example | e||e" },
	{ "Joe Doe <joe@example.com>", "joe@example.com|Joe Doe|joe@example.com" },
	{ "<joe@example.com>", "joe@example.com||joe@example.com" },
	{ "\"Doe, Joe\" <joe@example.com>", "joe@example.com|Doe, Joe|joe@example.com" },
	{ "\"a \\\"b\\\" c\" <joe@example.com>", "joe@example.com|a \"b\" c|joe@example.com" },
	{ "Joe Q. Public <john.q.public@example.com>",
	    "john.q.public@example.com|Joe Q. Public|john.q.public@example.com" },
	{ "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
	    "mary@x.test|Mary Smith|mary@x.test | jdoe@example.org||jdoe@example.org | one@y.test|Who?|one@y.test" },
	{ "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
	    "boss@nil.test||boss@nil.test | sysservices@example.net|Giant; \"Big\" Box|sysservices@example.net" },
	{ "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
	    "c@a.test|Ed Jones|c@a.test | joe@where.test||joe@where.test | jdoe@one.test|John|jdoe@one.test" },
	{ "Undisclosed recipients:;", "" },
	{ "undisclosed-recipients: ;, joe@example.com", "joe@example.com||joe@example.com" },
	{ "a: b@c.example;, d: e@f.example;", "b@c.example||b@c.example | e@f.example||e@f.example" },
	{ "a: b: c@d.example;;", "c@d.example||c@d.example" },
	{ "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
	    "pete@silly.test|Pete|pete(his account)@silly.test" },
	{ "A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n joe@example.org,\r\n  John "
	  "<jdoe@one.test> (my dear friend); (the end of the group)",
	    "c@public.example|Chris Jones|c@(Chris's host.)public.example | joe@example.org||joe@example.org | "
	    "jdoe@one.test|John|jdoe@one.test" },
	{ "(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", "" },
	{ "Joe Q. Public <john . public@ example.com>",
	    "john.public@example.com|Joe Q. Public|john . public@ example.com" },
	{ "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
	    "mary@example.net|Mary Smith|@node.test:mary@example.net | jdoe@test.example||jdoe@test  . example" },
	{ "<@a.example,,@b.example:c@d.example>", "c@d.example||@a.example,,@b.example:c@d.example" },
	{ ",,,a@b.example,,,", "a@b.example||a@b.example" },
	{ "joe@example.com (Joe Doe)", "joe@example.com||joe@example.com" },
	{ "(((deep))) joe@example.com", "joe@example.com||joe@example.com" },
	{ "joe@\r\n example.com", "joe@example.com||joe@\r\n example.com" },
	{ "\"a\r\n b\"@example.com", "\"a b\"@example.com||\"a\r\n b\"@example.com" },
	{ "\"folded\r\n name\" <joe@example.com>", "joe@example.com|folded name|joe@example.com" },
	{ "joe@example.com <joe@example.com>", "joe@example.com|joe@example.com|joe@example.com" },
	{ "=?utf-8?q?J=C3=B6?= <joe@example.com>", "joe@example.com|=?utf-8?q?J=C3=B6?=|joe@example.com" },
	{ "J\xc3\xb6rg <j\xc3\xb6rg@example.com>", "j\xc3\xb6rg@example.com|J\xc3\xb6rg|j\xc3\xb6rg@example.com" },
	{ "a..b@example.com", "\"a..b\"@example.com||a..b@example.com" },
	{ "\"joe\"@example.com", "joe@example.com||\"joe\"@example.com" },
	{ "\"jo.\".doe@example.com", "\"jo..doe\"@example.com||\"jo.\".doe@example.com" },
	{ "joe@[192.0.2.1]", "joe@[192.0.2.1]||joe@[192.0.2.1]" },
	{ "joe@example.com.", "joe@example.com.||joe@example.com." },
	{ "a%b@c.example", "a%b@c.example||a%b@c.example" },
	{ "x!y", "x!y||x!y" },
	/* what cannot be understood is left out, and hides nothing else */
	{ "Joe Doe", "" },
	{ "joe doe@example.com", "" },
	{ "joe@@example.com, jim@example.com", "jim@example.com||jim@example.com" },
	{ "<joe@example.com, jim@example.com", "jim@example.com||jim@example.com" },
	{ "<>, jim@example.com", "jim@example.com||jim@example.com" },
	{ "joe@, jim@example.com", "jim@example.com||jim@example.com" },
	{ "@example.com, jim@example.com", "jim@example.com||jim@example.com" },
	{ "joe@a..b, jim@example.com", "jim@example.com||jim@example.com" },
	{ "joe), jim@example.com", "jim@example.com||jim@example.com" },
	{ "Joe :-) <joe@example.com>, jim@example.com",
	    "joe@example.com|-)|joe@example.com | jim@example.com||jim@example.com" },
	{ "\x01joe@example.com, jim@example.com", "jim@example.com||jim@example.com" },
	{ "jim@example.com, \"joe@example.com", "jim@example.com||jim@example.com" },
	{ "jim@example.com, (joe@example.com", "jim@example.com||jim@example.com" },
	{ "jim@example.com, [joe@example.com", "jim@example.com||jim@example.com" },
	{ "jim@example.com, \xff@example.com", "jim@example.com||jim@example.com" },
	{ "\"a\x01\"@example.com, jim@example.com", "jim@example.com||jim@example.com" },
	{ "<joe@example.com> <jim@example.com>", "joe@example.com||joe@example.com" },
	{ "<joe@example.com> rest, b", "joe@example.com||joe@example.com | b||b" },
	{ "\\joe@example.com, b", "b||b" },
};

static void
lists_of_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(lists); i++) {
		struct arena mem = ARENA(1 << 20);
		struct address_item *items;
		const char *got = "";
		size_t n;

		assert_true(address_list(lists[i].text, &mem, &items, &n));
		for (size_t k = 0; k < n; k++)
			got = arena_fmt(&mem, "%s%s%s|%s|%.*s", got, k > 0 ? " | " : "", items[k].address,
			    items[k].name, (int)items[k].len, lists[i].text + items[k].at);
		if (strcmp(got, lists[i].want) != 0)
			fail_msg("%s\ngives %s\nnot   %s", lists[i].text, got, lists[i].want);
		arena_free(&mem);
	}
}

/* A megabyte of anything is read in time that grows with its length alone, and without a deep stack. */
static void
a_megabyte_of(const char *unit)
{
	enum { SIZE = 1 << 20 };
	char *text = mem_alloc(SIZE + 1);
	const char *rest = text, *address, *why;
	struct arena mem = ARENA(256 << 20);
	struct address_item *items;
	clock_t start = clock();
	size_t n;

	for (size_t i = 0; i < SIZE; i++)
		text[i] = unit[i % strlen(unit)];
	text[SIZE] = '\0';
	address_list(text, &mem, &items, &n);
	address_path(&rest, false, true, true, &mem, &address, &why);
	if ((clock() - start) / CLOCKS_PER_SEC >= 30)
		fail_msg("a megabyte of %s takes %ld s", unit, (long)((clock() - start) / CLOCKS_PER_SEC));
	arena_free(&mem);
	free(text);
}

static void
no_attack_by_length(void **state)
{
	static const char *const units[] = { "(", ")", "()", "<", ">", "<>", "\"", "\\", "\"\\", "\\\"", "[", "]", "[]",
		":", ";", ":;", ",", "@", "@,", "<@a,", "<@a:", "a:", "a<", "a@b,", "a.", "a .", "(\\", "<(", "\"<",
		"\"a\" ", "a ", ".", "<a@b>,", "a:<", "(a)<", "\r\n ", "\x01", "\xff", "\xc3\xa4,", "<>()\"\\", "a@b ",
		"\"\"@\"\"" };

	(void)state;
	for (size_t i = 0; i < NITEMS(units); i++)
		a_megabyte_of(units[i]);
}

static void
limits(void **state)
{
	struct arena mem = ARENA(256 << 20), small = ARENA(2000);
	char *text = mem_alloc(2 * (ADDRESS_LIST_MAX + 1) + 1), *to = text;
	const char *one, *address, *why;
	struct address_item *items;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ADDRESS_LIST_MAX; i++, to += 2)
		memcpy(to, "a,", 2);
	*to = '\0';
	assert_true(address_list(text, &mem, &items, &n));
	assert_int_equal(n, ADDRESS_LIST_MAX);
	memcpy(to, "b,", 3);
	assert_false(address_list(text, &mem, &items, &n));
	assert_false(address_list(text, &small, &items, &n));
	memset(text, 'a', ADDRESS_MAX);
	text[0] = '<';
	memcpy(text + ADDRESS_MAX - 9, "@example>", 10);
	one = text;
	assert_true(address_path(&one, false, false, false, &mem, &address, &why));
	memset(text, 'a', ADDRESS_MAX + 4);
	text[0] = '<';
	memcpy(text + ADDRESS_MAX + 4 - 9, "@example>", 10);
	one = text;
	assert_false(address_path(&one, false, false, false, &mem, &address, &why));
	arena_free(&mem);
	arena_free(&small);
	free(text);
}

/* Entries of tables: addresses with a bar between them; NULL: it is none. */
static const struct {
	const char *text, *want;
} entries[] = {
	{ "", "" },
	{ " , ", "" },
	{ "joe", "joe" },
	{ "joe@example.com,jane@example.com", "joe@example.com|jane@example.com" },
	{ "a@o.example b c@o.example", "a@o.example|b|c@o.example" },
	{ "Full Name <a@o.example>, <b@o.example> (c), \"d e\"@o.example",
	    "a@o.example|b@o.example|\"d e\"@o.example" },
	{ "@o.example", "@o.example" },
	{ "@[127.0.0.1] @a.b.example, c", "@[127.0.0.1]|@a.b.example|c" },
	{ "<>", "" },
	{ "list: a, b;, c", "a|b|c" },
	{ "<@a.example:b@c.example>", "b@c.example" },
	{ "host!user, user%host", "host!user|user%host" },
	{ "|cmd", "|cmd" },
	{ "\"|cmd arg\"", "\"|cmd arg\"" },
	{ "@", NULL },
	{ "@ o.example", NULL },
	{ "@.o.example", NULL },
	{ "a@@b", NULL },
	{ ":include:/etc/x", NULL },
	{ "a@b..c", NULL },
	{ "<a", NULL },
	{ "a>", NULL },
	{ "\"a", NULL },
	{ "(a", NULL },
	{ "a, \xff@b.example", NULL },
};

static void
entries_of_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(entries); i++) {
		struct arena mem = ARENA(1 << 20), small = ARENA(8);
		struct buf got = BUF(1000);
		const char **list;
		size_t n;

		if (address_entry(entries[i].text, &mem, &list, &n) != (entries[i].want != NULL))
			fail_msg("%s is %sread", entries[i].text, entries[i].want ? "not " : "");
		for (size_t k = 0; entries[i].want != NULL && k < n; k++)
			buf_fmt(&got, "%s%s", k ? "|" : "", list[k]);
		if (entries[i].want != NULL && strcmp(buf_str(&got), entries[i].want) != 0)
			fail_msg("%s gives %s, not %s", entries[i].text, buf_str(&got), entries[i].want);
		assert_false(address_entry("joe@example.com, jane@example.com", &small, &list, &n));
		buf_free(&got);
		arena_free(&mem);
		arena_free(&small);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_headers),
		cmocka_unit_test(entries_of_tables),
		cmocka_unit_test(no_attack_by_length),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
