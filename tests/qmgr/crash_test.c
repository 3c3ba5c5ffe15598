/* SPDX-License-Identifier: Apache-2.0 */
/* qmgr is killed, ends, meets what others left behind: nothing is lost, nothing is delivered twice. */
#include "lib/base/text.h"
#include "tests/qmgr/suite.h"

#include <sys/file.h>

static const char wide[] = "smtp_destination_concurrency_limit = 200\nsmtp_initial_destination_concurrency = 200\n"
			   "smtp_destination_recipient_limit = 1\n";

static int
end(void **state)
{
	(void)state;
	suite_end();
	return 0;
}

/* n lines, none of them twice. */
static void
each_once(int n)
{
	struct buf b = BUF(1 << 20);
	char *all, *cursor, *line;
	int lines = 0;

	assert_true(file_read(AT_FDCWD, "delivered", &b));
	cursor = all = mem_str(buf_str(&b));
	while ((line = strsep(&cursor, "\n")) != NULL && *line != '\0') {
		const char *first = strstr(buf_str(&b), line);

		if (strstr(first + 1, line) != NULL)
			fail_msg("delivered twice: %s", line);
		lines++;
	}
	assert_int_equal(lines, n);
	free(all);
	buf_free(&b);
}

/* 60 messages and one with 40 recipients, all with agents. */
static void
hundred_in_flight(void)
{
	char id[QUEUEID_MAX];

	suite_begin(wide);
	all_servants();
	for (int i = 0; i < 60; i++)
		send_letter(&(struct letter){ .to = TO("waits.example") }, id);
	send_letter(&(struct letter){ .to = TO("waits.example"), .many = 40 }, id);
	WAIT_FOR(count("started", "started") == 100);
}

static void
killed_with_a_hundred_in_flight(void **state)
{
	(void)state;
	hundred_in_flight();
	qmgr_kill();
	qmgr_start();
	WAIT_FOR(count("log", "a delivery agent still has it") == 61);
	pause_ms(500);
	assert_int_equal(files_in(QUEUE_ACTIVE), 61); /* left alone */
	put_line("go", "");
	WAIT_FOR(everywhere() == 0);
	each_once(100);
	assert_int_equal(count("log", "status=deferred"), 0);
}

static void
killed_and_away_while_agents_finish(void **state)
{
	(void)state;
	hundred_in_flight();
	qmgr_kill();
	put_line("go", "");
	WAIT_FOR(count("delivered", "\n") == 100);
	pause_ms(300);
	qmgr_start();
	WAIT_FOR(everywhere() == 0);
	each_once(100);
}

static void
failures_are_offered_too(void **state)
{
	char id[QUEUEID_MAX];
	struct slot slot;
	struct qfile *f;

	(void)state;
	suite_begin(wide);
	all_servants();
	/* One agent each, so one of them holds the file until we are gone. */
	send_letter(&(struct letter){ .to = TO("waits.example", "slow.never", "later.example", "never.example") }, id);
	WAIT_FOR(count("log", "status=bounced") == 1 && count("started", "started") == 1);
	qmgr_kill();
	put_line("go", "");
	qmgr_start();
	f = wait_for_letter(QUEUE_DEFERRED, id);
	assert_true(qfile_slot(f, 0, &slot));
	assert_int_equal(slot.state, SLOT_DELIVERED);
	assert_true(qfile_slot(f, 2, &slot));
	assert_int_equal(slot.state, SLOT_OPEN);
	assert_true(qfile_slot(f, 3, &slot));
	assert_int_equal(slot.state, SLOT_NOTIFIED);
	qfile_free(&f);
	assert_int_equal(count("bounced", id), 1);
	each_once(2);
}

static void
killed_again_and_again(void **state)
{
	enum { LETTERS = 200 };
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin(wide);
	all_servants();
	for (int i = 0; i < LETTERS; i++) {
		write_letter(&(struct letter){ .to = TO("ok.a", "ok.b", "ok.c") }, id);
		if (i % 20 == 19) {
			pause_ms(20 + i % 7 * 9);
			qmgr_kill();
			qmgr_start();
		}
	}
	WAIT_FOR(everywhere() == 0);
	each_once(3 * LETTERS);
}

static void
an_orderly_end(void **state)
{
	char id[QUEUEID_MAX], slow[QUEUEID_MAX];

	(void)state;
	suite_begin(wide);
	all_servants();
	send_letter(&(struct letter){ .to = TO("slow.example"), .many = 20 }, slow);
	WAIT_FOR(files_in(QUEUE_ACTIVE) == 1);
	pause_ms(50);
	qmgr_stop();
	write_letter(&(struct letter){ .to = TO("ok.example") }, id);
	qmgr_start();
	WAIT_FOR(everywhere() == 0);
	each_once(21);
	assert_int_equal(count("log", "a delivery agent still has it"), 0);
	/* The lock says that the end was an orderly one. */
	qmgr_stop();
	assert_int_equal(count("queue.lock", "clean"), 1);
}

static void
an_end_that_does_not_wait_for_ever(void **state)
{
	(void)state;
	hundred_in_flight();
	assert_true(qmgr_stop() < 9000);
	qmgr_start();
	put_line("go", "");
	WAIT_FOR(everywhere() == 0);
	each_once(100);
}

static void
only_one(void **state)
{
	struct buf why = BUF(256);
	int fd, status;

	(void)state;
	suite_begin("");
	assert_true((fd = queue_lock(&why)) >= 0);
	qmgr_start();
	assert_int_equal(waitpid(suite.qmgr, &status, 0), suite.qmgr);
	suite.qmgr = 0;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
	assert_true(count("log", "another process holds the queue's lock") >= 1);
	close(fd);
	buf_free(&why);
}

/* ---- what others left behind ---- */

static void
poke(const char *path, off_t at, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0 && pwrite(fd, bytes, n, at) == (ssize_t)n);
	close(fd);
}

/* As a later version would write it. */
static void
make_newer(const char *path)
{
	unsigned char super[QFILE_SUPER];
	int fd = open(path, O_RDWR);
	uint32_t crc;

	assert_int_equal(pread(fd, super, sizeof(super), 0), sizeof(super));
	super[8] = QFILE_VERSION + 1;
	crc = crc32c(0, super, QFILE_SUPER - 4);
	for (int i = 0; i < 4; i++)
		super[QFILE_SUPER - 4 + i] = (unsigned char)(crc >> 8 * i);
	assert_int_equal(pwrite(fd, super, sizeof(super), 0), sizeof(super));
	close(fd);
}

static void
make_old(const char *path)
{
	const struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
path_of(enum queue q, const char *id, char out[QUEUE_PATH])
{
	snprintf(out, QUEUE_PATH, "%s/%.31s", queue_names[q], id);
}

static void
unfinished_and_damaged_files(void **state)
{
	char half[QUEUEID_MAX], young[QUEUEID_MAX], bad[QUEUEID_MAX], bad_active[QUEUEID_MAX], newer[QUEUEID_MAX],
	    good[QUEUEID_MAX], path[QUEUE_PATH], to[QUEUE_PATH];

	(void)state;
	suite_begin("");
	write_letter(&(struct letter){ .to = TO("ok.example") }, half);
	path_of(QUEUE_INCOMING, half, path);
	assert_int_equal(truncate(path, 100), 0);
	make_old(path);
	write_letter(&(struct letter){ .to = TO("ok.example") }, young);
	path_of(QUEUE_INCOMING, young, path);
	assert_int_equal(truncate(path, 0), 0);
	write_letter(&(struct letter){ .to = TO("ok.example") }, bad);
	path_of(QUEUE_INCOMING, bad, path);
	poke(path, 72, "X", 1); /* the header */
	write_letter(&(struct letter){ .to = TO("ok.example") }, bad_active);
	path_of(QUEUE_INCOMING, bad_active, path);
	path_of(QUEUE_ACTIVE, bad_active, to);
	assert_int_equal(rename(path, to), 0);
	assert_int_equal(truncate(to, 100), 0);
	write_letter(&(struct letter){ .to = TO("ok.example") }, newer);
	path_of(QUEUE_INCOMING, newer, path);
	make_newer(path);
	write_letter(&(struct letter){ .to = TO("ok.example") }, good);
	put_line("active/4bQsomething.compact", "half a copy");
	all_servants();
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(count("delivered", good), 1);
	assert_int_equal(count("delivered", "\n"), 1);
	assert_int_equal(files_in(QUEUE_CORRUPT), 2);
	assert_int_equal(count("log", "from queue \"incoming\" to queue \"corrupt\""), 1);
	assert_int_equal(count("log", "from queue \"active\" to queue \"corrupt\""), 1);
	assert_int_equal(count("log", ": cleared away: its reception broke off"), 1);
	assert_int_equal(count("log", ": left alone: "), 1);
	assert_int_equal(files_in(QUEUE_INCOMING), 2); /* the young one, and the newer one */
	assert_int_equal(files_in(QUEUE_ACTIVE), 0);
}

static void
a_file_that_is_being_written(void **state)
{
	char id[QUEUEID_MAX], path[QUEUE_PATH];
	int fd;

	(void)state;
	suite_begin("");
	servant("private/smtp", agent);
	write_letter(&(struct letter){ .to = TO("ok.example") }, id);
	path_of(QUEUE_INCOMING, id, path);
	make_old(path);
	assert_true((fd = open(path, O_RDWR | O_CLOEXEC)) >= 0 && flock(fd, LOCK_EX) == 0);
	qmgr_start();
	ask_qmgr(qmgr_status_msg(), &(struct qmgr_status){});
	pause_ms(300);
	assert_int_equal(files_in(QUEUE_INCOMING), 1);
	close(fd);
	tell_news(id);
	WAIT_FOR(count("log", ": removed") == 1);
}

/* A crash between the last mark and the end of the file. */
static void
finished_but_still_there(void **state)
{
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	char id[QUEUEID_MAX], owes[QUEUEID_MAX], path[QUEUE_PATH], to[QUEUE_PATH];
	enum qfile_state qs;
	struct qfile *f;

	(void)state;
	suite_begin("");
	write_letter(&(struct letter){ .to = TO("ok.example") }, id);
	path_of(QUEUE_INCOMING, id, path);
	path_of(QUEUE_ACTIVE, id, to);
	assert_int_equal(rename(path, to), 0);
	assert_non_null(f = qfile_open(AT_FDCWD, to, QFILE_WRITE, &qs, &why));
	assert_true(qfile_mark(f, 0, SLOT_DELIVERED, 0, NULL, &why));
	qfile_free(&f);
	write_letter(&(struct letter){ .to = TO("ok.example", "ok.example") }, owes);
	path_of(QUEUE_INCOMING, owes, path);
	path_of(QUEUE_ACTIVE, owes, to);
	assert_int_equal(rename(path, to), 0);
	assert_non_null(f = qfile_open(AT_FDCWD, to, QFILE_WRITE, &qs, &why));
	assert_true(qfile_mark(f, 0, SLOT_FAILED, SLOT_NOTICE_OWED, NULL, &why));
	assert_true(qfile_mark(f, 1, SLOT_DELIVERED, 0, NULL, &why));
	qfile_free(&f);
	all_servants();
	WAIT_FOR(everywhere() == 0);
	assert_false(exists("delivered"));
	assert_int_equal(count("bounced", owes), 1);
	arena_free(&mem);
}

/* When it has sent the first notice, the folder of active files takes no change any more. */
static void
bounce_and_shut(struct conn *c)
{
	if (!exists("shut")) {
		put_line("shut", "");
		chmod(queue_names[QUEUE_ACTIVE], 0500);
	}
	bounce(c);
}

/* What is done, but cannot be removed, says so: the next start does none of it again. */
static void
done_but_not_removable(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	servant("private/smtp", agent);
	servant("private/rewrite", rewrite);
	servant("private/bounce", bounce_and_shut);
	qmgr_start();
	send_letter(&(struct letter){ .to = TO("never.example", "ok.example") }, id);
	WAIT_FOR(count("log", "cannot be removed") == 1);
	qmgr_stop();
	assert_int_equal(chmod(queue_names[QUEUE_ACTIVE], 0700), 0);
	assert_int_equal(everywhere(), 1);
	qmgr_start();
	WAIT_FOR(everywhere() == 0);
	assert_int_equal(count("bounced", id), 1);
	assert_int_equal(count("delivered", id), 1);
}

/* Only after the machine went down are bodies worth a check. */
static void
after_a_power_failure(void **state)
{
	static const struct {
		const char *marker;
		int corrupt;
	} cases[] = {
		{ "running 00000000-1111-2222-3333-444444444444\n", 1 }, { "clean\n", 0 }, { "", 1 }, /* nobody knows */
	};

	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		char id[QUEUEID_MAX], fine[QUEUEID_MAX], path[QUEUE_PATH];

		suite_begin("");
		put_line("queue.lock", cases[i].marker);
		write_letter(&(struct letter){ .to = TO("ok.example") }, id);
		write_letter(&(struct letter){ .to = TO("ok.example") }, fine);
		path_of(QUEUE_INCOMING, id, path);
		poke(path, 64, "J", 1); /* the body */
		all_servants();
		WAIT_FOR(files_in(QUEUE_INCOMING) + files_in(QUEUE_ACTIVE) == 0);
		assert_int_equal(files_in(QUEUE_CORRUPT), cases[i].corrupt);
		assert_int_equal(count("delivered", fine), 1);
		assert_int_equal(count("delivered", id), 1 - cases[i].corrupt);
		suite_end();
	}
	suite_begin("");
}

/* ---- the administrator ---- */

/* Strangers' offers count for nothing: nobody holds the file. */
static void
an_offer_without_a_lock(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	all_servants();
	send_letter(&(struct letter){ .to = TO("later.example") }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 1);
	assert_int_equal(
	    ask_qmgr(qmgr_offer_msg(),
		&(struct qmgr_offer){ .queue_id = id, .number = 0, .code = 250, .dsn = "2.0.0", .text = "lie" }),
	    0);
	put_line("better", "");
	ask_qmgr(qmgr_flush_msg(), &(struct qmgr_flush){});
	WAIT_FOR(count("log", ": removed") == 1);
	each_once(1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(killed_with_a_hundred_in_flight, end),
		cmocka_unit_test_teardown(killed_and_away_while_agents_finish, end),
		cmocka_unit_test_teardown(failures_are_offered_too, end),
		cmocka_unit_test_teardown(killed_again_and_again, end),
		cmocka_unit_test_teardown(an_orderly_end, end),
		cmocka_unit_test_teardown(an_end_that_does_not_wait_for_ever, end),
		cmocka_unit_test_teardown(only_one, end),
		cmocka_unit_test_teardown(unfinished_and_damaged_files, end),
		cmocka_unit_test_teardown(a_file_that_is_being_written, end),
		cmocka_unit_test_teardown(finished_but_still_there, end),
		cmocka_unit_test_teardown(done_but_not_removable, end),
		cmocka_unit_test_teardown(after_a_power_failure, end),
		cmocka_unit_test_teardown(an_offer_without_a_lock, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
