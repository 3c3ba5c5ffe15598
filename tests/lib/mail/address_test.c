/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/text.h"
#include "lib/mail/address.h"
#include "tests/support/test.h"

#include <string.h>

enum { S = 1, L = 2, B = S | L, E = 4 /* empty_ok */, U = 8 /* utf8 */ };
#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A63 A50 "aaaaaaaaaaaaa"
#define D255                                                                                                           \
	A63 "." A63 "." A63 "." A50 "."                                                                                \
	    "bbbbbbbbbbbb"

/* How: in which modes it is right (strict, loose); in the others it is wrong. */
static const struct {
	const char *text;
	int how;
	const char *address, *rest;
} paths[] = {
	/* RFC 5321 as it should be */
	{ "<joe@example.com>", B, "joe@example.com", "" },
	{ "<joe@example.com> SIZE=10", B, "joe@example.com", "SIZE=10" },
	{ "<joe@example.com>  SIZE=10 BODY=7BIT", B, "joe@example.com", "SIZE=10 BODY=7BIT" },
	{ " <joe@example.com>", B, "joe@example.com", "" },
	{ "<Joe.Doe@Example.COM>", B, "Joe.Doe@Example.COM", "" },
	{ "<postmaster>", B, "postmaster", "" },
	{ "<a!b%c+d=e@example.com>", B, "a!b%c+d=e@example.com", "" },
	{ "<#$&'*/?^_`{|}~-@example.com>", B, "#$&'*/?^_`{|}~-@example.com", "" },
	{ "<joe@[192.0.2.1]>", B, "joe@[192.0.2.1]", "" },
	{ "<joe@[IPv6:2001:db8::1]>", B, "joe@[IPv6:2001:db8::1]", "" },
	{ "<joe@[ipv6:::1]> X=1", B, "joe@[ipv6:::1]", "X=1" },
	{ "<joe@[x-tag:what.ever/there=is]>", B, "joe@[x-tag:what.ever/there=is]", "" },
	{ "<\"joe doe\"@example.com>", B, "\"joe doe\"@example.com", "" },
	{ "<\"joe\"@example.com>", B, "joe@example.com", "" },
	{ "<\"jo\\e\"@example.com>", B, "joe@example.com", "" },
	{ "<\"joe\\\"doe\"@example.com>", B, "\"joe\\\"doe\"@example.com", "" },
	{ "<\"joe\\\\\"@example.com>", B, "\"joe\\\\\"@example.com", "" },
	{ "<\"a@b\"@example.com>", B, "\"a@b\"@example.com", "" },
	{ "<\"a>b\"@example.com>", B, "\"a>b\"@example.com", "" },
	{ "<\"(no comment)\"@example.com>", B, "\"(no comment)\"@example.com", "" },
	{ "<\"\"@example.com>", B, "\"\"@example.com", "" },
	{ "<\"joe.\"@example.com>", B, "\"joe.\"@example.com", "" },
	{ "<\"joe\">", B, "joe", "" },
	{ "<@a.example,@b.example:joe@example.com>", B, "joe@example.com", "" },
	{ "<@a.example:joe@example.com> NOTIFY=NEVER", B, "joe@example.com", "NOTIFY=NEVER" },
	{ "<@[192.0.2.1]:joe@example.com>", B, "joe@example.com", "" },
	{ "<joe@a-b.example>", B, "joe@a-b.example", "" },
	{ "<joe@a_b.example>", B, "joe@a_b.example", "" },
	{ "<joe@1.2.3.4>", B, "joe@1.2.3.4", "" },
	{ "<joe@localhost>", B, "joe@localhost", "" },
	{ "<" A63 "a@example.com>", B, A63 "a@example.com", "" },
	{ "<joe@" A63 ".example>", B, "joe@" A63 ".example", "" },
	{ "<joe@" D255 ">", B, "joe@" D255, "" },
	{ "<>", B | E, "", "" },
	{ "<> SIZE=10", B | E, "", "SIZE=10" },
	{ " <>", B | E, "", "" },
	{ "<m\xc3\xbcller@example.com>", B | U, "m\xc3\xbcller@example.com", "" },
	{ "<joe@m\xc3\xbcller.example>", B | U, "joe@m\xc3\xbcller.example", "" },
	{ "<\"\xe4\xbd\xa0 \xf0\x9f\x98\x80\"@example.com>", B | U, "\"\xe4\xbd\xa0 \xf0\x9f\x98\x80\"@example.com",
	    "" },
	/* what people send, without strict_rfc821_envelopes */
	{ "joe@example.com", L, "joe@example.com", "" },
	{ " joe@example.com SIZE=10", L, "joe@example.com", "SIZE=10" },
	{ "joe", L, "joe", "" },
	{ "joe SIZE=10", L, "joe", "SIZE=10" },
	{ "joe@example.com ENVID=<x>", L, "joe@example.com", "ENVID=<x>" },
	{ "joe ENVID=<x>", L, "joe", "ENVID=<x>" },
	{ "Joe Doe <joe@example.com>", L, "joe@example.com", "" },
	{ "Joe Doe <joe@example.com> SIZE=10", L, "joe@example.com", "SIZE=10" },
	{ "Joe Q. Doe <joe@example.com>", L, "joe@example.com", "" },
	{ "\"Doe, Joe\" <joe@example.com>", L, "joe@example.com", "" },
	{ "\"<x>\" <joe@example.com>", L, "joe@example.com", "" },
	{ "Joe Doe <>", L | E, "", "" },
	{ "< >", L | E, "", "" },
	{ "joe@example.com (Joe Doe)", L, "joe@example.com", "" },
	{ "joe@example.com (Joe (the) Doe) SIZE=10", L, "joe@example.com", "SIZE=10" },
	{ "(Joe) joe@example.com", L, "joe@example.com", "" },
	{ "<joe@example.com> (Joe)", L, "joe@example.com", "" },
	{ "<joe@example.com>(Joe) SIZE=1", L, "joe@example.com", "SIZE=1" },
	{ "< joe@example.com >", L, "joe@example.com", "" },
	{ "<joe @ example.com>", L, "joe@example.com", "" },
	{ "<joe(a)@(b)example.com(c)>", L, "joe@example.com", "" },
	{ "<joe . doe@example . com>", 0, NULL, NULL },
	{ "<a..b@example.com>", L, "\"a..b\"@example.com", "" },
	{ "<a.@example.com>", L, "\"a.\"@example.com", "" },
	{ "<.a@example.com>", L, "\".a\"@example.com", "" },
	{ "<\"joe\".doe@example.com>", L, "joe.doe@example.com", "" },
	{ "<joe.\"d e\"@example.com>", L, "\"joe.d e\"@example.com", "" },
	{ "<joe@example.com.>", L, "joe@example.com.", "" },
	{ "joe@example.com. SIZE=10", L, "joe@example.com.", "SIZE=10" },
	{ "\"joe doe\"@example.com", L, "\"joe doe\"@example.com", "" },
	{ "joe@[192.0.2.1] SIZE=1", L, "joe@[192.0.2.1]", "SIZE=1" },
	{ "<@a.example,,@b.example:joe@example.com>", B, "joe@example.com", "" },
	{ "<" A63 "aa@example.com>", L, A63 "aa@example.com", "" },
	/* wrong in any mode */
	{ "", 0, NULL, NULL },
	{ " ", 0, NULL, NULL },
	{ "<", 0, NULL, NULL },
	{ ">", 0, NULL, NULL },
	{ "<joe@example.com", 0, NULL, NULL },
	{ "<joe@example.com SIZE=10", 0, NULL, NULL },
	{ "joe@example.com>", 0, NULL, NULL },
	{ "<<joe@example.com>>", 0, NULL, NULL },
	{ "<joe@example.com>>", 0, NULL, NULL },
	{ "<joe@example.com>x", 0, NULL, NULL },
	{ "<joe@example.com>SIZE=1", 0, NULL, NULL },
	{ "<joe@example.com>,<jim@example.com>", 0, NULL, NULL },
	{ "<joe@example.com, jim@example.com>", 0, NULL, NULL },
	{ "joe@example.com,jim@example.com", 0, NULL, NULL },
	{ "<joe@@example.com>", 0, NULL, NULL },
	{ "<joe@a@b>", 0, NULL, NULL },
	{ "<@example.com>", 0, NULL, NULL },
	{ "<joe@>", 0, NULL, NULL },
	{ "<@>", 0, NULL, NULL },
	{ "<.>", L, "\".\"", "" },
	{ "<joe@.>", 0, NULL, NULL },
	{ "<joe@.example>", 0, NULL, NULL },
	{ "<joe@a..example>", 0, NULL, NULL },
	{ "<joe@example.com..>", 0, NULL, NULL },
	{ "<joe@-a.example>", 0, NULL, NULL },
	{ "<joe@a-.example>", 0, NULL, NULL },
	{ "<joe@a%b>", 0, NULL, NULL },
	{ "<joe@a!b>", 0, NULL, NULL },
	{ "<joe@a/b>", 0, NULL, NULL },
	{ "<joe@\"example.com\">", 0, NULL, NULL },
	{ "<joe@" A63 "a.example>", 0, NULL, NULL },
	{ "<joe@" D255 "b>", 0, NULL, NULL },
	{ "<joe doe@example.com>", 0, NULL, NULL },
	{ "<\"joe@example.com>", 0, NULL, NULL },
	{ "<\"joe\\\"@example.com>", 0, NULL, NULL },
	{ "<joe\"doe\"@example.com>", 0, NULL, NULL },
	{ "<\"joe\"\"doe\"@example.com>", 0, NULL, NULL },
	{ "<joe\\@example.com>", 0, NULL, NULL },
	{ "<joe\\>@example.com>", 0, NULL, NULL },
	{ "<joe(@example.com>", 0, NULL, NULL },
	{ "<joe)@example.com>", 0, NULL, NULL },
	{ "<joe;@example.com>", 0, NULL, NULL },
	{ "<joe:@example.com>", 0, NULL, NULL },
	{ "<joe[@example.com>", 0, NULL, NULL },
	{ "<joe@[192.0.2.256]>", 0, NULL, NULL },
	{ "<joe@[192.0.2.1>", 0, NULL, NULL },
	{ "<joe@192.0.2.1]>", 0, NULL, NULL },
	{ "<joe@[]>", 0, NULL, NULL },
	{ "<joe@[host.example]>", 0, NULL, NULL },
	{ "<joe@[IPv6:2001::db8::1]>", 0, NULL, NULL },
	{ "<joe@[IPv6:]>", 0, NULL, NULL },
	{ "<joe@[192.0.2.1].example>", 0, NULL, NULL },
	{ "<joe@a.[192.0.2.1]>", 0, NULL, NULL },
	{ "<@a.example joe@example.com>", 0, NULL, NULL },
	{ "<@a.example:>", 0, NULL, NULL },
	{ "<@:joe@example.com>", 0, NULL, NULL },
	{ "<joe\x01@example.com>", 0, NULL, NULL },
	{ "<\"joe\x01\"@example.com>", 0, NULL, NULL },
	{ "<\"joe\x7f\"@example.com>", 0, NULL, NULL },
	{ "<\"joe\tdoe\"@example.com>", 0, NULL, NULL },
	{ "<\"joe\rdoe\"@example.com>", 0, NULL, NULL },
	{ "<\"joe\\\ndoe\"@example.com>", 0, NULL, NULL },
	{ "<joe@exa\x7fmple.com>", 0, NULL, NULL },
	{ "<m\xfcller@example.com>", U, NULL, NULL },
	{ "<joe@\xc3.example>", U, NULL, NULL },
	{ "<\xc0\xaf@example.com>", U, NULL, NULL },
	{ "<\xed\xa0\x80@example.com>", U, NULL, NULL },
	{ "<\xf5\x80\x80\x80@example.com>", U, NULL, NULL },
	{ "<\xe4\xbd@example.com>", U, NULL, NULL },
	{ "<>", 0, NULL, NULL },
	{ "<\"\">", 0, NULL, NULL },
	{ "group: joe@example.com;", 0, NULL, NULL },
};

static void
check_path(size_t i, bool strict, bool utf8, bool good)
{
	const bool empty_ok = (paths[i].how & E) != 0;
	const char *text = paths[i].text, *address = "untouched", *why = NULL;
	struct arena mem = ARENA(65536);
	bool ok = address_path(&text, strict, empty_ok, utf8, &mem, &address, &why);

	if (ok != good)
		fail_msg("%s: %s, strict %d, utf8 %d: %s", paths[i].text, ok ? address : why, strict, utf8,
		    ok ? "is taken" : "is refused");
	if (ok) {
		assert_string_equal(address, paths[i].address);
		assert_string_equal(text, paths[i].rest);
	} else {
		assert_ptr_equal(text, paths[i].text);
		assert_string_equal(address, "untouched");
		assert_string_equal(why, empty_ok ? "Bad sender address syntax" : "Bad recipient address syntax");
	}
	arena_free(&mem);
}

static void
paths_of_commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(paths); i++) {
		bool ascii = !(paths[i].how & U);

		check_path(i, true, true, (paths[i].how & S) != 0);
		check_path(i, false, true, (paths[i].how & L) != 0);
		check_path(i, true, false, ascii && (paths[i].how & S) != 0);
		check_path(i, false, false, ascii && (paths[i].how & L) != 0);
	}
}

/* What comes out goes in again, as the same. */
static void
addresses_are_stable(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(paths); i++) {
		struct arena mem = ARENA(65536);
		const char *again, *why, *text;
		struct address_item *items;
		size_t n;

		if (paths[i].address == NULL)
			continue;
		text = arena_fmt(&mem, "<%s>", paths[i].address);
		assert_true(address_path(&text, false, true, true, &mem, &again, &why));
		assert_string_equal(again, paths[i].address);
		if (again[0] != '\0') {
			assert_true(address_list(again, &mem, &items, &n));
			assert_int_equal(n, 1);
			assert_string_equal(items[0].address, again);
		}
		arena_free(&mem);
	}
}

static const struct {
	const char *domain;
	int how; /* 1 ASCII, 2 UTF-8 */
	bool literal;
} domains[] = {
	{ "example.com", 3, false },
	{ "a", 3, false },
	{ "1", 3, false },
	{ "a_b.c-d", 3, false },
	{ "xn--mller-kva.example", 3, false },
	{ "m\xc3\xbcller.example", 2, false },
	{ "\xff.example", 0, false },
	{ "", 0, false },
	{ ".", 0, false },
	{ "a.", 0, false },
	{ ".a", 0, false },
	{ "a..b", 0, false },
	{ "-a", 0, false },
	{ "a-", 0, false },
	{ "a.-b", 0, false },
	{ "a b", 0, false },
	{ "a@b", 0, false },
	{ "a\n", 0, false },
	{ "[192.0.2.1]", 3, true },
	{ "[IPv6:::1]", 3, true },
	{ "[IPv6:::ffff:192.0.2.1]", 3, true },
	{ "[::1]", 0, true },
	{ "[192.0.2]", 0, true },
	{ "[]", 0, true },
	{ "[a:b]", 3, true },
	{ "[a-:b]", 0, true },
	{ "[a:]", 0, true },
	{ "[:b]", 0, true },
	{ "[a:b c]", 0, true },
	{ "[a:b]c]", 0, true },
	{ "[a:b@c]", 0, true },
	{ "[", 0, false },
	{ "]", 0, false },
	{ A63 ".example", 3, false },
	{ A63 "a.example", 0, false },
};

static void
domain_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(domains); i++) {
		if (address_domain_ok(domains[i].domain, false) != ((domains[i].how & 1) != 0) ||
		    address_domain_ok(domains[i].domain, true) != ((domains[i].how & 2) != 0) ||
		    address_is_literal(domains[i].domain) != domains[i].literal)
			fail_msg("%s", domains[i].domain);
	}
}

static const struct {
	const char *plain, *quoted;
} locals[] = {
	{ "joe", "joe" },
	{ "joe.doe", "joe.doe" },
	{ "j\xc3\xb6", "j\xc3\xb6" },
	{ "", "\"\"" },
	{ ".", "\".\"" },
	{ "a.", "\"a.\"" },
	{ ".a", "\".a\"" },
	{ "a..b", "\"a..b\"" },
	{ "a b", "\"a b\"" },
	{ "a@b", "\"a@b\"" },
	{ "a\"b", "\"a\\\"b\"" },
	{ "a\\b", "\"a\\\\b\"" },
	{ "\\\"\\", "\"\\\\\\\"\\\\\"" },
	{ "(a)", "\"(a)\"" },
	{ "a,b;c:d<e>f[g]", "\"a,b;c:d<e>f[g]\"" },
};

static void
quotes(void **state)
{
	struct arena mem = ARENA(65536);

	(void)state;
	for (size_t i = 0; i < NITEMS(locals); i++) {
		assert_string_equal(address_quote_local(locals[i].plain, &mem), locals[i].quoted);
		assert_string_equal(address_unquote_local(locals[i].quoted, &mem), locals[i].plain);
	}
	assert_string_equal(address_unquote_local("\"a\\", &mem), "a\\");
	assert_string_equal(address_unquote_local("a\"b c\"d", &mem), "ab cd");
	arena_free(&mem);
}

static const struct {
	const char *address, *local, *domain;
} splits[] = {
	{ "joe@example.com", "joe", "example.com" },
	{ "joe", "joe", NULL },
	{ "", "", NULL },
	{ "joe@", "joe", "" },
	{ "@x", "", "x" },
	{ "a@b@c", "a@b", "c" },
	{ "\"a@b\"@c", "\"a@b\"", "c" },
	{ "\"a@b\"", "\"a@b\"", NULL },
	{ "\"a\\\"@b\"@c", "\"a\\\"@b\"", "c" },
	{ "\"a@b", "\"a", "b" },
	{ "a\\@b", "a\\", "b" },
};

static void
parts(void **state)
{
	struct arena mem = ARENA(65536);
	const char *local, *domain;

	(void)state;
	for (size_t i = 0; i < NITEMS(splits); i++) {
		address_split(splits[i].address, &mem, &local, &domain);
		assert_string_equal(local, splits[i].local);
		assert_int_equal(domain == NULL, splits[i].domain == NULL);
		if (domain != NULL)
			assert_string_equal(domain, splits[i].domain);
	}
	arena_free(&mem);
}

static const struct {
	const char *local, *delimiters, *user, *ext;
} extensions[] = {
	{ "joe", "+", "joe", NULL },
	{ "joe+x", "+", "joe", "x" },
	{ "joe+x+y", "+", "joe", "x+y" },
	{ "joe+", "+", "joe", "" },
	{ "joe+x", "", "joe+x", NULL },
	{ "joe+x", "-", "joe+x", NULL },
	{ "joe-x+y", "+-", "joe", "x+y" },
	{ "joe+x-y", "+-", "joe", "x-y" },
	{ "+x", "+", "+x", NULL },
	{ "", "+", "", NULL },
	{ "mailer-daemon", "-", "mailer-daemon", NULL },
	{ "MAILER-DAEMON", "-", "MAILER-DAEMON", NULL },
	{ "double-bounce", "-", "double-bounce", NULL },
	{ "owner-list", "-", "owner-list", NULL },
	{ "list-request", "-", "list-request", NULL },
	{ "owner-list+x", "+", "owner-list", "x" },
	{ "list-requests", "-", "list", "requests" },
};

static void
user_and_extension(void **state)
{
	struct arena mem = ARENA(65536);
	const char *user, *ext;

	(void)state;
	for (size_t i = 0; i < NITEMS(extensions); i++) {
		address_extension(extensions[i].local, extensions[i].delimiters, &mem, &user, &ext);
		assert_string_equal(user, extensions[i].user);
		assert_int_equal(ext == NULL, extensions[i].ext == NULL);
		if (ext != NULL)
			assert_string_equal(ext, extensions[i].ext);
	}
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_of_commands),
		cmocka_unit_test(addresses_are_stable),
		cmocka_unit_test(domain_forms),
		cmocka_unit_test(quotes),
		cmocka_unit_test(parts),
		cmocka_unit_test(user_and_extension),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
