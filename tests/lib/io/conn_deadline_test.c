/* SPDX-License-Identifier: Apache-2.0 */
/* A connection's deadlines, and what it costs while nothing comes. */
#include "lib/io/conn.h"

#include "lib/base/time.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
deadline_passes(void **state)
{
	struct conn *c[2];
	struct line l;

	(void)state;
	assert_true(conn_pair(c));
	conn_deadline_ms(c[1], 30);
	assert_false(conn_line(c[1], 100, &l));
	assert_int_equal(conn_error(c[1]), CONN_TIMEOUT);
	conn_free(&c[0]);
	conn_free(&c[1]);
}

/* A peer that sends a byte now and then does not stretch the deadline. */
static void
deadline_is_for_all(void **state)
{
	struct conn *c[2];
	struct line l;

	(void)state;
	assert_true(conn_pair(c));
	conn_puts(c[0], "x");
	assert_true(conn_flush(c[0]));
	conn_deadline_ms(c[1], 60);
	assert_true(conn_more(c[1]));
	usleep(80000);
	conn_puts(c[0], "y\r\n");
	assert_true(conn_flush(c[0]));
	assert_false(conn_line(c[1], 100, &l));
	assert_int_equal(conn_error(c[1]), CONN_TIMEOUT);
	conn_free(&c[0]);
	conn_free(&c[1]);
}

static void *
answer_late(void *ctx)
{
	struct conn *c = ctx;

	usleep(1500000);
	conn_puts(c, "at last\r\n");
	return conn_flush(c) ? c : NULL;
}

/* The socket's own time-out, from a shorter deadline before, fires meanwhile: that is not the end. */
static void
deadline_is_moved(void **state)
{
	struct conn *c[2];
	pthread_t late;
	struct line l;
	void *sent;

	(void)state;
	assert_true(conn_pair(c));
	conn_puts(c[0], "soon\r\n");
	assert_true(conn_flush(c[0]));
	conn_deadline_ms(c[1], 1050);
	assert_true(conn_line(c[1], 100, &l));
	conn_deadline(c[1], 20);
	assert_int_equal(pthread_create(&late, NULL, answer_late, c[0]), 0);
	assert_true(conn_line(c[1], 100, &l));
	assert_string_equal(l.s, "at last");
	assert_int_equal(pthread_join(late, &sent), 0);
	assert_non_null(sent);
	/* And a shorter one counts. */
	conn_deadline_ms(c[1], 30);
	assert_false(conn_line(c[1], 100, &l));
	assert_int_equal(conn_error(c[1]), CONN_TIMEOUT);
	conn_free(&c[0]);
	conn_free(&c[1]);
}

/* Who reads nothing is waited for, but not longer than that. */
static void
deadline_for_writing(void **state)
{
	static char much[4 << 20];
	struct conn *c[2];

	(void)state;
	assert_true(conn_pair(c));
	conn_deadline_ms(c[0], 50);
	conn_put(c[0], much, sizeof(much));
	assert_false(conn_flush(c[0]));
	assert_int_equal(conn_error(c[0]), CONN_TIMEOUT);
	conn_free(&c[0]);
	conn_free(&c[1]);
}

enum { DEEP = 100 * 1024, REST_MS = 250, STACK_PAGE = 4096 };

/* What a thread does that needed a deep stack once, and waits for its client now. */
struct idler {
	struct conn *conn;
	const char *_Atomic deep; /* where its stack was */
	bool said;
};

static __attribute__((noinline)) void
dive(struct idler *i)
{
	volatile char bytes[DEEP];

	memset((void *)(uintptr_t)bytes, 1, sizeof(bytes));
	i->deep = (const char *)(uintptr_t)bytes;
}

static void *
wait_idly(void *ctx)
{
	struct idler *i = ctx;
	struct line l;

	dive(i);
	i->said = conn_line(i->conn, 100, &l) && strcmp(l.s, "NOOP") == 0;
	return NULL;
}

static size_t
pages_resident(const char *at)
{
	unsigned char pages[DEEP / STACK_PAGE - 2];
	char *first = (char *)(((uintptr_t)at + STACK_PAGE - 1) & ~(uintptr_t)(STACK_PAGE - 1));
	size_t n = 0;

	assert_int_equal(mincore(first, sizeof(pages) * STACK_PAGE, pages), 0);
	for (size_t i = 0; i < sizeof(pages); i++)
		n += pages[i] & 1;
	return n;
}

/* Who is silent gets its answer as ever, and its thread's stack is small meanwhile. */
static void
idle_costs_little(void **state)
{
	struct idler i = { .said = false };
	struct conn *c[2];
	pthread_t thread;

	(void)state;
	assert_true(conn_pair(c));
	i.conn = c[1];
	conn_idles(c[1]);
	conn_deadline(c[1], 20);
	conn_puts(c[0], "NO");
	assert_true(conn_flush(c[0]));
	assert_int_equal(pthread_create(&thread, NULL, wait_idly, &i), 0);
	usleep(REST_MS * 1000 / 2);
	conn_puts(c[0], "OP");
	assert_true(conn_flush(c[0]));
	for (int tries = 0; tries < 100 && (i.deep == NULL || pages_resident(i.deep) > 0); tries++)
		usleep(REST_MS * 1000 / 5);
	assert_non_null(i.deep);
	assert_int_equal(pages_resident(i.deep), 0);
	conn_puts(c[0], "\r\n");
	assert_true(conn_flush(c[0]));
	pthread_join(thread, NULL);
	assert_true(i.said);
	conn_free(&c[0]);
	conn_free(&c[1]);
}

/* With either side of the rest. */
static void
idle_has_a_deadline(void **state)
{
	static const long waits[] = { REST_MS / 2, REST_MS * 2 };

	(void)state;
	for (size_t k = 0; k < sizeof(waits) / sizeof(waits[0]); k++) {
		long began = tick_ms(), took;
		struct conn *c[2];
		struct line l;

		assert_true(conn_pair(c));
		conn_idles(c[1]);
		conn_deadline_ms(c[1], waits[k]);
		assert_false(conn_line(c[1], 100, &l));
		assert_int_equal(conn_error(c[1]), CONN_TIMEOUT);
		took = tick_ms() - began;
		assert_true(took >= waits[k] - 5 && took < waits[k] + 5000);
		conn_free(&c[0]);
		conn_free(&c[1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadline_passes),
		cmocka_unit_test(deadline_is_for_all),
		cmocka_unit_test(deadline_is_moved),
		cmocka_unit_test(deadline_for_writing),
		cmocka_unit_test(idle_costs_little),
		cmocka_unit_test(idle_has_a_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
