/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/nexthop.h"

#include "tests/support/test.h"

#include <string.h>

static void
nexthops(void **state)
{
	static const struct {
		const char *text;
		bool lmtp;
		const char *name; /* NULL: an error, why has it */
		int port;
		bool mx, numeric, unix_path;
		const char *why;
	} cases[] = {
		{ "example.com", false, "example.com", 25, true, false, false, NULL },
		{ "Example.COM", false, "example.com", 25, true, false, false, NULL },
		{ "example.com:587", false, "example.com", 587, true, false, false, NULL },
		{ "example.com:submission", false, "example.com", 587, true, false, false, NULL },
		{ "[mx.example.com]", false, "mx.example.com", 25, false, false, false, NULL },
		{ "[mx.example.com]:2525", false, "mx.example.com", 2525, false, false, false, NULL },
		{ "[192.0.2.1]", false, "192.0.2.1", 25, false, true, false, NULL },
		{ "192.0.2.1", false, "192.0.2.1", 25, false, true, false, NULL },
		{ "192.0.2.1:26", false, "192.0.2.1", 26, false, true, false, NULL },
		{ "[192.0.2.1]:10025", false, "192.0.2.1", 10025, false, true, false, NULL },
		{ "[IPv6:2001:db8::1]", false, "2001:db8::1", 25, false, true, false, NULL },
		{ "[2001:db8::1]:26", false, "2001:db8::1", 26, false, true, false, NULL },
		{ "b\xc3\xbc.example", false, "xn--b-eha.example", 25, true, false, false, NULL },
		{ "inet:host.example:24", true, "host.example", 24, false, false, false, NULL },
		{ "inet:[127.0.0.1]", true, "127.0.0.1", 25, false, true, false, NULL },
		{ "host.example", true, "host.example", 25, false, false, false, NULL },
		{ "unix:private/lmtp", true, "private/lmtp", 0, false, false, true, NULL },
		{ "", false, NULL, 0, false, false, false, "4.3.5" },
		{ "[", false, NULL, 0, false, false, false, "4.3.5" },
		{ "[]", false, NULL, 0, false, false, false, "4.3.5" },
		{ "[a]b", false, NULL, 0, false, false, false, "4.3.5" },
		{ ":25", false, NULL, 0, false, false, false, "4.3.5" },
		{ "a.example:", false, NULL, 0, false, false, false, "4.3.5" },
		{ "a.example:0", false, NULL, 0, false, false, false, "4.3.5" },
		{ "a.example:99999", false, NULL, 0, false, false, false, "4.3.5" },
		{ "a.example:nosuchservice", false, NULL, 0, false, false, false, "4.3.5" },
		{ "unix:", true, NULL, 0, false, false, false, "4.3.5" },
		{ "\xff.example", false, NULL, 0, false, false, false, "5.1.2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		struct nexthop h;

		print_message("%s\n", cases[i].text);
		assert_int_equal(
		    nexthop_parse(cases[i].text, cases[i].lmtp, 25, &mem, &h, &why), cases[i].name != NULL);
		if (cases[i].name != NULL) {
			assert_string_equal(h.name, cases[i].name);
			assert_int_equal(h.port, cases[i].port);
			assert_int_equal(h.mx, cases[i].mx);
			assert_int_equal(h.numeric, cases[i].numeric);
			assert_int_equal(h.unix_path, cases[i].unix_path);
		} else {
			assert_string_equal(why.dsn, cases[i].why);
		}
		arena_free(&mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nexthops) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
