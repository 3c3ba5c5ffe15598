/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/queueact.h"

#include "lib/base/log.h"
#include "tests/lib/mail/queue_sample.h"

#include <sys/file.h>

static char folder[QUEUE_FOLDER];
static const struct queuedir dirs = { .depth = { [QUEUE_DEFERRED] = 1 } };

static bool
quiet(enum log_level level, const char *line)
{
	(void)level, (void)line;
	return true;
}

static int
begin(void **state)
{
	(void)state;
	log_open("test", "act", quiet);
	queue_folder_make(folder);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	queue_folder_remove(folder);
	return 0;
}

/* From which queue to which; -1: it is not touched there, -2: it is gone. */
static const struct {
	enum queue_action act;
	int to[QUEUES]; /* incoming active deferred hold corrupt maildrop */
	bool expires, due_now;
} cases[] = {
	{ ACT_DELETE, { -2, -2, -2, -2, -1, -1 }, false, false },
	{ ACT_HOLD, { QUEUE_HOLD, QUEUE_HOLD, QUEUE_HOLD, -1, -1, -1 }, false, false },
	{ ACT_RELEASE, { -1, -1, -1, QUEUE_DEFERRED, -1, -1 }, false, true },
	{ ACT_EXPIRE, { QUEUE_INCOMING, QUEUE_ACTIVE, QUEUE_DEFERRED, QUEUE_HOLD, -1, -1 }, true, true },
	{ ACT_EXPIRE_RELEASE, { QUEUE_INCOMING, QUEUE_ACTIVE, QUEUE_DEFERRED, QUEUE_DEFERRED, -1, -1 }, true, true },
	{ ACT_ASIDE, { QUEUE_HOLD, QUEUE_HOLD, QUEUE_HOLD, QUEUE_HOLD, -1, -1 }, false, false },
};

static void
set_time(enum queue q, const char *id, long seconds)
{
	const struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };
	char path[QUEUE_PATH];

	assert_true(queuedir_find(&dirs, q, id, path));
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
check_moved(size_t i, enum queue from, int to, const char *id)
{
	const long later = now_us() / 1000000 + 5000;
	char path[QUEUE_PATH];
	struct qfile *q;
	struct stat st;

	assert_true(queuedir_find(&dirs, (enum queue)to, id, path));
	if ((enum queue)to != from)
		assert_false(queuedir_find(&dirs, from, id, path));
	q = open_letter((enum queue)to, id);
	assert_non_null(q);
	assert_int_equal(qfile_envelope(q)->forced_expire, cases[i].expires);
	assert_int_equal(fstat(qfile_fd(q), &st), 0);
	assert_int_equal(st.st_mtim.tv_sec < later, cases[i].due_now);
	qfile_free(&q);
}

static void
where_they_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		for (int from = 0; from < QUEUES; from++) {
			int to = cases[i].to[from];
			char id[QUEUEID_MAX], path[QUEUE_PATH];
			struct acted acted = { .where = QUEUE_CORRUPT };
			enum act_result result;

			put_letter((enum queue)from, &(struct letter){ .to = TO("x.example") }, id);
			set_time((enum queue)from, id, now_us() / 1000000 + 10000);
			result = queue_act(&dirs, cases[i].act, queue_action_places(cases[i].act), id, &acted);
			assert_int_equal(result, to == -1 ? ACT_ABSENT : ACT_DONE);
			if (to >= 0) {
				assert_int_equal(acted.where, to);
				check_moved(i, (enum queue)from, to, id);
			} else {
				assert_int_equal(queuedir_find(&dirs, (enum queue)from, id, path), to == -1);
			}
		}
	}
}

static void
only_where_it_is_told_to(void **state)
{
	char id[QUEUEID_MAX];
	struct acted acted;

	(void)state;
	put_letter(QUEUE_CORRUPT, &(struct letter){ .to = TO("x.example") }, id);
	assert_int_equal(queue_act(&dirs, ACT_DELETE, queue_action_places(ACT_DELETE), id, &acted), ACT_ABSENT);
	assert_int_equal(queue_act(&dirs, ACT_DELETE, queue_action_more_places(ACT_DELETE), id, &acted), ACT_DONE);
	put_letter(QUEUE_DEFERRED, &(struct letter){ .to = TO("x.example") }, id);
	assert_int_equal(queue_act(&dirs, ACT_HOLD, 1u << QUEUE_ACTIVE, id, &acted), ACT_ABSENT);
	assert_int_equal(queue_act(&dirs, ACT_HOLD, ~0u, "../queue.lock", &acted), ACT_ABSENT);
}

static void
what_somebody_has_is_left_alone(void **state)
{
	static const enum queue queues[] = { QUEUE_INCOMING, QUEUE_ACTIVE, QUEUE_DEFERRED };

	(void)state;
	for (size_t i = 0; i < NITEMS(queues); i++) {
		/* In deferred/ a lock is that of an agent which is just letting go. */
		bool busy = queues[i] != QUEUE_DEFERRED;
		char id[QUEUEID_MAX], path[QUEUE_PATH];
		struct acted acted;
		int fd;

		put_letter(queues[i], &(struct letter){ .to = TO("x.example") }, id);
		assert_true(queuedir_find(&dirs, queues[i], id, path));
		assert_true((fd = open(path, O_RDONLY)) >= 0 && flock(fd, LOCK_SH) == 0);
		assert_int_equal(queue_act(&dirs, ACT_DELETE, ~0u, id, &acted), busy ? ACT_BUSY : ACT_DONE);
		close(fd);
		assert_int_equal(queue_act(&dirs, ACT_DELETE, ~0u, id, &acted), busy ? ACT_DONE : ACT_ABSENT);
	}
}

static void
damage_can_be_moved_but_not_expired(void **state)
{
	char id[QUEUEID_MAX], path[QUEUE_PATH];
	struct acted acted;

	(void)state;
	put_letter(QUEUE_DEFERRED, &(struct letter){ .to = TO("x.example") }, id);
	assert_true(queuedir_find(&dirs, QUEUE_DEFERRED, id, path));
	assert_int_equal(truncate(path, 90), 0);
	assert_int_equal(queue_act(&dirs, ACT_EXPIRE, ~0u, id, &acted), ACT_FAILED);
	assert_int_equal(queue_act(&dirs, ACT_HOLD, ~0u, id, &acted), ACT_DONE);
	assert_int_equal(queue_act(&dirs, ACT_DELETE, ~0u, id, &acted), ACT_DONE);
}

static void
names(void **state)
{
	enum queue_action act;

	(void)state;
	for (int i = 0; i < ACTIONS; i++) {
		assert_true(queue_action_by_name(queue_action_name((enum queue_action)i), &act));
		assert_int_equal(act, i);
	}
	assert_false(queue_action_by_name("burn", &act));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(where_they_go, begin, end),
		cmocka_unit_test_setup_teardown(only_where_it_is_told_to, begin, end),
		cmocka_unit_test_setup_teardown(what_somebody_has_is_left_alone, begin, end),
		cmocka_unit_test_setup_teardown(damage_can_be_moved_but_not_expired, begin, end),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
