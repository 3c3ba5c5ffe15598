/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that say anything at any time, by the hundred: each recipient still gets its verdict, and nothing breaks. */
#include "tests/smtp/fake.h"

enum { ROUNDS = 250 };

struct hostile {
	int listener;
	unsigned seed;
	pthread_t thread;
};

static unsigned
roll(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16 & 0x7fff;
}

static void
speak(struct conn *c, unsigned *seed)
{
	static const char *const words[] = { "220 mx ESMTP\r\n", "250 ok\r\n",
		"250-mx\r\n250-PIPELINING\r\n250 SIZE 1000\r\n", "250-mx\r\n250 CHUNKING\r\n",
		"250-mx\r\n250-SIZE 99999999999999999999999\r\n250 DSN\r\n", "354 go\r\n", "354 go\r\n",
		"550 5.1.1 no\r\n", "550-5.1.1\r\n550\r\n", "421 bye\r\n", "450\r\n", "552 many\r\n", "250-", "250",
		"\r\n", "\n", "2", "999 what\r\n", "000\r\n", "250-a\r\n550 b\r\n", "550 5.999.999.999 x\r\n",
		"250 5.0.0 no\r\n", "-1 x\r\n", "250 \xff\xfe\xfd\r\n", "EHLO x\r\n", "221 bye\r\n" };

	if (roll(seed) % 12 == 0) {
		char noise[300];

		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (char)roll(seed);
		conn_put(c, noise, sizeof(noise));
	} else if (roll(seed) % 40 == 0) {
		for (int i = 0; i < 700; i++)
			conn_puts(c, "250-again\r\n");
	} else {
		conn_puts(c, words[roll(seed) % (sizeof(words) / sizeof(*words))]);
	}
}

static void
play(struct hostile *h, int fd)
{
	struct conn *c = conn_new(fd);
	unsigned seed = h->seed;
	struct line l;

	conn_deadline(c, 3);
	if (roll(&seed) % 8 != 0)
		conn_puts(c, "220 mx ESMTP\r\n");
	if (roll(&seed) % 4 != 0)
		conn_puts(c, roll(&seed) % 2 ? "250-mx\r\n250 PIPELINING\r\n" : "250 mx\r\n");
	for (unsigned n = roll(&seed) % 12; n > 0; n--) {
		if (roll(&seed) % 3 == 0)
			conn_line(c, 100, &l);
		speak(c, &seed);
	}
	conn_flush(c);
	conn_free(&c);
}

static void *
serve(void *arg)
{
	struct hostile *h = arg;
	int fd;

	while ((fd = accept(h->listener, NULL, NULL)) >= 0)
		play(h, fd);
	return NULL;
}

static void
anything(void **state)
{
	static const struct deliver_rcpt rcpts[] = { { .number = 0, .address = "x@y.test" },
		{ .number = 1, .address = "z@y.test" } };

	(void)state;
	for (unsigned seed = 1; seed <= ROUNDS; seed++) {
		struct deliver_request r = { .queue_id = "4bQ",
			.sender = "a@b.test",
			.transport = "smtp",
			.more = seed % 2,
			.has_dots = seed % 3 };
		int file = fake_message(&r, "Subject: x\r\n", ".hello\r\n..\r\n", 12);
		struct hostile h = { .seed = seed * 7919 };
		struct buf err = BUF(256);
		struct fake_client c;
		struct fake_result got;
		struct addr a;
		char nexthop[64];

		assert_true(addr_parse(&a, "127.0.0.1", 0));
		assert_true((h.listener = addr_listen(&a, 5, &err)) >= 0 && addr_of_self(&a, h.listener));
		assert_int_equal(pthread_create(&h.thread, NULL, serve, &h), 0);
		fake_client(&c, seed % 5 == 0, true);
		snprintf(nexthop, sizeof(nexthop), "[127.0.0.1]:%d", addr_port(&a));
		r.nexthop = nexthop;
		buf_clear(&fake_log);
		for (int n = 0; n < 2; n++) {
			fake_deliver(&c, &r, file, rcpts, 2, &got);
			for (size_t i = 0; i < got.n; i++) {
				assert_in_range(got.v[i].code, 200, 599);
				assert_int_equal(got.v[i].dsn[0], '0' + got.v[i].code / 100);
				assert_int_equal(got.v[i].dsn[1], '.');
			}
			assert_int_not_equal(got.v[0].number, got.v[1].number);
			arena_free(&got.mem);
		}
		fake_client_free(&c);
		shutdown(h.listener, SHUT_RDWR);
		pthread_join(h.thread, NULL);
		close(h.listener);
		close(file);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(anything) };

	log_open("postfix", "smtp", fake_log_sink);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
