/* SPDX-License-Identifier: Apache-2.0 */
/* Which folders are flushed: those that something has left, once for all of it, and no other. */
#include "tests/qmgr/early_scene.h"

#include "lib/io/loop.h"
#include "qmgr/sync.h"

#include <sys/resource.h>
#include <sys/syscall.h>

int fsync(int fd);

static pid_t tester;
static int flushes = -1; /* the part alone: a file */
static int failing;	 /* and so many of its next flushes fail */
static struct qmgr alone;

/* Instead of libc's, in this program and the qmgr that it forks: says which folder is flushed, there in the log. */
int
fsync(int fd)
{
	int to = getpid() == tester ? flushes : STDERR_FILENO, n, own = (int)strlen(suite.folder);
	char link[64], path[512], line[600];
	struct stat st;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (to >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) &&
	    (n = (int)readlink(link, path, sizeof(path))) > own) {
		snprintf(line, sizeof(line), "flushed%.*s\n", n - own, path + own);
		if (write(to, line, strlen(line)) < 0)
			_exit(98);
		if (getpid() == tester && failing > 0) {
			failing--;
			errno = EIO;
			return -1;
		}
	}
	return (int)syscall(SYS_fsync, fd);
}

static int
end(void **state)
{
	(void)state;
	suite_end();
	return 0;
}

/* ---- the part alone ---- */

/* One for all tests: paths are relative, and its thread lives as long as we do. */
static void
begin_alone(void)
{
	/* An hour, which nobody waits for: who waits for the flush does not wait for what may still come. */
	static const struct conf cf = { .queue_status_sync = 3600 };

	suite_begin("");
	assert_true((flushes = open("flushes", O_WRONLY | O_APPEND | O_CREAT, 0600)) >= 0);
	if (alone.sync != NULL)
		return;
	alone.cf = &cf;
	alone.loop = loop_new();
	alone.sync = sync_new(&alone);
}

static int
end_alone(void **state)
{
	close(flushes);
	flushes = -1;
	return end(state);
}

static void
one_flush_for_all_that_left(void **state)
{
	(void)state;
	begin_alone();
	for (int i = 0; i < 1000; i++)
		sync_left(&alone, "incoming/4bOne");
	sync_wait(&alone);
	/* The first may have begun when the others came, so there is another one behind it; not 1000. */
	assert_in_range(count("flushes", "flushed/incoming\n"), 1, 2);
	assert_int_equal(count("flushes", "\n"), count("flushes", "flushed/incoming\n"));
	/* And what leaves later has a flush of its own. */
	assert_int_equal(truncate("flushes", 0), 0);
	sync_left(&alone, "incoming/4bTwo");
	sync_wait(&alone);
	assert_int_equal(count("flushes", "\n"), 1);
}

static void
every_folder_that_was_left(void **state)
{
	static const char *const left[] = { "deferred/A/4bOne", "deferred/B/4bTwo", "hold/4bThree", "active/4bFour",
		"deferred/A/4bFive" };

	(void)state;
	begin_alone();
	assert_true(file_mkdir("deferred/A", 0700) && file_mkdir("deferred/B", 0700));
	for (size_t i = 0; i < NITEMS(left); i++)
		sync_left(&alone, left[i]);
	sync_wait(&alone);
	assert_in_range(count("flushes", "flushed/deferred/A\n"), 1, 2);
	assert_int_equal(count("flushes", "flushed/deferred/B\n"), 1);
	assert_int_equal(count("flushes", "flushed/hold\n"), 1);
	assert_int_equal(count("flushes", "flushed/active\n"), 1);
	assert_int_equal(count("flushes", "flushed/incoming\n"), 0);
}

/* Nothing else may ever leave the folder; but there is an end to trying. */
static void
tried_again(void **state)
{
	(void)state;
	begin_alone();
	failing = 3;
	sync_left(&alone, "active/4bOne");
	sync_wait(&alone);
	assert_int_equal(count("flushes", "flushed/active\n"), 4);
	assert_int_equal(truncate("flushes", 0), 0);
	failing = 1000;
	sync_left(&alone, "active/4bTwo");
	sync_wait(&alone);
	assert_in_range(count("flushes", "flushed/active\n"), 10, 100);
	failing = 0;
}

/* Thousands of folders need no more descriptors than one. */
static void
more_folders_than_descriptors(void **state)
{
	struct rlimit before, few;
	char path[QUEUE_PATH];

	(void)state;
	begin_alone();
	for (int i = 0; i < 256; i++) {
		snprintf(path, sizeof(path), "hold/%X", i / 16);
		assert_true(file_mkdir(path, 0700));
		snprintf(path, sizeof(path), "hold/%X/%X", i / 16, i % 16);
		assert_true(file_mkdir(path, 0700));
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){ 40, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (int i = 0; i < 256; i++) {
		snprintf(path, sizeof(path), "hold/%X/%X/4bSome", i / 16, i % 16);
		sync_left(&alone, path);
	}
	sync_wait(&alone);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(count("flushes", "flushed/hold/"), 256);
}

/* ---- a real qmgr ---- */

static void
passed_through(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	all_servants();
	send_letter(&(struct letter){ .to = TO("ok.example") }, id);
	WAIT_FOR(count("log", "flushed/active\n") >= 1);
	WAIT_FOR(count("log", "flushed/incoming\n") >= 1);
	qmgr_stop();
	assert_int_equal(count("log", "flushed/deferred") + count("log", "flushed/hold"), 0);
}

static void
deferred_and_tried_again(void **state)
{
	char id[QUEUEID_MAX], path[QUEUE_PATH], line[QUEUE_PATH + 16];
	const struct queuedir dirs = { .depth = { [QUEUE_DEFERRED] = 1 } };

	(void)state;
	suite_begin("");
	all_servants();
	send_letter(&(struct letter){ .to = TO("later.example") }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 1);
	queuedir_path(&dirs, QUEUE_DEFERRED, id, path);
	assert_true(exists(path));
	*strrchr(path, '/') = '\0';
	snprintf(line, sizeof(line), "flushed/%s\n", path);
	/* What came there is on the disk with its file; nothing has left it. */
	WAIT_FOR(count("log", "flushed/active\n") >= 1);
	assert_int_equal(count("log", line), 0);
	put_line("better", "");
	assert_int_equal(ask_qmgr(qmgr_flush_one_msg(), &(struct qmgr_flush_one){ .queue_id = id }), 1);
	WAIT_FOR(count("log", ": removed") == 1);
	WAIT_FOR(count("log", line) >= 1);
	qmgr_stop();
}

/* It was never more than a name in incoming/, or none at all. */
static void
delivered_early(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, "");
	offer_memory(&s, &(struct letter){ .to = TO("ok.example") });
	assert_true(settled(&s));
	WAIT_FOR(count("log", ": removed") == 1);
	pause_ms(300);
	assert_int_equal(count("log", "flushed/"), 0);
	offer(&s, &(struct letter){ .to = TO("ok.example", "ok.other") });
	assert_true(settled(&s));
	WAIT_FOR(count("log", "flushed/incoming\n") >= 1);
	let_go(&s);
	over(&s);
	qmgr_stop();
	assert_int_equal(count("log", "flushed/"), count("log", "flushed/incoming\n"));
}

static void
ask_for(const char *action, const char *id)
{
	assert_int_equal(
	    ask_qmgr(qmgr_admin_msg(), &(struct qmgr_admin){ .action = action, .queue_id = id, .queues = "" }), 1);
}

static void
held_released_deleted(void **state)
{
	char held[QUEUEID_MAX], gone[QUEUEID_MAX];

	(void)state;
	suite_begin("hash_queue_names =");
	all_servants();
	send_letter(&(struct letter){ .to = TO("later.example") }, held);
	send_letter(&(struct letter){ .to = TO("later.example") }, gone);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 2);
	assert_int_equal(count("log", "flushed/deferred\n"), 0);
	ask_for("hold", held);
	WAIT_FOR(count("log", "flushed/deferred\n") == 1);
	assert_int_equal(count("log", "flushed/hold\n"), 0);
	ask_for("release", held);
	WAIT_FOR(count("log", "flushed/hold\n") == 1);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 2 && files_in(QUEUE_ACTIVE) == 0);
	qmgr_stop();
	assert_int_equal(truncate("log", 0), 0);
	qmgr_start();
	ask_for("delete", gone);
	WAIT_FOR(count("log", "flushed/deferred\n") == 1);
}

/* ---- what a file system leaves where a flush came too late ---- */

static void
two_names(enum queue first, enum queue second)
{
	const struct queuedir dirs = { .depth = { [QUEUE_DEFERRED] = 1 } };
	char id[QUEUEID_MAX], path[QUEUE_PATH], other[QUEUE_PATH];

	suite_begin("");
	put_letter(first, &(struct letter){ .to = TO("ok.example") }, id);
	queuedir_path(&dirs, first, id, path);
	queuedir_path(&dirs, second, id, other);
	if (second == QUEUE_DEFERRED) {
		char *slash = strrchr(other, '/');

		*slash = '\0';
		assert_true(file_mkdir(other, 0700));
		*slash = '/';
	}
	assert_int_equal(link(path, other), 0);
	put_line("queue.lock", "running another-boot\n");
	all_servants();
	WAIT_FOR(count("log", ": removed") == 2);
	pause_ms(200);
	assert_int_equal(count("delivered", id), 1);
	assert_int_equal(count("log", "from before the machine went down"), 1);
	assert_int_equal(
	    files_in(QUEUE_INCOMING) + files_in(QUEUE_ACTIVE) + files_in(QUEUE_DEFERRED) + files_in(QUEUE_HOLD), 0);
	suite_end();
}

static void
a_file_with_two_names_is_one_message(void **state)
{
	(void)state;
	two_names(QUEUE_ACTIVE, QUEUE_INCOMING);
	two_names(QUEUE_ACTIVE, QUEUE_DEFERRED);
	two_names(QUEUE_DEFERRED, QUEUE_HOLD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(passed_through, end),
		cmocka_unit_test_teardown(deferred_and_tried_again, end),
		cmocka_unit_test_teardown(delivered_early, end),
		cmocka_unit_test_teardown(held_released_deleted, end),
		cmocka_unit_test(a_file_with_two_names_is_one_message),
		/* These leave a thread behind, and must not fork afterwards. */
		cmocka_unit_test_teardown(one_flush_for_all_that_left, end_alone),
		cmocka_unit_test_teardown(every_folder_that_was_left, end_alone),
		cmocka_unit_test_teardown(tried_again, end_alone),
		cmocka_unit_test_teardown(more_folders_than_descriptors, end_alone),
	};

	tester = getpid();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
