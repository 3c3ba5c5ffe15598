/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/io/conn.h"

#include "tests/support/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *what, *bytes;
	size_t n;
	const char *text;
	unsigned flags;
} lines[] = {
	{ "a proper line", "EHLO x\r\n", 8, "EHLO x", 0 },
	{ "an empty line", "\r\n", 2, "", 0 },
	{ "LF alone", "EHLO x\n", 7, "EHLO x", LINE_BARE_LF },
	{ "CR within", "EH\rLO\r\n", 7, "EH\rLO", LINE_BARE_CR },
	{ "two CRs at the end", "EHLO\r\r\n", 7, "EHLO\r", LINE_BARE_CR },
	{ "NUL", "EH\0LO\r\n", 7, "EH", LINE_NUL },
	{ "as long as may be", "0123456789\r\n", 12, "0123456789", 0 },
	{ "one more", "01234567890\r\n", 13, "0123456789", LINE_LONG },
	{ "much more", "01234567890123456789012345678901234567890\r\n", 43, "0123456789", LINE_LONG },
	{ "long, LF alone", "01234567890123\n", 15, "0123456789", LINE_LONG | LINE_BARE_LF },
};

/* However the bytes are cut, the same line comes out, and the next one after it. */
static void
line_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		for (size_t cut = 0; cut <= lines[i].n; cut++) {
			struct conn *c[2];
			struct line l;

			assert_true(conn_pair(c));
			conn_deadline(c[1], 5);
			conn_put(c[0], lines[i].bytes, cut);
			assert_true(conn_flush(c[0]));
			if (cut > 0)
				assert_true(conn_more(c[1]));
			conn_put(c[0], lines[i].bytes + cut, lines[i].n - cut);
			conn_puts(c[0], "NEXT\r\n");
			assert_true(conn_flush(c[0]));
			assert_true(conn_line(c[1], 10, &l));
			if (strcmp(l.s, lines[i].text) != 0 || l.flags != lines[i].flags)
				fail_msg("%s, cut at %zu: \"%s\" flags %u", lines[i].what, cut, l.s, l.flags);
			assert_true(conn_line(c[1], 10, &l));
			assert_string_equal(l.s, "NEXT");
			conn_free(&c[0]);
			conn_free(&c[1]);
		}
	}
}

static void
endless_line(void **state)
{
	struct conn *c[2];
	struct line l;
	char *junk = calloc(1, 40000);

	(void)state;
	memset(junk, 'x', 40000);
	assert_true(conn_pair(c));
	conn_deadline(c[1], 5);
	for (int i = 0; i < 3; i++) {
		conn_put(c[0], junk, 40000);
		assert_true(conn_flush(c[0]));
	}
	assert_false(conn_line(c[1], 100, &l));
	assert_int_equal(conn_error(c[1]), CONN_TOO_LONG);
	free(junk);
	conn_free(&c[0]);
	conn_free(&c[1]);
}

static void
half_a_line_is_none(void **state)
{
	struct conn *c[2];
	struct line l;

	(void)state;
	assert_true(conn_pair(c));
	conn_puts(c[0], "QUI");
	assert_true(conn_flush(c[0]));
	conn_free(&c[0]);
	assert_false(conn_line(c[1], 100, &l));
	assert_int_equal(conn_error(c[1]), CONN_EOF);
	assert_string_equal(conn_why(c[1]), "lost connection");
	conn_puts(c[1], "too late"); /* sticky: nothing happens */
	assert_false(conn_flush(c[1]));
	conn_free(&c[1]);
}

static void
reading_flushes(void **state)
{
	struct conn *c[2];
	struct line l;

	(void)state;
	assert_true(conn_pair(c));
	conn_puts(c[0], "PING\r\n");
	conn_deadline_ms(c[0], 20);
	assert_false(conn_line(c[0], 10, &l)); /* nobody answers; but the question went out */
	conn_deadline(c[1], 5);
	assert_true(conn_line(c[1], 10, &l));
	assert_string_equal(l.s, "PING");
	conn_free(&c[0]);
	conn_free(&c[1]);
}

static void
descriptors_travel(void **state)
{
	struct conn *c[2];
	struct stat sent, came;
	struct line l;
	int p[2], fd;

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(fstat(p[0], &sent), 0);
	assert_true(conn_pair(c));
	conn_accept_fds(c[1]);
	conn_deadline(c[1], 5);
	conn_put_fd(c[0], p[0]);
	conn_puts(c[0], "HERE\r\n");
	assert_true(conn_flush(c[0]));
	assert_true(conn_line(c[1], 10, &l));
	fd = conn_take_fd(c[1]);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &came), 0);
	assert_int_equal(sent.st_ino, came.st_ino);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(conn_take_fd(c[1]), -1);
	close(fd);
	close(p[0]);
	close(p[1]);
	conn_free(&c[0]);
	conn_free(&c[1]);
}

static void
file_is_sent(void **state)
{
	char name[] = "/tmp/conn_test.XXXXXX", got[9] = "";
	struct conn *c[2];
	int fd = mkstemp(name);

	(void)state;
	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	assert_true(conn_pair(c));
	conn_deadline(c[1], 5);
	conn_puts(c[0], "<");
	assert_true(conn_sendfile(c[0], fd, 2, 6));
	conn_puts(c[0], ">");
	assert_true(conn_flush(c[0]));
	assert_true(conn_read(c[1], got, 8));
	assert_string_equal(got, "<234567>");
	assert_false(conn_sendfile(c[0], fd, 8, 6)); /* the file is shorter than promised */
	close(fd);
	conn_free(&c[0]);
	conn_free(&c[1]);
}

enum { A_LOT = 1 << 20 };

static void *
put_a_lot(void *ctx)
{
	struct conn *c = ctx;
	static const size_t pieces[] = { 1, 4, 40000, 32768, 32767, 3, 70000, 200000, 65536, 2 };
	char *bytes = malloc(A_LOT);
	size_t done = 0;

	for (size_t i = 0; i < A_LOT; i++)
		bytes[i] = (char)(i * 2654435761u >> 23);
	for (size_t i = 0; done < A_LOT; i++) {
		size_t some = pieces[i % (sizeof(pieces) / sizeof(pieces[0]))];

		some = some < A_LOT - done ? some : A_LOT - done;
		conn_put(c, bytes + done, some);
		done += some;
	}
	conn_flush(c);
	free(bytes);
	return NULL;
}

/* Large pieces pass by the buffer, small ones do not: the order stays, however little the reader takes at once. */
static void
large_and_small_pieces(void **state)
{
	struct conn *c[2];
	pthread_t writer;
	char some[777];
	size_t n;

	(void)state;
	assert_true(conn_pair(c));
	conn_deadline(c[0], 20);
	conn_deadline(c[1], 20);
	assert_int_equal(pthread_create(&writer, NULL, put_a_lot, c[0]), 0);
	for (size_t done = 0; done < A_LOT; done += n) {
		n = sizeof(some) < A_LOT - done ? sizeof(some) : A_LOT - done;
		assert_true(conn_read(c[1], some, n));
		for (size_t i = 0; i < n; i++)
			assert_int_equal(some[i], (char)((done + i) * 2654435761u >> 23));
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	assert_int_equal(conn_error(c[0]), CONN_OK);
	assert_int_equal(conn_buffered(c[1]), 0);
	conn_free(&c[0]);
	conn_free(&c[1]);
}

static void *
read_late(void *ctx)
{
	char some[1000];

	usleep(2300000); /* the time-out has come twice: after a part, and after nothing */
	for (size_t done = 0; done < A_LOT - A_LOT % sizeof(some); done += sizeof(some))
		if (!conn_read(ctx, some, sizeof(some)))
			return "it did not come";
	return NULL;
}

/* The socket's own time-out, set for an earlier deadline, is not that of a large piece. */
static void
large_pieces_have_their_own_deadline(void **state)
{
	char *bytes = calloc(1, A_LOT);
	struct conn *c[2];
	pthread_t reader;
	void *wrong;

	(void)state;
	assert_true(conn_pair(c));
	conn_deadline(c[1], 20);
	conn_deadline_ms(c[0], 1000);
	conn_put(c[0], bytes, 40000);
	conn_deadline(c[0], 20);
	assert_int_equal(pthread_create(&reader, NULL, read_late, c[1]), 0);
	conn_put(c[0], bytes, A_LOT - 40000);
	assert_int_equal(conn_error(c[0]), CONN_OK);
	assert_int_equal(pthread_join(reader, &wrong), 0);
	assert_null(wrong);
	conn_free(&c[0]);
	conn_free(&c[1]);
	free(bytes);
}

/* Neither a peer that does not read nor one that goes away holds up a large piece. */
static void
large_pieces_end(void **state)
{
	struct conn *c[2];
	char *bytes = calloc(1, A_LOT);

	(void)state;
	assert_true(conn_pair(c));
	conn_deadline_ms(c[0], 50);
	conn_puts(c[0], "x");
	conn_put(c[0], bytes, A_LOT);
	assert_int_equal(conn_error(c[0]), CONN_TIMEOUT);
	conn_put(c[0], bytes, A_LOT); /* sticky */
	conn_free(&c[0]);
	conn_free(&c[1]);
	assert_true(conn_pair(c));
	conn_deadline(c[0], 5);
	conn_free(&c[1]);
	conn_put(c[0], bytes, A_LOT);
	assert_int_not_equal(conn_error(c[0]), CONN_OK);
	assert_int_not_equal(conn_error(c[0]), CONN_TIMEOUT);
	conn_free(&c[0]);
	free(bytes);
}

/* A layer that turns what passes into capitals stands for TLS. */
static ssize_t
upper_read(struct conn_layer *l, void *bytes, size_t n)
{
	ssize_t r = l->under->read(l->under, bytes, n);

	for (ssize_t i = 0; i < r; i++)
		if (((char *)bytes)[i] >= 'a' && ((char *)bytes)[i] <= 'z')
			((char *)bytes)[i] -= 32;
	return r;
}

static ssize_t
upper_write(struct conn_layer *l, const void *bytes, size_t n)
{
	return l->under->write(l->under, bytes, n);
}

static void
upper_close(struct conn_layer *l)
{
	free(l);
}

static void
layers_stack(void **state)
{
	struct conn_layer *upper = calloc(1, sizeof(*upper));
	struct conn *c[2];
	struct line l;

	(void)state;
	*upper = (struct conn_layer){ upper_read, upper_write, upper_close, NULL, NULL };
	assert_true(conn_pair(c));
	conn_push(c[1], upper);
	conn_deadline(c[1], 5);
	conn_puts(c[0], "quit\r\n");
	assert_true(conn_flush(c[0]));
	assert_true(conn_line(c[1], 10, &l));
	assert_string_equal(l.s, "QUIT");
	conn_free(&c[0]);
	conn_free(&c[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_forms),
		cmocka_unit_test(endless_line),
		cmocka_unit_test(half_a_line_is_none),
		cmocka_unit_test(reading_flushes),
		cmocka_unit_test(descriptors_travel),
		cmocka_unit_test(file_is_sent),
		cmocka_unit_test(large_and_small_pieces),
		cmocka_unit_test(large_pieces_end),
		cmocka_unit_test(large_pieces_have_their_own_deadline),
		cmocka_unit_test(layers_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
