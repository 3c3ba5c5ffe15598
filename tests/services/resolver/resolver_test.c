/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the service, and clients, servers and ends of all kinds. */
#include "tests/services/resolver/service.h"

static const char table[] = "one.test A 192.0.2.1\n"
			    "one.test AAAA 2001:db8::1\n"
			    "two.test A 192.0.2.1\ntwo.test A 192.0.2.2\n"
			    "mx.test MX 20 b.test\nmx.test MX 10 a.test\n"
			    "null.test MX 0 .\n"
			    "alias.test CNAME one.test\n"
			    "chain.test CNAME alias.test\n"
			    "dead.test CNAME nowhere.test\n"
			    "txt.test TXT \"v=spf1 \" \"-all\"\n"
			    "big.test TXT TRUNCATE \"over TCP\"\n"
			    "bad.test A RAW 7f0000\n"
			    "halfbad.test MX RAW 000a\nhalfbad.test MX 10 one.test\n"
			    "fails.test * SERVFAIL\n"
			    "refuses.test * REFUSED\n"
			    "slow.test A DELAY 0.7 192.0.2.3\n"
			    "deaf.test * DROP\n"
			    "_25._tcp.one.test TLSA 3 1 1 abcdef\n"
			    "_s._tcp.one.test SRV 1 2 25 one.test\n"
			    "1.2.0.192.in-addr.arpa PTR one.test\n"
			    "1.0.0.10.in-addr.arpa PTR ten.test\n"
			    "ten.test A 10.0.0.1\n";

static void
answers(void **state)
{
	static const struct {
		const char *name, *type;
		enum dns_status status;
		const char *values, *text;
	} cases[] = {
		{ "one.test", "A", DNS_FOUND, "192.0.2.1 ", "" },
		{ "ONE.Test", "A", DNS_FOUND, "192.0.2.1 ", "" },
		{ "one.test", "AAAA", DNS_FOUND, "2001:db8::1 ", "" },
		{ "one.test", "MX", DNS_NO_DATA, "", "Host found but no data record of requested type" },
		{ "test", "A", DNS_NO_DATA, "", "no data record" },
		{ "nowhere.test", "A", DNS_NO_NAME, "", "Host not found" },
		{ "mx.test", "MX", DNS_FOUND, "10:a.test 20:b.test ", "" },
		{ "null.test", "MX", DNS_FOUND, "0: ", "" },
		{ "alias.test", "A", DNS_FOUND, "192.0.2.1 ", "" },
		{ "chain.test", "A", DNS_FOUND, "192.0.2.1 ", "" },
		{ "dead.test", "A", DNS_NO_NAME, "", "Host not found" },
		{ "txt.test", "TXT", DNS_FOUND, "v=spf1 -all ", "" },
		{ "big.test", "TXT", DNS_FOUND, "over TCP ", "" },
		{ "bad.test", "A", DNS_LATER, "", "malformed answer" },
		{ "halfbad.test", "MX", DNS_FOUND, "10:one.test ", "" },
		{ "fails.test", "A", DNS_LATER, "", "Host not found, try again (the name servers failed)" },
		{ "refuses.test", "MX", DNS_LATER, "", "try again" },
		{ "slow.test", "A", DNS_FOUND, "192.0.2.3 ", "" },
		{ "deaf.test", "A", DNS_LATER, "", "no answer from the name servers in time" },
		{ "_25._tcp.one.test", "TLSA", DNS_FOUND, "3 1 1 abcdef ", "" },
		{ "_s._tcp.one.test", "SRV", DNS_FOUND, "1:one.test ", "" },
		{ "1.2.0.192.in-addr.arpa", "PTR", DNS_FOUND, "one.test ", "" },
		{ "1.0.0.10.in-addr.arpa", "PTR", DNS_FOUND, "ten.test ", "" },
		{ "localhost", "A", DNS_FOUND, "127.0.0.1 ", "" },
		{ "localhost", "MX", DNS_NO_DATA, "", "" },
		{ "one.test", "NAPTR", DNS_LATER, "", "unknown record type" },
	};
	struct dns d = { .timeout = 10 };

	(void)state;
	service_start(test_server(), NULL, NULL, 2500);
	d.ipc = client();
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			struct arena mem = ARENA(1 << 18);
			struct buf got = BUF(1000);
			struct dns_answer a;

			print_message("%s %s\n", cases[i].name, cases[i].type);
			assert_int_equal(dns_ask(&d, cases[i].name, cases[i].type, &mem, &a), cases[i].status);
			for (size_t n = 0; n < a.n; n++) {
				if (strcmp(cases[i].type, "MX") == 0 || strcmp(cases[i].type, "SRV") == 0)
					buf_fmt(&got, "%ld:", a.records[n].preference);
				buf_fmt(&got, "%s ", a.records[n].value);
			}
			assert_string_equal(buf_str(&got), cases[i].values);
			assert_non_null(strstr(a.text, cases[i].text));
			assert_false(a.secure);
			if (strcmp(cases[i].name, "chain.test") == 0)
				assert_string_equal(a.canonical, "one.test");
			buf_free(&got);
			arena_free(&mem);
		}
	}
	dns_close(&d);
	service_stop();
}

/* Many questions on one connection at once; the answers come as they come, each with its tag. */
static void
pipelining(void **state)
{
	enum { N = 500 };
	static bool seen[N];
	struct arena mem = ARENA(1 << 22);
	struct resolver_answer a;
	struct resolver_record r;
	struct ipc *i;

	(void)state;
	service_start(test_server(), NULL, NULL, 5000);
	i = client();
	ipc_timeout(i, 10);
	for (int n = 0; n < N; n++) {
		char name[32];

		snprintf(name, sizeof(name), n % 2 ? "one.test" : "no%d.test", n);
		resolver_ask_send(i, &(struct resolver_ask){ .tag = n, .name = name, .type = "A" });
	}
	for (int n = 0; n < N; n++) {
		assert_true(resolver_answer_read(i, &mem, &a));
		assert_in_range(a.tag, 0, N - 1);
		assert_false(seen[a.tag]);
		seen[a.tag] = true;
		assert_int_equal(a.rcode, a.tag % 2 ? 0 : 3);
		assert_int_equal(a.count, a.tag % 2);
		for (long k = 0; k < a.count; k++)
			assert_true(resolver_record_read(i, &mem, &r));
	}
	ipc_free(&i);
	service_stop();
	arena_free(&mem);
}

/* Clients that go away in the middle, that talk nonsense, that ask for nothing sensible. */
static void
bad_clients(void **state)
{
	struct arena mem = ARENA(1 << 20);
	struct resolver_answer a;
	struct ipc *i;

	(void)state;
	service_start(test_server(), NULL, NULL, 2000);
	for (int n = 0; n < 20; n++) {
		i = client();
		resolver_ask_send(i, &(struct resolver_ask){ .tag = n, .name = "slow.test", .type = "A" });
		ipc_flush(i);
		ipc_free(&i);
	}
	i = client();
	conn_put(ipc_conn(i), "\0\0garbage\0\0\xff\0\0", 14);
	ipc_flush(i);
	ipc_timeout(i, 5);
	assert_null(ipc_next(i));
	ipc_free(&i);

	i = client();
	ipc_timeout(i, 5);
	resolver_ask_send(i, &(struct resolver_ask){ .tag = 7, .name = "a b", .type = "A" });
	assert_true(resolver_answer_read(i, &mem, &a));
	assert_int_equal(a.tag, 7);
	assert_int_equal(a.rcode, 1);
	resolver_ask_send(i, &(struct resolver_ask){ .tag = 8, .name = "one.test", .type = "A" });
	assert_true(resolver_answer_read(i, &mem, &a));
	assert_int_equal(a.rcode, 0);
	ipc_free(&i);
	service_stop();
	arena_free(&mem);
}

static void
nobody_to_ask(void **state)
{
	struct arena mem = ARENA(1 << 18);
	struct dns d = { .timeout = 10 };
	struct dns_answer a;

	(void)state;
	service_start(NULL, NULL, NULL, 3000);
	d.ipc = client();
	assert_int_equal(dns_ask(&d, "one.test", "A", &mem, &a), DNS_LATER);
	assert_non_null(strstr(a.text, "no name server is configured"));
	assert_int_equal(dns_ask(&d, "localhost", "A", &mem, &a), DNS_FOUND);
	dns_close(&d);
	service_stop();
	arena_free(&mem);
}

/* A server that nobody listens at is an error that may pass, and comes in time. */
static void
no_server(void **state)
{
	struct arena mem = ARENA(1 << 18);
	struct dns d = { .timeout = 10 };
	struct dns_answer a;
	long start = tick_ms();

	(void)state;
	service_start("127.0.0.1:9", NULL, NULL, 1500);
	d.ipc = client();
	assert_int_equal(dns_ask(&d, "one.test", "A", &mem, &a), DNS_LATER);
	assert_true(tick_ms() - start < 4000);
	dns_close(&d);
	service_stop();
	arena_free(&mem);
}

/* An end in the middle: what was asked is answered. */
static void
ending(void **state)
{
	struct arena mem = ARENA(1 << 18);
	struct resolver_answer a;
	struct ipc *i, *idle;

	(void)state;
	service_start(test_server(), NULL, NULL, 5000);
	i = client();
	idle = client();
	ipc_timeout(i, 10);
	ipc_timeout(idle, 10);
	resolver_ask_send(i, &(struct resolver_ask){ .tag = 1, .name = "localhost", .type = "A" });
	resolver_ask_send(i, &(struct resolver_ask){ .tag = 2, .name = "slow.test", .type = "A" });
	assert_true(resolver_answer_read(i, &mem, &a));
	tell(-1);
	assert_null(ipc_next(idle));
	assert_string_equal(ipc_next(i), "resolver_record");
	assert_true(resolver_answer_read(i, &mem, &a));
	assert_int_equal(a.tag, 2);
	assert_int_equal(a.rcode, 0);
	service_ended();
	ipc_free(&i);
	ipc_free(&idle);
	arena_free(&mem);
}

/* The list of name servers changes under our eyes. */
static void
new_servers(void **state)
{
	char name[] = "/tmp/resolver_test.XXXXXX";
	int fd = mkstemp(name);
	struct arena mem = ARENA(1 << 18);
	struct dns d = { .timeout = 10 };
	struct dns_answer a;
	long start = tick_ms();

	(void)state;
	assert_true(fd >= 0);
	service_start(test_server(), name, NULL, 1000);
	d.ipc = client();
	assert_int_equal(dns_ask(&d, "one.test", "A", &mem, &a), DNS_FOUND);
	/* The empty file takes the server away, within a few seconds. */
	while (dns_ask(&d, "one.test", "A", &mem, &a) == DNS_FOUND && tick_ms() - start < 9000)
		usleep(100000);
	assert_non_null(strstr(a.text, "no name server is configured"));
	dns_close(&d);
	service_stop();
	close(fd);
	unlink(name);
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(pipelining),
		cmocka_unit_test(bad_clients),
		cmocka_unit_test(nobody_to_ask),
		cmocka_unit_test(no_server),
		cmocka_unit_test(ending),
		cmocka_unit_test(new_servers),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);
	server_start(table);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	server_stop();
	return failed;
}
