/* SPDX-License-Identifier: Apache-2.0 */
/* tcp: and socketmap: tables against servers that answer, hang up, lie and hang. */
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/table/client.h"
#include "lib/table/table.h"
#include "lib/table/wire.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct table_env direct = { 0 };

/* A server with one answer for each connection or question; it sees what it was asked. */
struct server {
	int listener, port;
	const char *answers[8]; /* NULL: no more connections; "": hang up without an answer */
	bool once;		/* hang up behind each answer */
	bool linger;		/* wait until the other side hangs up */
	char asked[8][256];
	pthread_t thread;
};

static void *
serve(void *arg)
{
	struct server *s = arg;
	size_t n = 0;

	while (n < NITEMS(s->answers) && s->answers[n] != NULL) {
		int fd = accept(s->listener, NULL, NULL);
		ssize_t got;

		while (n < NITEMS(s->answers) && s->answers[n] != NULL &&
		    (got = read(fd, s->asked[n], sizeof(s->asked[n]) - 1)) > 0) {
			const char *answer = s->answers[n++];

			if (answer[0] == '\0' || write(fd, answer, strlen(answer)) < 0 || s->once)
				break;
		}
		while (s->linger && read(fd, &(char){ 0 }, 1) > 0)
			;
		close(fd);
	}
	return NULL;
}

static void
start(struct server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s->listener, 5), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &len), 0);
	s->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
stop(struct server *s)
{
	pthread_join(s->thread, NULL);
	close(s->listener);
}

static const struct dialogue {
	bool socketmap;
	const char *key, *answer, *asked;
	enum table_result result;
	const char *value; /* or the words of the failure */
} dialogues[] = {
	{ false, "Joe%x y", "200 a%20b%25\n", "get Joe%25x%20y\n", TABLE_FOUND, "a b%" },
	{ false, "k", "200 plain words\r\n", "get k\n", TABLE_FOUND, "plain words" },
	{ false, "k", "500 no such key\n", "get k\n", TABLE_ABSENT, NULL },
	{ false, "k", "400 busy\n", "get k\n", TABLE_ERROR, "the server says: busy" },
	{ false, "k", "200 a%2\n", "get k\n", TABLE_ERROR, "malformed reply" },
	{ false, "k", "200 a%00b\n", "get k\n", TABLE_ERROR, "malformed reply" },
	{ false, "k", "200  two  blanks \n", "get k\n", TABLE_FOUND, " two  blanks " },
	{ false, "k", "250 ok\n", "get k\n", TABLE_FOUND, "ok" },
	{ false, "k", "501 no\n", "get k\n", TABLE_ABSENT, NULL },
	{ false, "k", "450 busy\n", "get k\n", TABLE_ERROR, "the server says: busy" },
	{ false, "k", "300 ok\n", "get k\n", TABLE_ERROR, "malformed reply" },
	{ false, "k", "5xx no\n", "get k\n", TABLE_ERROR, "malformed reply" },
	{ false, "k", "5000 no\n", "get k\n", TABLE_ERROR, "malformed reply" },
	{ false, "k", "500\n", "get k\n", TABLE_ERROR, "malformed reply" },
	{ false, "k", "hello\n", "get k\n", TABLE_ERROR, "malformed reply" },
	{ false, "k", "\n", "get k\n", TABLE_ERROR, "malformed reply" },
	{ false, "k", "", "get k\n", TABLE_ERROR, "lost connection" },
	{ true, "Joe x", "6:OK a b,", "10:name Joe x,", TABLE_FOUND, "a b" },
	{ true, "k", "3:OK ,", "6:name k,", TABLE_FOUND, "" },
	{ true, "k", "9:NOTFOUND ,", "6:name k,", TABLE_ABSENT, NULL },
	{ true, "k", "8:NOTFOUND,", "6:name k,", TABLE_ABSENT, NULL },
	{ true, "k", "9:TEMP busy,", "6:name k,", TABLE_ERROR, "temporary error: busy" },
	{ true, "k", "12:TIMEOUT late,", "6:name k,", TABLE_ERROR, "timeout error: late" },
	{ true, "k", "7:PERM no,", "6:name k,", TABLE_ERROR, "permanent error: no" },
	{ true, "k", "5:hello,", "6:name k,", TABLE_ERROR, "malformed reply" },
	{ true, "k", "999999:OK a,", "6:name k,", TABLE_ERROR, "not a netstring" },
	{ true, "k", "06:OK a b,", "6:name k,", TABLE_ERROR, "not a netstring" },
	{ true, "k", "OK a b", "6:name k,", TABLE_ERROR, "not a netstring" },
	{ true, "k", "12345678901:x", "6:name k,", TABLE_ERROR, "not a netstring" },
	{ true, "k", "6:OK a b;", "6:name k,", TABLE_ERROR, "not a netstring" },
	{ true, "k", "", "6:name k,", TABLE_ERROR, "lost connection" },
};

static void
answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(dialogues); i++) {
		const struct dialogue *d = &dialogues[i];
		struct server s = { .answers = { d->answer }, .once = true };
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		struct buf err = BUF(1000);
		const char *value = "";
		enum table_result r;
		struct table *t;
		char *spec;

		start(&s);
		spec = mem_fmt(d->socketmap ? "socketmap:inet:localhost:%d:name" : "tcp:[127.0.0.1]:%d", s.port);
		t = table_open(spec, TABLE_FOLD, &direct, &err);
		assert_non_null(t);
		r = table_get(t, d->key, &mem, &value, &why);
		stop(&s);
		if (r != d->result || strcmp(s.asked[0], d->asked) != 0 ||
		    (r == TABLE_FOUND && strcmp(value, d->value) != 0) ||
		    (r == TABLE_ERROR && (why.fate != FATE_LATER || strstr(why.text, d->value) == NULL)))
			fail_msg("dialogue %zu: %d \"%s\" %s, asked %s", i, r, value, why.text, s.asked[0]);
		table_free(&t);
		arena_free(&mem);
		free(spec);
	}
}

/* A connection is kept; one that the server has closed meanwhile is made anew, once. */
static void
kept(void **state)
{
	struct server s = { .answers = { "200 a\n", "200 b\n", "", "200 c\n", "", "" } };
	static const char *const wanted[] = { "a", "b", "c", NULL };
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(1000);
	struct table *t;
	char *spec;

	(void)state;
	start(&s);
	spec = mem_fmt("tcp:127.0.0.1:%d", s.port);
	t = table_open(spec, 0, &direct, &err);
	for (size_t i = 0; i < NITEMS(wanted); i++) {
		const char *value = "";
		enum table_result r = table_get(t, "k", &mem, &value, &why);

		assert_int_equal(r, wanted[i] != NULL ? TABLE_FOUND : TABLE_ERROR);
		if (wanted[i] != NULL)
			assert_string_equal(value, wanted[i]);
	}
	stop(&s);
	/* And nobody is there any more. */
	assert_int_equal(table_get(t, "k", &mem, &(const char *){ NULL }, &why), TABLE_ERROR);
	assert_non_null(strstr(why.text, "Connection refused"));
	table_free(&t);
	arena_free(&mem);
	free(spec);
}

static bool
one_line(void *ctx, struct conn *conn, struct verdict *why)
{
	struct line line;

	(void)ctx, (void)why;
	conn_puts(conn, "get k\n");
	return conn_line(conn, 100, &line);
}

/* A server that drips bytes for ever holds nobody longer than the time of one look-up. */
static void
silence(void **state)
{
	struct server s = { .answers = { "200 no end of line" }, .linger = true };
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct client *c;
	long began = tick_ms();
	char port[16];

	(void)state;
	start(&s);
	snprintf(port, sizeof(port), "%d", s.port);
	c = client_new("127.0.0.1", port, "tcp:x", 1);
	assert_false(client_ask(c, one_line, NULL, &why));
	assert_string_equal(why.text, "tcp:x: timeout");
	assert_int_equal(why.fate, FATE_LATER);
	assert_in_range(tick_ms() - began, 900, 5000);
	client_free(&c);
	stop(&s);
	arena_free(&mem);
}

static void
unreachable(void **state)
{
	static const char *const specs[] = { "socketmap:unix:/nonexistent/socket:name",
		"socketmap:inet:127.0.0.1:1:name", "tcp:127.0.0.1:1", "tcp:no.such.host.invalid:1",
		"tcp:127.0.0.1:no-such-port" };
	char *key = mem_zero(1, 20001);
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	const char *value;

	(void)state;
	for (size_t i = 0; i < NITEMS(specs); i++) {
		struct buf err = BUF(1000);
		struct table *t = table_open(specs[i], 0, &direct, &err);

		assert_non_null(t);
		assert_int_equal(table_get(t, "k", &mem, &value, &why), TABLE_ERROR);
		assert_int_equal(why.fate, FATE_LATER);
		assert_true(table_is_patterns(t));
		memset(key, 'k', 20000);
		assert_int_equal(table_get(t, key, &mem, &value, &why), i < 2 ? TABLE_ERROR : TABLE_ABSENT);
		table_free(&t);
	}
	arena_free(&mem);
	free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(kept),
		cmocka_unit_test(silence),
		cmocka_unit_test(unreachable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
