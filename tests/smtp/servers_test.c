/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries that take more than one server, and connections that serve more than one message. */
#include "tests/smtp/fake.h"

#define GREET	 "S 220 mx.test ESMTP\nC EHLO client.test\nS 250-mx.test\nS 250 PIPELINING\n"
#define ALL_WELL "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\nD\nS 250 2.0.0 taken\n"
#define BYE	 "C QUIT\n"

enum { HOSTS = 3 };

static const struct scene {
	const char *name;
	const char *servers[HOSTS]; /* transcripts of 127.0.0.2, .3, .4; NULL: nobody listens; "": nobody may come */
	const char *nexthop;	    /* with %d for the port */
	const char *fallback;	    /* likewise */
	long code;
	const char *dsn, *text;
	bool site_down;
	const char *logged, *not_logged;
} scenes[] = {
	{ .name = "the next host when one does not listen",
	    .servers = { NULL, GREET ALL_WELL BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken",
	    .logged = "connect to three.test[127.0.0.2]:%d: Connection refused" },
	{ .name = "the next host after a 421 greeting",
	    .servers = { "S 421 busy\n", GREET ALL_WELL BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken",
	    .logged = "4bQ: host three.test[127.0.0.2] refused to talk to me: 421 busy" },
	{ .name = "the next host after a 5xx greeting",
	    .servers = { "S 554 no\n" BYE, GREET ALL_WELL BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "the next host when the sender must wait",
	    .servers = { GREET "C MAIL *\nC RCPT *\nC DATA\nS 451 wait\nS 503 no\nS 503 no\n" BYE, GREET ALL_WELL BYE,
		"" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "the next host when the recipient must wait",
	    .servers = { GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 450 4.7.1 grey\nS 503 no\n" BYE,
		GREET ALL_WELL BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken",
	    .logged = "4bQ: host three.test[127.0.0.2] said: 450 4.7.1 grey (in reply to RCPT TO command)" },
	{ .name = "the next host when the message must wait",
	    .servers = { GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\nD\nS 451 wait\n" BYE,
		GREET ALL_WELL BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "the next host when the connection is lost before the dot",
	    .servers = { GREET "C MAIL *\nclose", GREET ALL_WELL BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "no other host when the message may have arrived",
	    .servers = { GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\nD\nclose", "", "" },
	    .code = 451,
	    .dsn = "4.4.2",
	    .text = "may be sent more than once" },
	{ .name = "no other host after a never",
	    .servers = { GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 550 5.1.1 no\nS 503 no\n" BYE, "", "" },
	    .code = 550,
	    .dsn = "5.1.1",
	    .text = "550 5.1.1 no" },
	{ .name = "two servers are talked to, not three",
	    .servers = { GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 450 first\nS 503 no\n" BYE,
		GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 450 second\nS 503 no\n" BYE, "" },
	    .code = 450,
	    .dsn = "4.0.0",
	    .text = "450 second",
	    .logged = "450 first",
	    .not_logged = "4bQ: host three.test[127.0.0.3] said: 450 second" },
	{ .name = "what a server said stands, though another cannot be reached",
	    .servers = { GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 450 4.7.1 grey\nS 503 no\n" BYE, NULL, NULL },
	    .code = 450,
	    .dsn = "4.7.1",
	    .text = "450 4.7.1 grey",
	    .logged = "relay=three.test[127.0.0.2]:%d," },
	{ .name = "nobody listens",
	    .servers = { NULL, NULL, NULL },
	    .code = 451,
	    .dsn = "4.4.1",
	    .text = "connect to three.test[127.0.0.4]:",
	    .site_down = true,
	    .logged = "relay=none," },
	{ .name = "several next hops in turn",
	    .servers = { NULL, "S 421 no\n", GREET ALL_WELL BYE },
	    .nexthop = "[127.0.0.2]:%d, [127.0.0.3]:%d [127.0.0.4]:%d",
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "a fallback when nobody is reached",
	    .servers = { NULL, NULL, GREET ALL_WELL BYE },
	    .nexthop = "[127.0.0.2]:%d",
	    .fallback = "[127.0.0.3]:%d [127.0.0.4]:%d",
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "a fallback when there is no such host",
	    .servers = { "", "", GREET ALL_WELL BYE },
	    .nexthop = "[no..name]:%d",
	    .fallback = "[127.0.0.4]:%d",
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "a fallback that does not work returns no mail",
	    .servers = { NULL, "", "" },
	    .nexthop = "[127.0.0.2]:%d",
	    .fallback = "[no..name]:%d",
	    .code = 451,
	    .dsn = "4.4.1",
	    .text = "connect to 127.0.0.2[127.0.0.2]:",
	    .site_down = true },
	{ .name = "a next hop that nobody understands waits for the administrator",
	    .servers = { "", "", "" },
	    .nexthop = "[127.0.0.2]:%dx",
	    .code = 451,
	    .dsn = "4.3.5",
	    .text = "mail system configuration error: next hop \"[127.0.0.2]:",
	    .site_down = true },
	{ .name = "no resolver is a reason to wait",
	    .servers = { "", "", "" },
	    .nexthop = "[elsewhere.test]:%d",
	    .code = 451,
	    .dsn = "4.4.3",
	    .text = "Name service error for name=elsewhere.test type=A: Host not found, try again",
	    .site_down = true },
	{ .name = "our own name in the greeting: the mail would go in a circle",
	    .servers = { "", "", "" },
	    .nexthop = "[203.0.113.1]",
	    .code = 550,
	    .dsn = "5.4.6",
	    .text = "mail for 203.0.113.1 loops back to myself" },
};

static const char *
with_port(const char *text, int port, struct arena *mem)
{
	const char *out = "";

	for (const char *s = text; *s != '\0'; s++) {
		if (s[0] == '%' && s[1] == 'd') {
			out = arena_fmt(mem, "%s%d", out, port);
			s++;
		} else {
			out = arena_fmt(mem, "%s%c", out, *s);
		}
	}
	return out;
}

static void
play(const struct scene *s)
{
	const char *transcripts[HOSTS][2] = { { NULL } };
	static const char hosts[][12] = { "127.0.0.2", "127.0.0.3", "127.0.0.4" };
	const struct deliver_rcpt rcpt = { .address = "x@y.test" };
	struct deliver_request r = { .queue_id = "4bQ", .sender = "a@b.test", .transport = "smtp" };
	struct arena mem = ARENA(1 << 20);
	struct fake_server f[HOSTS], anchor;
	struct fake_client c;
	struct fake_result got;
	int file = fake_message(&r, "Subject: x\r\n", "hello\r\n", 7), port;

	/* The one that is surely free tells the port for all. */
	fake_start(&anchor, "127.0.0.9", 0, transcripts[0]);
	port = anchor.port;
	for (int i = 0; i < HOSTS; i++) {
		transcripts[i][0] = s->servers[i] != NULL && *s->servers[i] != '\0' ? s->servers[i] : NULL;
		if (s->servers[i] != NULL)
			fake_start(&f[i], hosts[i], port, transcripts[i]);
	}
	fake_client(&c, false, true);
	c.cf.smtp_fallback_relay = s->fallback != NULL ? with_port(s->fallback, port, &mem) : "";
	fake_client(&c, false, false);
	fake_hosts(&c, "127.0.0.2 three.test\n127.0.0.3 three.test\n127.0.0.4 three.test\n");
	r.nexthop = with_port(s->nexthop != NULL ? s->nexthop : "[three.test]:%d", port, &mem);
	buf_clear(&fake_log);
	fake_deliver(&c, &r, file, &rcpt, 1, &got);
	fake_client_free(&c);
	for (int i = 0; i < HOSTS; i++) {
		if (s->servers[i] == NULL)
			continue;
		fake_stop(&f[i]);
		assert_string_equal(f[i].failure, "");
		buf_free(&f[i].data);
	}
	anchor.transcripts = &transcripts[0][1];
	fake_stop(&anchor);
	print_message("    %ld %s %s\n", got.v[0].code, got.v[0].dsn, got.v[0].text);
	assert_int_equal(got.v[0].code, s->code);
	assert_string_equal(got.v[0].dsn, s->dsn);
	assert_non_null(strstr(got.v[0].text, s->text));
	assert_int_equal(got.done.site_down, s->site_down);
	if (s->logged != NULL)
		assert_non_null(strstr(buf_str(&fake_log), with_port(s->logged, port, &mem)));
	if (s->not_logged != NULL)
		assert_null(strstr(buf_str(&fake_log), s->not_logged));
	arena_free(&got.mem);
	arena_free(&mem);
	close(file);
}

static void
next_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		print_message("%s\n", scenes[i].name);
		play(&scenes[i]);
	}
}

/* ---- connections that are kept ---- */

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
		{ "three messages over one connection", { GREET ALL_WELL ALL_WELL ALL_WELL BYE }, { 250, 250, 250 },
		    0 },
		{ "a refused recipient in between: RSET goes with the next message",
		    { GREET ALL_WELL
			"C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 550 no\nS 503 no\nC RSET\nC MAIL *\nC RCPT *\nC DATA\n"
			"S 250 ok\nS 250 ok\nS 250 ok\nS 354 go\nD\nS 250 ok\n" BYE },
		    { 250, 550, 250 }, 0 },
		{ "one that the server closed meanwhile is no reason to wait",
		    { GREET ALL_WELL "close", GREET ALL_WELL "close", GREET ALL_WELL BYE }, { 250, 250, 250 }, 0 },
		{ "one that was given up with 421 meanwhile",
		    { GREET ALL_WELL "S 421 idle\nclose", GREET ALL_WELL ALL_WELL BYE }, { 250, 250, 250 }, 0 },
		{ "one that dies at MAIL FROM", { GREET ALL_WELL "C MAIL *\nclose", GREET ALL_WELL ALL_WELL BYE },
		    { 250, 250, 250 }, 0 },
		{ "one that says 421 to MAIL FROM",
		    { GREET ALL_WELL "C MAIL *\nS 421 no more\nclose", GREET ALL_WELL ALL_WELL BYE }, { 250, 250, 250 },
		    0 },
		{ "a 5xx to MAIL FROM is an answer",
		    { GREET ALL_WELL "C MAIL *\nC RCPT *\nC DATA\nS 550 no\nS 503 no\nS 503 no\n"
				     "C RSET\nC MAIL *\nC RCPT *\nC DATA\n"
				     "S 250 ok\nS 250 ok\nS 250 ok\nS 354 go\nD\nS 250 ok\n" BYE },
		    { 250, 550, 250 }, 0 },
		{ "lost after the dot: not once more",
		    { GREET ALL_WELL "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\nD\nclose",
			GREET ALL_WELL BYE },
		    { 250, 451, 250 }, 0 },
		{ "at most two messages each", { GREET ALL_WELL ALL_WELL BYE, GREET ALL_WELL BYE }, { 250, 250, 250 },
		    2 },
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
	static const char *const transcripts[] = { GREET ALL_WELL BYE, GREET ALL_WELL BYE, NULL };
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
	static const char *const transcripts[] = { GREET ALL_WELL "C QUIT\nS 221 bye\n", NULL };
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

/* LMTP over a Unix socket: the log names us and the path. */
static void
unix_socket(void **state)
{
	static const char *const transcripts[] = {
		"S 220 mx.test LMTP\nC LHLO client.test\nS 250 mx.test\nC MAIL *\nS 250 ok\n"
		"C RCPT *\nS 250 ok\nC DATA\nS 354 go\nD\nS 250 2.1.5 stored\n" BYE,
		NULL
	};
	struct deliver_request r = { .queue_id = "4bQ", .sender = "a@b.test", .transport = "lmtp" };
	char dir[] = "/tmp/smtp_test.XXXXXX", nexthop[64];
	int file = fake_message(&r, "Subject: x\r\n", "hello\r\n", 7);
	struct fake_server f = { .transcripts = transcripts, .data = BUF(1 << 20) };
	struct buf err = BUF(256);
	struct fake_client c;
	struct fake_result got;
	struct addr a;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(nexthop, sizeof(nexthop), "unix:%s/lmtp", dir);
	assert_true(addr_unix(&a, nexthop + 5));
	assert_true((f.listener = addr_listen(&a, 1, &err)) >= 0);
	assert_int_equal(pthread_create(&f.thread, NULL, fake_serve, &f), 0);
	fake_client(&c, true, true);
	r.nexthop = nexthop;
	buf_clear(&fake_log);
	fake_deliver(&c, &r, file, &one, 1, &got);
	assert_int_equal(got.v[0].code, 250);
	assert_string_equal(got.v[0].action, "relayed");
	assert_non_null(strstr(buf_str(&fake_log), "relay=client.test[/tmp/smtp_test."));
	fake_client_free(&c);
	fake_stop(&f);
	assert_string_equal(f.failure, "");
	unlink(nexthop + 5);
	rmdir(dir);
	buf_free(&f.data);
	arena_free(&got.mem);
	close(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_hosts),
		cmocka_unit_test(kept),
		cmocka_unit_test(not_kept),
		cmocka_unit_test(expiry),
		cmocka_unit_test(unix_socket),
		cmocka_unit_test(sharing),
	};

	log_open("postfix", "smtp", fake_log_sink);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
