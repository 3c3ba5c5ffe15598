/* SPDX-License-Identifier: Apache-2.0 */
/* Records as they come from name servers, good and bad; local names; lists of servers. */
#include "services/resolver/rdata.h"

#include "lib/base/mem.h"
#include "services/resolver/local.h"
#include "services/resolver/servers.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

static void
records(void **state)
{
	static const struct {
		const char *type, *bytes;
		size_t n;
		const char *value; /* NULL: refused */
		long preference, weight, port;
	} cases[] = {
		{ "A", "\300\0\2\1", 4, "192.0.2.1", 0, 0, 0 },
		{ "a", "\300\0\2\1", 4, "192.0.2.1", 0, 0, 0 },
		{ "A", "\300\0\2", 3, NULL, 0, 0, 0 },
		{ "A", "\300\0\2\1\0", 5, NULL, 0, 0, 0 },
		{ "A", "", 0, NULL, 0, 0, 0 },
		{ "A", "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, NULL, 0, 0, 0 },
		{ "AAAA", "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, "2001:db8::1", 0, 0, 0 },
		{ "AAAA", "\300\0\2\1", 4, NULL, 0, 0, 0 },
		{ "MX", "\0\12\2mx\4test", 10, NULL, 0, 0, 0 },
		{ "MX", "\0\12\2mx\4test\0", 11, "mx.test", 10, 0, 0 },
		{ "MX", "\377\377\0", 3, "", 65535, 0, 0 },
		{ "MX", "\0\12", 2, NULL, 0, 0, 0 },
		{ "MX", "\0", 1, NULL, 0, 0, 0 },
		{ "MX", "\0\12\2mx\4test\0x", 12, NULL, 0, 0, 0 },
		{ "MX", "\0\12\300\14", 4, NULL, 0, 0, 0 },
		{ "CNAME", "\1a\0", 3, "a", 0, 0, 0 },
		{ "CNAME", "\5a.b\\c\1d\0", 9, "a\\046b\\092c.d", 0, 0, 0 },
		{ "PTR", "\4a\0b\n\0", 6, "a\\000b\\010", 0, 0, 0 },
		{ "PTR", "\100x", 2, NULL, 0, 0, 0 },
		{ "NS", "", 0, NULL, 0, 0, 0 },
		{ "TXT", "\3abc\2de", 7, "abcde", 0, 0, 0 },
		{ "TXT", "\0", 1, "", 0, 0, 0 },
		{ "TXT", "\3a\0c", 4, "a?c", 0, 0, 0 },
		{ "TXT", "\4abc", 4, NULL, 0, 0, 0 },
		{ "TXT", "", 0, NULL, 0, 0, 0 },
		{ "SRV", "\0\1\0\2\0\31\1a\0", 9, "a", 1, 2, 25 },
		{ "SRV", "\0\1\0\2\0", 5, NULL, 0, 0, 0 },
		{ "TLSA", "\3\1\1\253\1", 5, "3 1 1 ab01", 0, 0, 0 },
		{ "TLSA", "\3\1\1", 3, NULL, 0, 0, 0 },
		{ "TLSA", "", 0, NULL, 0, 0, 0 },
		{ "SOA", "\1a\0\1b\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 26, "a b 1 2 3 4 5", 0, 0, 0 },
		{ "SOA", "\1a\0\1b\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0", 25, NULL, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena mem = ARENA(1 << 16);
		struct resolver_record r;
		/* A copy of its own length: a byte too far is seen by the address sanitizer. */
		unsigned char *bytes = mem_alloc(cases[i].n);
		bool ok;

		memcpy(bytes, cases[i].bytes, cases[i].n);
		ok = rdata_decode(rdata_type(cases[i].type), bytes, cases[i].n, &mem, &r);
		print_message("%s %zu: %s\n", cases[i].type, i, ok ? r.value : "-");
		assert_int_equal(ok, cases[i].value != NULL);
		if (ok) {
			assert_string_equal(r.value, cases[i].value);
			assert_int_equal(r.preference, cases[i].preference);
			assert_int_equal(r.weight, cases[i].weight);
			assert_int_equal(r.port, cases[i].port);
		}
		free(bytes);
		arena_free(&mem);
	}
	assert_int_equal(rdata_type("ANY"), -1);
	assert_int_equal(rdata_type(""), -1);
	assert_string_equal(rdata_name(52), "TLSA");
	assert_null(rdata_name(255));
}

/* A name may be 255 octets long, and no longer. */
static void
long_names(void **state)
{
	unsigned char bytes[320];
	struct resolver_record r;

	(void)state;
	for (size_t labels = 1; labels < 150; labels++) {
		struct arena mem = ARENA(1 << 16);

		for (size_t i = 0; i < labels; i++)
			memcpy(bytes + 2 * i, "\1a", 2);
		bytes[2 * labels] = 0;
		assert_int_equal(rdata_decode(12, bytes, 2 * labels + 1, &mem, &r), labels <= 127);
		arena_free(&mem);
	}
}

/* Every length from 0 to 40 of every type, with bytes of all kinds. */
static void
every_length(void **state)
{
	static const int types[] = { 1, 2, 5, 6, 12, 15, 16, 28, 33, 52, 255 };
	unsigned seed = 1;

	(void)state;
	for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++) {
		for (size_t n = 0; n <= 40; n++) {
			for (int round = 0; round < 40; round++) {
				unsigned char *bytes = mem_alloc(n);
				struct arena mem = ARENA(1 << 16);
				struct resolver_record r;

				for (size_t i = 0; i < n; i++) {
					seed = seed * 1103515245 + 12345;
					bytes[i] = (unsigned char)(seed >> 16) & (round % 2 ? 255 : 7);
				}
				rdata_decode(types[t], bytes, n, &mem, &r);
				free(bytes);
				arena_free(&mem);
			}
		}
	}
}

static void
local_names(void **state)
{
	static const struct {
		const char *name, *type;
		bool ours;
		const char *value;
	} cases[] = {
		{ "localhost", "A", true, "127.0.0.1" },
		{ "LocalHost", "a", true, "127.0.0.1" },
		{ "localhost", "AAAA", true, "::1" },
		{ "localhost", "MX", true, NULL },
		{ "x.localhost", "A", true, "127.0.0.1" },
		{ "1.0.0.127.in-addr.arpa", "PTR", true, "localhost" },
		{ "9.8.7.127.in-addr.arpa", "PTR", true, "localhost" },
		{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa", "PTR", true,
		    "localhost" },
		{ "notlocalhost", "A", false, NULL },
		{ "localhost.example.com", "A", false, NULL },
		{ "1.0.0.128.in-addr.arpa", "PTR", false, NULL },
		{ "1127.in-addr.arpa", "PTR", false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *value;

		print_message("%s %s\n", cases[i].name, cases[i].type);
		assert_int_equal(local_answer(cases[i].name, cases[i].type, &value), cases[i].ours);
		if (cases[i].value == NULL)
			assert_null(value);
		else
			assert_string_equal(value, cases[i].value);
	}
}

static void
name_servers(void **state)
{
	struct servers s, t;

	(void)state;
	servers_parse("# nameserver 192.0.2.1\n; nameserver 192.0.2.2\nsearch x.test\nnameserver 192.0.2.53\r\n"
		      "nameserver\t2001:db8::53 # second\n nameserver 192.0.2.54;x\nnameserver nonsense\nnameserver\n"
		      "nameservers 192.0.2.9\n",
	    &s);
	assert_int_equal(s.n, 3);
	assert_string_equal(s.at[0], "192.0.2.53@53");
	assert_string_equal(s.at[1], "2001:db8::53@53");
	assert_string_equal(s.at[2], "192.0.2.54@53");
	servers_parse("", &t);
	assert_int_equal(t.n, 0);
	assert_false(servers_same(&s, &t));
	t = s;
	assert_true(servers_same(&s, &t));

	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "127.0.0.1:5300", "127.0.0.1@5300" },
		{ "127.0.0.1", "127.0.0.1@53" },
		{ "[::1]:5300", "::1@5300" },
		{ "[::1]", "::1@53" },
		{ "::1", "::1@53" },
		{ "127.0.0.1:", NULL },
		{ "127.0.0.1:0", NULL },
		{ "127.0.0.1:99999", NULL },
		{ "localhost:53", NULL },
		{ "[::1]x", NULL },
		{ "[::1", NULL },
		{ "", NULL },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("%s\n", cases[i].text);
		assert_int_equal(servers_one(cases[i].text, &s), cases[i].want != NULL);
		if (cases[i].want != NULL)
			assert_string_equal(s.at[0], cases[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(long_names),
		cmocka_unit_test(every_length),
		cmocka_unit_test(local_names),
		cmocka_unit_test(name_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
