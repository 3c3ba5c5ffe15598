/* SPDX-License-Identifier: Apache-2.0 */
/* What an administrator asks for: done at once, or after what agents have is finished. */
#include "tests/qmgr/suite.h"

static int
end(void **state)
{
	(void)state;
	suite_end();
	return 0;
}

static long
admin(const char *action, const char *id, const char *queues)
{
	return ask_qmgr(qmgr_admin_msg(), &(struct qmgr_admin){ .action = action, .queue_id = id, .queues = queues });
}

/* Who is told that it was done looks for it at once. */
static void
done_means_done(void **state)
{
	char flying[QUEUEID_MAX], one[QUEUEID_MAX], two[QUEUEID_MAX];

	(void)state;
	suite_begin("smtp_destination_concurrency_limit = 1\nsmtp_initial_destination_concurrency = 1\n");
	all_servants();
	send_letter(&(struct letter){ .to = TO("waits.example") }, flying);
	WAIT_FOR(count("started", "started") == 1);
	for (int n = 0; n < 20; n++) {
		send_letter(&(struct letter){ .to = TO("waits.example") }, one);
		send_letter(&(struct letter){ .to = TO("waits.example") }, two);
		WAIT_FOR(files_in(QUEUE_ACTIVE) == 3);
		assert_int_equal(ask_qmgr(qmgr_admin_msg(),
				     &(struct qmgr_admin){ .action = "aside", .queue_id = one, .queues = "" }),
		    1);
		assert_int_equal(files_in(QUEUE_HOLD), 1);
		assert_int_equal(ask_qmgr(qmgr_admin_msg(),
				     &(struct qmgr_admin){ .action = "delete", .queue_id = two, .queues = "" }),
		    1);
		assert_int_equal(files_in(QUEUE_ACTIVE), 1);
		assert_int_equal(ask_qmgr(qmgr_admin_msg(),
				     &(struct qmgr_admin){ .action = "delete", .queue_id = one, .queues = "" }),
		    1);
		assert_int_equal(files_in(QUEUE_HOLD), 0);
	}
	/* What an agent has is not there to be put aside. */
	assert_int_equal(
	    ask_qmgr(qmgr_admin_msg(), &(struct qmgr_admin){ .action = "aside", .queue_id = flying, .queues = "" }),
	    -1);
	put_line("go", "");
	WAIT_FOR(everywhere() == 0);
}

/* Its file is gone when that is said, so that no start finds it; the agent ends with its descriptor. */
static void
deleted_in_flight(const char *id)
{
	char flying[QUEUEID_MAX];

	suite_begin("");
	all_servants();
	send_letter(&(struct letter){ .to = TO("waits.example", "later.example", "never.example") }, flying);
	WAIT_FOR(count("started", "started") == 1 && count("log", "status=bounced") == 1);
	assert_int_equal(admin("delete", id != NULL ? id : flying, ""), 1);
	assert_int_equal(everywhere(), 0);
	put_line("go", "");
	WAIT_FOR(count("delivered", flying) == 1);
	assert_int_equal(qmgr_stop() < 3000, 1);
	/* No notice, and nothing that comes back. */
	assert_int_equal(everywhere(), 0);
	assert_false(exists("bounced"));
	assert_int_equal(count("log", "error: "), 0);
	suite_end();
}

static void
deletion_does_not_wait_for_an_agent(void **state)
{
	(void)state;
	deleted_in_flight(NULL);
	deleted_in_flight("ALL");
}

static void
what_postsuper_asks(void **state)
{
	char flying[QUEUEID_MAX], id[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	all_servants();
	for (int i = 0; i < 5; i++)
		send_letter(&(struct letter){ .to = TO("later.example") }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 5);
	assert_int_equal(admin("delete", "4bQnone", ""), -1);
	assert_int_equal(admin("delete", "../incoming", ""), -1);
	assert_int_equal(admin("burn", id, ""), -1);
	assert_int_equal(admin("delete", id, "hold"), -1);
	assert_int_equal(admin("delete", id, "hold deferred"), 1);
	assert_int_equal(files_in(QUEUE_DEFERRED), 4);
	assert_int_equal(admin("hold", "ALL", ""), 4);
	assert_int_equal(files_in(QUEUE_HOLD), 4);
	put_line("better", "");
	assert_int_equal(admin("release", "ALL", ""), 4);
	WAIT_FOR(count("log", ": removed") == 4);

	/* In flight: it is delivered to the end, and then is as wanted. */
	send_letter(&(struct letter){ .to = TO("waits.example", "never.example"), .many = 0 }, flying);
	WAIT_FOR(count("started", "started") == 1);
	assert_int_equal(admin("hold", flying, ""), 1);
	pause_ms(100);
	assert_int_equal(files_in(QUEUE_ACTIVE), 1);
	put_line("go", "");
	WAIT_FOR(files_in(QUEUE_HOLD) == 1);
	assert_int_equal(files_in(QUEUE_ACTIVE), 0);
	assert_int_equal(admin("delete", "ALL", "hold"), 1);
	assert_int_equal(everywhere(), 0);
}

static void
expired_by_force(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	all_servants();
	send_letter(&(struct letter){ .to = TO("later.example") }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 1);
	assert_int_equal(admin("expire", id, ""), 1);
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(count("log", "status=force-expired, returned to sender"), 1);
	assert_int_equal(count("bounced", id), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(done_means_done, end),
		cmocka_unit_test(deletion_does_not_wait_for_an_agent),
		cmocka_unit_test_teardown(what_postsuper_asks, end),
		cmocka_unit_test_teardown(expired_by_force, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
