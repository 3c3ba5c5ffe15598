/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that are kept for the next message: when, how long, and who shares them. */
#include "tests/smtp/fake.h"

static const struct deliver_rcpt one = { .address = "x@y.test" };

static long
again(struct fake_client *c, int port, bool more)
{
	struct deliver_request r = { .queue_id = "4bQ", .sender = "a@b.test", .transport = "smtp", .more = more };
	char nexthop[64];
	int file = fake_message(&r, "Subject: x\r\n", "hello\r\n", 7);
	struct fake_result got;
	long code;

	snprintf(nexthop, sizeof(nexthop), "[127.0.0.1]:%d", port);
	r.nexthop = nexthop;
	fake_deliver(c, &r, file, &one, 1, &got);
	code = got.v[0].code;
	close(file);
	arena_free(&got.mem);
	return code;
}

static void
kept(void **state)
{
	static const struct {
		const char *name;
		const char *transcripts[4];
		long codes[4];
		long count_limit;
	} cases[] = {
		{ "three messages over one connection",
		    { FAKE_GREET FAKE_ALL_WELL FAKE_ALL_WELL FAKE_ALL_WELL FAKE_BYE }, { 250, 250, 250 }, 0 },
		{ "a refused recipient in between: RSET goes with the next message",
		    { FAKE_GREET FAKE_ALL_WELL
			"C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 550 no\nS 503 no\nC RSET\nC MAIL *\nC RCPT *\nC DATA\n"
			"S 250 ok\nS 250 ok\nS 250 ok\nS 354 go\nD\nS 250 ok\n" FAKE_BYE },
		    { 250, 550, 250 }, 0 },
		{ "one that the server closed meanwhile is no reason to wait",
		    { FAKE_GREET FAKE_ALL_WELL "close", FAKE_GREET FAKE_ALL_WELL "close",
			FAKE_GREET FAKE_ALL_WELL FAKE_BYE },
		    { 250, 250, 250 }, 0 },
		{ "one that was given up with 421 meanwhile",
		    { FAKE_GREET FAKE_ALL_WELL "S 421 idle\nclose", FAKE_GREET FAKE_ALL_WELL FAKE_ALL_WELL FAKE_BYE },
		    { 250, 250, 250 }, 0 },
		{ "one that dies at MAIL FROM",
		    { FAKE_GREET FAKE_ALL_WELL "C MAIL *\nclose", FAKE_GREET FAKE_ALL_WELL FAKE_ALL_WELL FAKE_BYE },
		    { 250, 250, 250 }, 0 },
		{ "one that says 421 to MAIL FROM",
		    { FAKE_GREET FAKE_ALL_WELL "C MAIL *\nS 421 no more\nclose",
			FAKE_GREET FAKE_ALL_WELL FAKE_ALL_WELL FAKE_BYE },
		    { 250, 250, 250 }, 0 },
		{ "a 5xx to MAIL FROM is an answer",
		    { FAKE_GREET FAKE_ALL_WELL "C MAIL *\nC RCPT *\nC DATA\nS 550 no\nS 503 no\nS 503 no\n"
					       "C RSET\nC MAIL *\nC RCPT *\nC DATA\n"
					       "S 250 ok\nS 250 ok\nS 250 ok\nS 354 go\nD\nS 250 ok\n" FAKE_BYE },
		    { 250, 550, 250 }, 0 },
		{ "lost after the dot: not once more",
		    { FAKE_GREET FAKE_ALL_WELL "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\nD\nclose",
			FAKE_GREET FAKE_ALL_WELL FAKE_BYE },
		    { 250, 451, 250 }, 0 },
		{ "at most two messages each",
		    { FAKE_GREET FAKE_ALL_WELL FAKE_ALL_WELL FAKE_BYE, FAKE_GREET FAKE_ALL_WELL FAKE_BYE },
		    { 250, 250, 250 }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake_server f;
		struct fake_client c;

		print_message("%s\n", cases[i].name);
		fake_start(&f, "127.0.0.1", 0, cases[i].transcripts);
		fake_client(&c, false, true);
		c.cf.smtp_connection_reuse_count_limit = cases[i].count_limit;
		fake_client(&c, false, false);
		for (int n = 0; n < 3; n++) {
			assert_int_equal(again(&c, f.port, n < 2), cases[i].codes[n]);
			/* So that what the server does behind its last reply has come. */
			usleep(20000);
		}
		assert_int_equal(cache_count(c.client.cache), 0);
		fake_client_free(&c);
		fake_stop(&f);
		assert_string_equal(f.failure, "");
		buf_free(&f.data);
	}
}

static void
not_kept(void **state)
{
	static const char *const transcripts[] = { FAKE_GREET FAKE_ALL_WELL FAKE_BYE, FAKE_GREET FAKE_ALL_WELL FAKE_BYE,
		NULL };
	struct fake_server f;
	struct fake_client c;

	(void)state;
	fake_start(&f, "127.0.0.1", 0, transcripts);
	fake_client(&c, false, true);
	assert_int_equal(again(&c, f.port, false), 250);
	assert_int_equal(cache_count(c.client.cache), 0);
	c.cf.smtp_connection_cache_on_demand = false;
	fake_client(&c, false, false);
	assert_int_equal(again(&c, f.port, true), 250);
	assert_int_equal(cache_count(c.client.cache), 0);
	fake_client_free(&c);
	fake_stop(&f);
	assert_string_equal(f.failure, "");
	buf_free(&f.data);
}

/* Kept for connection_cache_ttl_limit when that is shorter, and then told QUIT without anybody asking. */
static void
expiry(void **state)
{
	static const char *const transcripts[] = { FAKE_GREET FAKE_ALL_WELL "C QUIT\nS 221 bye\n", NULL };
	struct fake_server f;
	struct fake_client c;
	long start;

	(void)state;
	fake_start(&f, "127.0.0.1", 0, transcripts);
	fake_client(&c, false, true);
	c.cf.connection_cache_ttl_limit = 1;
	c.cf.smtp_connection_cache_destinations = "elsewhere.test, 127.0.0.1";
	fake_client(&c, false, false);
	start = tick_ms();
	assert_int_equal(again(&c, f.port, false), 250);
	assert_int_equal(cache_count(c.client.cache), 1);
	while (cache_count(c.client.cache) > 0 && tick_ms() - start < 5000)
		usleep(10000);
	assert_in_range(tick_ms() - start, 900, 2500);
	fake_client_free(&c);
	fake_stop(&f);
	assert_string_equal(f.failure, "");
	buf_free(&f.data);
}

/* ---- many at once ---- */

enum { CROWD = 8, EACH = 25 };

static struct {
	int listener, connections, messages;
	pthread_mutex_t lock;
} crowd;

static void
crowd_count(int *what)
{
	pthread_mutex_lock(&crowd.lock);
	++*what;
	pthread_mutex_unlock(&crowd.lock);
}

static void *
crowd_session(void *arg)
{
	struct conn *c = conn_new(*(int *)arg);
	struct line l;
	bool data = false;

	free(arg);
	conn_deadline(c, 20);
	conn_puts(c, "220 mx.test ESMTP\r\n");
	while (conn_line(c, 1000, &l)) {
		if (data) {
			if (strcmp(l.s, ".") != 0)
				continue;
			data = false;
			crowd_count(&crowd.messages);
			conn_puts(c, "250 taken\r\n");
		} else if (strcmp(l.s, "DATA") == 0) {
			data = true;
			conn_puts(c, "354 go\r\n");
		} else if (strcmp(l.s, "QUIT") == 0) {
			break;
		} else {
			conn_puts(c, strncmp(l.s, "EHLO", 4) == 0 ? "250-mx\r\n250 PIPELINING\r\n" : "250 ok\r\n");
		}
	}
	conn_free(&c);
	return NULL;
}

static void *
crowd_serve(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(crowd.listener, NULL, NULL)) >= 0) {
		int *copy = malloc(sizeof(int));
		pthread_t t;

		*copy = fd;
		crowd_count(&crowd.connections);
		assert_int_equal(pthread_create(&t, NULL, crowd_session, copy), 0);
		pthread_detach(t);
	}
	return NULL;
}

struct deliverer {
	struct fake_client *c;
	int port, good;
	pthread_t thread;
};

static void *
crowd_deliver(void *arg)
{
	struct deliverer *d = arg;
	/* A worker of its own, as each session has; the client and its cache are shared. */
	struct fake_client mine = { .cf = d->c->cf };

	mine.worker = (struct worker){ .client = &d->c->client, .dns = DNS("/no/resolver", 1) };
	for (int n = 0; n < EACH; n++)
		d->good += again(&mine, d->port, n + 1 < EACH) == 250;
	return NULL;
}

/* Threads that share a cache share its connections, and each message goes once. */
static void
sharing(void **state)
{
	struct deliverer d[CROWD];
	struct buf err = BUF(256);
	struct fake_client c;
	struct addr a;
	pthread_t server;
	int good = 0;

	(void)state;
	pthread_mutex_init(&crowd.lock, NULL);
	assert_true(addr_parse(&a, "127.0.0.1", 0));
	assert_true((crowd.listener = addr_listen(&a, 100, &err)) >= 0 && addr_of_self(&a, crowd.listener));
	assert_int_equal(pthread_create(&server, NULL, crowd_serve, NULL), 0);
	fake_client(&c, false, true);
	for (int i = 0; i < CROWD; i++) {
		d[i] = (struct deliverer){ .c = &c, .port = addr_port(&a) };
		assert_int_equal(pthread_create(&d[i].thread, NULL, crowd_deliver, &d[i]), 0);
	}
	for (int i = 0; i < CROWD; i++) {
		pthread_join(d[i].thread, NULL);
		good += d[i].good;
	}
	fake_client_free(&c);
	shutdown(crowd.listener, SHUT_RDWR);
	pthread_join(server, NULL);
	close(crowd.listener);
	assert_int_equal(good, CROWD * EACH);
	pthread_mutex_lock(&crowd.lock);
	assert_int_equal(crowd.messages, CROWD * EACH);
	assert_in_range(crowd.connections, 1, 2 * CROWD);
	pthread_mutex_unlock(&crowd.lock);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept),
		cmocka_unit_test(not_kept),
		cmocka_unit_test(expiry),
		cmocka_unit_test(sharing),
	};

	log_open("postfix", "smtp", fake_log_sink);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
