/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries that take more than one server, and one that is not in the network. */
#include "tests/smtp/fake.h"

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
	    .servers = { NULL, FAKE_GREET FAKE_ALL_WELL FAKE_BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken",
	    .logged = "connect to three.test[127.0.0.2]:%d: Connection refused" },
	{ .name = "the next host after a 421 greeting",
	    .servers = { "S 421 busy\n", FAKE_GREET FAKE_ALL_WELL FAKE_BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken",
	    .logged = "4bQ: host three.test[127.0.0.2] refused to talk to me: 421 busy" },
	{ .name = "the next host after a 5xx greeting",
	    .servers = { "S 554 no\n" FAKE_BYE, FAKE_GREET FAKE_ALL_WELL FAKE_BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "the next host when the sender must wait",
	    .servers = { FAKE_GREET "C MAIL *\nC RCPT *\nC DATA\nS 451 wait\nS 503 no\nS 503 no\n" FAKE_BYE,
		FAKE_GREET FAKE_ALL_WELL FAKE_BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "the next host when the recipient must wait",
	    .servers = { FAKE_GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 450 4.7.1 grey\nS 503 no\n" FAKE_BYE,
		FAKE_GREET FAKE_ALL_WELL FAKE_BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken",
	    .logged = "4bQ: host three.test[127.0.0.2] said: 450 4.7.1 grey (in reply to RCPT TO command)" },
	{ .name = "the next host when the message must wait",
	    .servers = { FAKE_GREET
		"C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\nD\nS 451 wait\n" FAKE_BYE,
		FAKE_GREET FAKE_ALL_WELL FAKE_BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "the next host when the connection is lost before the dot",
	    .servers = { FAKE_GREET "C MAIL *\nclose", FAKE_GREET FAKE_ALL_WELL FAKE_BYE, "" },
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "no other host when the message may have arrived",
	    .servers = { FAKE_GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\nD\nclose", "", "" },
	    .code = 451,
	    .dsn = "4.4.2",
	    .text = "may be sent more than once" },
	{ .name = "no other host after a never",
	    .servers = { FAKE_GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 550 5.1.1 no\nS 503 no\n" FAKE_BYE, "",
		"" },
	    .code = 550,
	    .dsn = "5.1.1",
	    .text = "550 5.1.1 no" },
	{ .name = "two servers are talked to, not three",
	    .servers = { FAKE_GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 450 first\nS 503 no\n" FAKE_BYE,
		FAKE_GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 450 second\nS 503 no\n" FAKE_BYE, "" },
	    .code = 450,
	    .dsn = "4.0.0",
	    .text = "450 second",
	    .logged = "450 first",
	    .not_logged = "4bQ: host three.test[127.0.0.3] said: 450 second" },
	{ .name = "what a server said stands, though another cannot be reached",
	    .servers = { FAKE_GREET "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 450 4.7.1 grey\nS 503 no\n" FAKE_BYE, NULL,
		NULL },
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
	    .servers = { NULL, "S 421 no\n", FAKE_GREET FAKE_ALL_WELL FAKE_BYE },
	    .nexthop = "[127.0.0.2]:%d, [127.0.0.3]:%d [127.0.0.4]:%d",
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "a fallback when nobody is reached",
	    .servers = { NULL, NULL, FAKE_GREET FAKE_ALL_WELL FAKE_BYE },
	    .nexthop = "[127.0.0.2]:%d",
	    .fallback = "[127.0.0.3]:%d [127.0.0.4]:%d",
	    .code = 250,
	    .dsn = "2.0.0",
	    .text = "taken" },
	{ .name = "a fallback when there is no such host",
	    .servers = { "", "", FAKE_GREET FAKE_ALL_WELL FAKE_BYE },
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

/* LMTP over a Unix socket: the log names us and the path. */
static void
unix_socket(void **state)
{
	static const char *const transcripts[] = {
		"S 220 mx.test LMTP\nC LHLO client.test\nS 250 mx.test\nC MAIL *\nS 250 ok\n"
		"C RCPT *\nS 250 ok\nC DATA\nS 354 go\nD\nS 250 2.1.5 stored\n" FAKE_BYE,
		NULL
	};
	struct deliver_request r = { .queue_id = "4bQ", .sender = "a@b.test", .transport = "lmtp" };
	const struct deliver_rcpt one = { .address = "x@y.test" };
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
		cmocka_unit_test(unix_socket),
	};

	log_open("postfix", "smtp", fake_log_sink);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
