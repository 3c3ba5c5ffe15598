/* SPDX-License-Identifier: Apache-2.0 */
/* The service's loop between struct dns clients and a name server in Python that says what a table holds. */
#include "services/resolver/resolver.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/net/dns.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* ---- the name server ---- */

static struct {
	pid_t pid;
	int port, to;
	char file[64];
} server;

static void
server_start(const char *text)
{
	char script[512], port[16] = "";
	const char *source = getenv("SALLYPORT_SOURCE");
	int in[2], out[2], fd;
	size_t n = 0;

	snprintf(script, sizeof(script), "%s/tests/whole/support/dns_server.py", source != NULL ? source : ".");
	snprintf(server.file, sizeof(server.file), "/tmp/resolver_test.XXXXXX");
	assert_true((fd = mkstemp(server.file)) >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_true(pipe(in) == 0 && pipe(out) == 0);
	if ((server.pid = fork()) == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		execlp("python3", "python3", script, server.file, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	server.to = in[1];
	while (n < sizeof(port) - 1 && read(out[0], port + n, 1) == 1 && port[n] != '\n')
		n++;
	close(out[0]);
	assert_int_equal(sscanf(port, "port %d", &server.port), 1);
}

static void
server_stop(void)
{
	close(server.to);
	waitpid(server.pid, NULL, 0);
	unlink(server.file);
}

/* ---- the service, on a thread; clients come through a socket pair ---- */

static struct service_run {
	struct resolver r;
	struct watch door;
	int to_door[2];
	pthread_t thread;
} run;

/* A byte 'c' and a descriptor: a client; 'e': the end. */
static void
door(void *ctx, unsigned events)
{
	struct resolver *r = ctx;
	int fd = -1;

	(void)events;
	assert_int_equal(recv(run.to_door[0], &fd, sizeof(fd), 0), sizeof(fd));
	if (fd >= 0)
		client_add(r, fd);
	else
		resolver_end(r);
}

static void *
serve(void *arg)
{
	struct resolver *r = arg;

	upstream_start(r);
	loop_run(r->loop);
	return NULL;
}

static void
service_start(const char *dns_server, const char *resolv_conf, const char *anchors, long timeout_ms)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, run.to_door), 0);
	run.r = (struct resolver){ .timeout_ms = timeout_ms, .loop = loop_new(), .resolv_conf = resolv_conf };
	if (anchors != NULL)
		run.r.anchors = mem_str(anchors);
	list_init(&run.r.clients);
	list_init(&run.r.questions);
	if (dns_server != NULL)
		assert_true(servers_one(dns_server, &run.r.servers));
	run.door = (struct watch){ .fd = run.to_door[0], .run = door, .ctx = &run.r };
	loop_watch(run.r.loop, &run.door, LOOP_READ);
	assert_int_equal(pthread_create(&run.thread, NULL, serve, &run.r), 0);
}

static void
tell(int fd)
{
	assert_int_equal(send(run.to_door[1], &fd, sizeof(fd), 0), sizeof(fd));
}

static struct ipc *
client(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	tell(pair[1]);
	return ipc_begin(pair[0], &resolver_protocol);
}

static void
service_ended(void)
{
	pthread_join(run.thread, NULL);
	loop_free(&run.r.loop);
	close(run.to_door[0]);
	close(run.to_door[1]);
	free(run.r.anchors);
}

static void
service_stop(void)
{
	tell(-1);
	service_ended();
}

static const char *
test_server(void)
{
	static char text[32];

	snprintf(text, sizeof(text), "127.0.0.1:%d", server.port);
	return text;
}

/* ---- the tests ---- */

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
	server_stop();
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
	server_start(table);
}

/* Servers that do not: questions wait for the result, and are answered without. */
static void
no_validation(void **state)
{
	struct arena mem = ARENA(1 << 18);
	struct dns d = { .timeout = 10 };
	struct dns_answer a;

	(void)state;
	service_start(test_server(), NULL, signed_anchor, 5000);
	d.ipc = client();
	assert_int_equal(dns_ask(&d, "one.test", "A", &mem, &a), DNS_FOUND);
	assert_false(a.secure);
	dns_close(&d);
	service_stop();
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
		cmocka_unit_test(validation),
		cmocka_unit_test(no_validation),
		cmocka_unit_test(new_servers),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);
	server_start(table);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	server_stop();
	return failed;
}
