/* SPDX-License-Identifier: Apache-2.0 */
/* The commit point: who may find what while a file is being written, and what is left when that fails. */
#include "lib/mail/qfile.h"
#include "tests/lib/mail/qfile_sample.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void
uncommitted_goes_away(void **state)
{
	struct qfile_writer *w, *second;
	struct sample s;
	char *body = sample_pattern(100000);

	(void)state;
	sample_start(&s);
	w = qfile_create(s.dir, SAMPLE_ID, &s.why);
	assert_non_null(w);
	second = qfile_create(s.dir, SAMPLE_ID, &s.why);
	assert_null(second);
	assert_true(s.why.code == 451 && strcmp(s.why.dsn, "4.3.0") == 0);
	qfile_body(w, body, 100000);
	assert_int_equal(faccessat(s.dir, SAMPLE_ID, F_OK, 0), 0);
	qfile_writer_free(&w);
	assert_int_equal(faccessat(s.dir, SAMPLE_ID, F_OK, 0), -1);
	qfile_writer_free(&w);
	free(body);
	sample_end(&s);
}

static void
unfinished_files(void **state)
{
	struct qfile_writer *w;
	enum qfile_state st;
	struct qfile *q;
	struct sample s;
	char *body = sample_pattern(100000);

	(void)state;
	sample_start(&s);
	/* Somebody is writing it. */
	w = qfile_create(s.dir, SAMPLE_ID, &s.why);
	assert_null(qfile_open(s.dir, SAMPLE_ID, QFILE_READ, &st, &s.why));
	assert_int_equal(st, QFILE_UNFINISHED);
	assert_false(qfile_remove_unfinished(s.dir, SAMPLE_ID, &s.why));
	qfile_body(w, body, 100000);
	assert_null(qfile_open(s.dir, SAMPLE_ID, QFILE_READ, &st, &s.why));
	assert_int_equal(st, QFILE_UNFINISHED);
	assert_false(qfile_remove_unfinished(s.dir, SAMPLE_ID, &s.why));
	/* Whole, but not yet the queue manager's. */
	{
		const struct qfile_content c = sample_content();

		assert_int_equal(qfile_commit(w, &c, &s.why), FATE_OK);
	}
	q = sample_open(&s, QFILE_READ);
	assert_true(qfile_busy(q));
	qfile_writer_free(&w);
	assert_false(qfile_busy(q));
	qfile_free(&q);
	assert_false(qfile_remove_unfinished(s.dir, SAMPLE_ID, &s.why));
	assert_int_equal(faccessat(s.dir, SAMPLE_ID, F_OK, 0), 0);
	/* Left by a crash. */
	unlinkat(s.dir, SAMPLE_ID, 0);
	close(openat(s.dir, SAMPLE_ID, O_CREAT | O_WRONLY, 0600));
	assert_true(qfile_remove_unfinished(s.dir, SAMPLE_ID, &s.why));
	assert_int_equal(faccessat(s.dir, SAMPLE_ID, F_OK, 0), -1);
	free(body);
	sample_end(&s);
}

/* An agent's shared lock counts, too. */
static void
busy_with_an_agent(void **state)
{
	struct sample s;
	struct qfile *q;
	int fd;

	(void)state;
	sample_start(&s);
	sample_plain(&s);
	q = sample_open(&s, QFILE_WRITE);
	fd = openat(s.dir, SAMPLE_ID, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	assert_true(qfile_busy(q));
	close(fd);
	assert_false(qfile_busy(q));
	qfile_free(&q);
	sample_end(&s);
}

/* Stands in front of the C library's: between creating and locking, somebody else may come. */
static int scan_comes_first = -1;

int
flock(int fd, int operation)
{
	if (scan_comes_first >= 0 && (operation & LOCK_EX) != 0) {
		unlinkat(scan_comes_first, SAMPLE_ID, 0);
		scan_comes_first = -1;
	}
	return (int)syscall(SYS_flock, fd, operation);
}

static void
removed_before_it_is_locked(void **state)
{
	struct sample s;
	struct qfile *q;

	(void)state;
	sample_start(&s);
	scan_comes_first = s.dir;
	sample_plain(&s);
	assert_int_equal(scan_comes_first, -1);
	q = sample_open(&s, QFILE_READ);
	qfile_free(&q);
	sample_end(&s);
}

static void *
scan(void *dir)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);

	for (int i = 0; i < 20000; i++) {
		qfile_remove_unfinished(*(int *)dir, SAMPLE_ID, &why);
		arena_reset(&mem);
	}
	arena_free(&mem);
	return NULL;
}

/* However a scan for leftovers and a writer meet, what was committed is there. */
static void
scan_and_writer(void **state)
{
	const struct qfile_content c = sample_content();
	pthread_t thread;
	struct sample s;

	(void)state;
	sample_start(&s);
	assert_int_equal(pthread_create(&thread, NULL, scan, &s.dir), 0);
	for (int i = 0; i < 300; i++) {
		sample_make(&s, SAMPLE_BODY, strlen(SAMPLE_BODY), &c);
		assert_int_equal(unlinkat(s.dir, SAMPLE_ID, 0), 0);
	}
	pthread_join(thread, NULL);
	sample_end(&s);
}

/* In a child: a file system of 128 KiB; exit status 77: it cannot be had here. */
static int
on_a_full_disk(const char *path)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	const struct qfile_content c = sample_content();
	struct qfile_writer *w;
	char *body = sample_pattern(70000);
	int dir, result = 0;

	if ((geteuid() != 0 && unshare(CLONE_NEWUSER) < 0) || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("none", path, "tmpfs", 0, "size=128k") < 0)
		return 77;
	dir = open(path, O_RDONLY | O_DIRECTORY);
	w = qfile_create(dir, SAMPLE_ID, &why);
	for (int i = 0; i < 4; i++)
		qfile_body(w, body, 70000);
	if (qfile_commit(w, &c, &why) != FATE_LATER || why.code != 452 || strcmp(why.dsn, "4.3.1") != 0)
		result = 1;
	qfile_writer_free(&w);
	if (faccessat(dir, SAMPLE_ID, F_OK, 0) == 0)
		result = 2;
	/* Full when the message is already there: the slot can still be marked. */
	w = qfile_create(dir, SAMPLE_ID, &why);
	if (qfile_commit(w, &c, &why) != FATE_OK)
		result = 3;
	qfile_writer_free(&w);
	{
		const struct history h = sample_history(5, body[0] ? "text" : "");
		enum qfile_state st;
		struct qfile *q = qfile_open(dir, SAMPLE_ID, QFILE_WRITE, &st, &why);
		struct slot slot;
		int filler = openat(dir, "filler", O_CREAT | O_WRONLY, 0600);

		while (write(filler, body, 1000) == 1000)
			;
		for (int i = 0; i < 40 && result == 0; i++)
			if (!qfile_mark(q, 1, SLOT_DELIVERED, 0, &h, &why))
				result = 4;
		qfile_free(&q);
		if ((q = qfile_open(dir, SAMPLE_ID, QFILE_READ, &st, &why)) == NULL || !qfile_slot(q, 1, &slot) ||
		    slot.state != SLOT_DELIVERED || slot.attempts != 40)
			result = 5;
		qfile_free(&q);
	}
	free(body);
	arena_free(&mem);
	return result;
}

static void
full_disk(void **state)
{
	struct sample s;
	int status = 0;
	pid_t pid;

	(void)state;
	sample_start(&s);
	if ((pid = fork()) == 0)
		_exit(on_a_full_disk(s.path));
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	sample_end(&s);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Wherever writing fails, the client is told to come again, and nothing is left behind. */
static void
writing_fails_anywhere(void **state)
{
	static const size_t bodies[] = { 100, 100000 };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	const struct qfile_content c = sample_content();
	char *body = sample_pattern(100000);
	struct sample s;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	sample_start(&s);
	for (size_t i = 0; i < NITEMS(bodies); i++) {
		enum fate fate = FATE_LATER;
		struct stat st;
		rlim_t limit;

		for (limit = 0; fate != FATE_OK; limit += limit < 1600 || limit > 99000 ? 7 : 13001) {
			const struct rlimit tight = { limit, RLIM_INFINITY };
			struct qfile_writer *w = qfile_create(s.dir, SAMPLE_ID, &s.why);

			assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
			qfile_body(w, body, bodies[i]);
			fate = qfile_commit(w, &c, &s.why);
			assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
			qfile_writer_free(&w);
			assert_int_equal(faccessat(s.dir, SAMPLE_ID, F_OK, 0), fate == FATE_OK ? 0 : -1);
			assert_true(fate == FATE_OK || (s.why.code == 451 && strcmp(s.why.dsn, "4.3.0") == 0));
			arena_reset(&s.mem);
		}
		assert_int_equal(fstatat(s.dir, SAMPLE_ID, &st, 0), 0);
		assert_true((rlim_t)st.st_size <= limit && (rlim_t)st.st_size > bodies[i]);
		unlinkat(s.dir, SAMPLE_ID, 0);
	}
	free(body);
	sample_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uncommitted_goes_away),
		cmocka_unit_test(unfinished_files),
		cmocka_unit_test(busy_with_an_agent),
		cmocka_unit_test(removed_before_it_is_locked),
		cmocka_unit_test(scan_and_writer),
		cmocka_unit_test(writing_fails_anywhere),
		cmocka_unit_test(full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
