/* SPDX-License-Identifier: Apache-2.0 */
/* DNSSEC: a zone that is signed, and servers that pass that on or do not. */
#include "tests/services/resolver/service.h"

/*
 * A root zone of our own, signed with ldns-signzone until 2088: what is signed
 * correctly, what was altered afterwards, and what nobody signed although it should be.
 */
static const char signed_table[] =
    ". DNSKEY RAW "
    "0101030d8fc80aef87169e1609420e347cf12948338c0825973bc45294d5be23ccc049362b3302dc32499acb415163d1"
    "1457b0d3bda2d0c858506810e97c2eb76cdce046"
    "\n"
    ". RRSIG DNSKEY RAW "
    "00300d0000000e10ddf3f8805e0be1009b67001cf5e10875f98535b22c0b8db659f8b5f9cdf9d18610a59bca734ee796"
    "217b3e5c97d430862c3bf773417b662fa27739239c93d9f3f14cc3cb77e7d3bbae0bcc"
    "\n"
    "good.test RRSIG A RAW "
    "00010d0200000e10ddf3f8805e0be1009b670010b0e9cdd9717467290ade199622d780f9ac9f9a938ec1ac988d58f3c9"
    "f2bc015d8684ee629c84ee7a44df517098a544c88056ff3064331f1629fd4889239e8f"
    "\n"
    "tampered.test RRSIG A RAW "
    "00010d0200000e10ddf3f8805e0be1009b6700a3c69ddb766d6f1c970af16517733c207158bc5c17f4a11ee4dd693c2b"
    "e9084d403876e3e55056b2bcce9f1943066f49a9bc9495a493e75b8dfc3ec80c954c84"
    "\n"
    "good.test A 192.0.2.1\n"
    "tampered.test A 192.0.2.66\n"
    "unsigned.test A 192.0.2.3\n";
static const char signed_anchor[] =
    "; comment\n"
    ". IN DS 39783 13 2 a0f224b5f49ed7c30bec11c5923e25d10f22d2dea98b11481c2521a4e10efada ; comment\n";

/* Servers that pass DNSSEC on: answers are validated, and what is false is no answer. */
static void
validation(void **state)
{
	static const struct {
		const char *name;
		enum dns_status status;
		bool secure;
	} cases[] = {
		{ "good.test", DNS_FOUND, true },
		{ "tampered.test", DNS_LATER, false },
		{ "unsigned.test", DNS_LATER, false },
		{ "localhost", DNS_FOUND, false },
	};
	struct dns d = { .timeout = 10 };

	(void)state;
	server_start(signed_table);
	service_start(test_server(), NULL, signed_anchor, 5000);
	d.ipc = client();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena mem = ARENA(1 << 18);
		struct dns_answer a;

		print_message("%s\n", cases[i].name);
		assert_int_equal(dns_ask(&d, cases[i].name, "A", &mem, &a), cases[i].status);
		assert_int_equal(a.secure, cases[i].secure);
		print_message("    %s\n", a.text);
		arena_free(&mem);
	}
	dns_close(&d);
	service_stop();
	server_stop();
}

/* Servers that do not: questions wait for the result, and are answered without. */
static void
no_validation(void **state)
{
	struct arena mem = ARENA(1 << 18);
	struct dns d = { .timeout = 10 };
	struct dns_answer a;

	(void)state;
	server_start("one.test A 192.0.2.1\n");
	service_start(test_server(), NULL, signed_anchor, 5000);
	d.ipc = client();
	assert_int_equal(dns_ask(&d, "one.test", "A", &mem, &a), DNS_FOUND);
	assert_false(a.secure);
	dns_close(&d);
	service_stop();
	server_stop();
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(validation),
		cmocka_unit_test(no_validation),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
