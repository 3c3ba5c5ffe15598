/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/reply.h"

#include "tests/support/test.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
replies(void **state)
{
	static const struct {
		const char *in;
		int code; /* 0: not a reply; -1: lost */
		const char *dsn, *text;
	} cases[] = {
		{ "250 Ok\r\n", 250, "2.0.0", "250 Ok" },
		{ "250 2.1.0 Ok\r\n", 250, "2.1.0", "250 2.1.0 Ok" },
		{ "250\r\n", 250, "2.0.0", "250" },
		{ "250 \r\n", 250, "2.0.0", "250 " },
		{ "550 5.1.1\r\n", 550, "5.1.1", "550 5.1.1" },
		{ "550 5.1.1 \r\n", 550, "5.1.1", "550 5.1.1 " },
		{ "550 4.1.1 not the same class\r\n", 550, "5.0.0", "550 4.1.1 not the same class" },
		{ "450 4.2.0x no status\r\n", 450, "4.0.0", "450 4.2.0x no status" },
		{ "550 5.1234.1 no status\r\n", 550, "5.0.0", "550 5.1234.1 no status" },
		{ "550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three\r\n", 550, "5.7.1",
		    "550-5.7.1 one 550-5.7.1 two 550 5.7.1 three" },
		{ "550-one\r\n550 5.7.1 late\r\n", 550, "5.7.1", "550-one 550 5.7.1 late" },
		{ "250-\r\n250\r\n", 250, "2.0.0", "250- 250" },
		{ "250 lf only\n", 250, "2.0.0", "250 lf only" },
		{ "250 a\tb\x01 c\r\n", 250, "2.0.0", "250 a?b? c" },
		{ "354 go on\r\n", 354, "3.0.0", "354 go on" },
		{ "250-a\r\n251 b\r\n", 0, "", "250-a 251 b" },
		{ "250-a\r\nhello\r\n", 0, "", "250-a hello" },
		{ "2500 a\r\n", 0, "", "2500 a" },
		{ "25 a\r\n", 0, "", "25 a" },
		{ "\r\n", 0, "", "" },
		{ "HTTP/1.1 400 Bad Request\r\n", 0, "", "HTTP/1.1 400 Bad Request" },
		{ "150 no\r\n", 0, "", "150 no" },
		{ "650 no\r\n", 0, "", "650 no" },
		{ "250 half a line", -1, "", "" },
		{ "250-more to come\r\n", -1, "", "250-more to come" },
		{ "", -1, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena mem = ARENA(1 << 16);
		struct reply r = REPLY;
		struct conn *pair[2];

		print_message("%s\n", cases[i].in);
		assert_true(conn_pair(pair));
		conn_puts(pair[0], cases[i].in);
		conn_flush(pair[0]);
		conn_free(&pair[0]);
		assert_int_equal(reply_read(pair[1], &r), cases[i].code > 0);
		assert_string_equal(reply_text(&r, &mem), cases[i].text);
		if (cases[i].code > 0) {
			assert_int_equal(r.code, cases[i].code);
			assert_string_equal(r.dsn, cases[i].dsn);
		} else {
			assert_int_equal(conn_error(pair[1]), cases[i].code == 0 ? CONN_PROTOCOL : CONN_EOF);
		}
		conn_free(&pair[1]);
		reply_free(&r);
		arena_free(&mem);
	}
}

/* NUL bytes within a line do not hide what follows. */
static void
nul(void **state)
{
	struct reply r = REPLY;
	struct conn *pair[2];

	(void)state;
	assert_true(conn_pair(pair));
	conn_put(pair[0], "250 a\0b\r\n", 9);
	conn_flush(pair[0]);
	assert_true(reply_read(pair[1], &r));
	assert_string_equal(buf_str(&r.text), "250 a?b");
	conn_free(&pair[0]);
	conn_free(&pair[1]);
	reply_free(&r);
}

static void *
pour(void *arg)
{
	const char *bytes = ((const char **)arg)[0];
	int fd = *((int **)arg)[1];
	size_t n = strlen(bytes);

	while (send(fd, bytes, n, MSG_NOSIGNAL) > 0)
		;
	return NULL;
}

/* A server that never ends a line, or never ends a reply, is cut off. */
static void
endless(void **state)
{
	static const char *const what[] = { "250 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"250-x\r\n" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct reply r = REPLY;
		struct conn *pair[2];
		pthread_t thread;
		int fd;
		const void *arg[2] = { what[i], &fd };

		assert_true(conn_pair(pair));
		fd = conn_fd(pair[0]);
		assert_int_equal(pthread_create(&thread, NULL, pour, arg), 0);
		conn_deadline(pair[1], 20);
		assert_false(reply_read(pair[1], &r));
		assert_int_equal(conn_error(pair[1]), i == 0 ? CONN_TOO_LONG : CONN_PROTOCOL);
		conn_free(&pair[1]);
		pthread_join(thread, NULL);
		conn_free(&pair[0]);
		assert_true(r.text.len <= REPLY_TEXT);
		reply_free(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(nul),
		cmocka_unit_test(endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
