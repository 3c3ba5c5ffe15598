/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that are gathered: all of them come, in few datagrams, whoever reads them and whenever. */
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/service/postlog.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8, LINES = 2000, PATIENCE_MS = 20000 };

static char *path;
static atomic_int placed;
static bool there_is_a_place = true;

static bool
elsewhere(long us, const char *line)
{
	assert_true(us > 0);
	assert_non_null(strstr(line, "line "));
	atomic_fetch_add(&placed, 1);
	return there_is_a_place;
}

static int
listen_here(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static void
nap(long ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

struct heard {
	int lines, datagrams, warnings;
	long last_us;
};

static void
hear(int fd, struct heard *h)
{
	static char bytes[65536];
	ssize_t got;

	while ((got = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		const char *at = bytes, *line;
		size_t left = (size_t)got, n;
		long us;

		h->datagrams++;
		while (postlog_next(&at, &left, &us, &line, &n)) {
			assert_true(us >= h->last_us || us > now_us() - PATIENCE_MS * 1000L);
			h->last_us = us;
			if (n > 9 && memmem(line, n, "were lost", 9) != NULL)
				h->warnings++;
			else if (memmem(line, n, "line ", 5) == line)
				h->lines++;
			else
				fail_msg("an odd line: %.*s", (int)n, line);
		}
	}
}

static void
hear_all(int fd, struct heard *h, int want)
{
	for (long end = tick_ms() + PATIENCE_MS; h->lines < want && tick_ms() < end; nap(2))
		hear(fd, h);
}

static void *
speak(void *arg)
{
	char line[100];

	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "line %d of thread %d", i, *(int *)arg);
		assert_true(postlog_line(line, true, i % 100 == 0));
	}
	return NULL;
}

static void
many_threads(int fd, struct heard *h)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, speak, &numbers[i]), 0);
	}
	hear_all(fd, h, THREADS * LINES);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	hear_all(fd, h, THREADS * LINES);
}

static void
no_line_is_lost_in_a_crowd(void **state)
{
	int fd = listen_here();
	struct heard h = { 0 };

	(void)state;
	postlog_open(path, elsewhere);
	assert_true(postlog_is_open());
	postlog_gather(true);
	many_threads(fd, &h);
	assert_int_equal(h.lines, THREADS * LINES);
	assert_true(h.datagrams < THREADS * LINES / 4);
	assert_int_equal(atomic_load(&placed), 0);
	close(fd);
}

/* The first line after a while goes at once, and nobody has to ask for the others. */
static void
quiet_lines_leave_soon(void **state)
{
	int fd = listen_here();
	struct heard h = { 0 };

	(void)state;
	nap(2 * POSTLOG_GATHER_MS);
	assert_true(postlog_line("line one", true, false));
	hear(fd, &h);
	assert_int_equal(h.lines, 1);
	assert_true(postlog_line("line two", true, false));
	assert_true(postlog_line("line three", true, false));
	hear_all(fd, &h, 3);
	assert_int_equal(h.lines, 3);
	assert_int_equal(postlog_due(), -1);
	close(fd);
}

/* What a reader does not take in time is kept for it. */
static void
a_slow_reader_gets_all(void **state)
{
	int fd = listen_here();
	struct heard h = { 0 };
	char line[100];

	(void)state;
	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		assert_true(postlog_line(line, true, true));
	}
	hear_all(fd, &h, LINES);
	assert_int_equal(h.lines, LINES);
	assert_int_equal(atomic_load(&placed), 0);
	close(fd);
}

/* With nobody there, and no other place for lines, somebody who comes back hears how many there were. */
static void
losses_are_told(void **state)
{
	struct heard h = { 0 };
	int fd;

	(void)state;
	there_is_a_place = false;
	unlink(path);
	nap(2 * POSTLOG_GATHER_MS);
	assert_true(postlog_line("line to nobody", true, true));
	assert_int_equal(atomic_load(&placed), 1);
	fd = listen_here();
	assert_true(postlog_line("line to somebody", true, true));
	postlog_flush(true);
	hear_all(fd, &h, 1);
	for (long end = tick_ms() + PATIENCE_MS; h.warnings == 0 && tick_ms() < end; nap(2))
		hear(fd, &h);
	assert_int_equal(h.lines, 1);
	assert_int_equal(h.warnings, 1);
	close(fd);
}

static int
set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	path = mem_fmt("%s/postlog", tmp != NULL ? tmp : "/tmp");
	return 0;
}

static int
clean_up(void **state)
{
	(void)state;
	unlink(path);
	free(path);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_line_is_lost_in_a_crowd),
		cmocka_unit_test(quiet_lines_leave_soon), cmocka_unit_test(a_slow_reader_gets_all),
		cmocka_unit_test(losses_are_told) };

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
