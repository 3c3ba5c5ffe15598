/* SPDX-License-Identifier: Apache-2.0 */
/* Messages through a real qmgr: delivered, deferred, returned, held, expired. */
#include "tests/qmgr/suite.h"

static int
end(void **state)
{
	(void)state;
	suite_end();
	return 0;
}

static void
delivered_at_once(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	all_servants();
	send_letter(&(struct letter){ .to = TO("ok.example") }, id);
	WAIT_FOR(count("log", ": removed") == 1);
	WAIT_FOR(count("log", "from=<from@sender.example>, size=21, nrcpt=1 (queue active)") == 1);
	assert_int_equal(count("delivered", id), 1);
	assert_int_equal(files_in(QUEUE_INCOMING) + files_in(QUEUE_ACTIVE) + files_in(QUEUE_DEFERRED), 0);
	assert_false(exists("asked")); /* the stored route was good enough */
	assert_true(qmgr_stop() < 3000);
}

static void
many_recipients(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin(
	    "smtp_destination_recipient_limit = 7\nqmgr_message_recipient_limit = 100\ndefault_recipient_limit = 50");
	all_servants();
	send_letter(&(struct letter){ .to = TO("ok.example"), .many = 1000 }, id);
	send_letter(&(struct letter){ .to = TO("ok.a", "ok.b", "ok.c", "ok.a", "ok.b", "ok.d"), .no_route = true }, id);
	WAIT_FOR(count("log", ": removed") == 2);
	assert_int_equal(count("delivered", "\n"), 1006);
	assert_int_equal(count("asked", "asked"), 6);
	for (int i = 0; i < 1000; i += 37) {
		char line[64];

		snprintf(line, sizeof(line), " u%d@ok.example\n", i);
		assert_int_equal(count("delivered", line), 1);
	}
}

static void
deferred_and_tried_again(void **state)
{
	struct arena mem = ARENA(1 << 16);
	struct history h;
	struct slot slot;
	struct stat st;
	struct qfile *f;
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	all_servants();
	send_letter(&(struct letter){ .to = TO("later.example", "ok.example") }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 1);
	f = wait_for_letter(QUEUE_DEFERRED, id);
	assert_int_equal(fstat(qfile_fd(f), &st), 0);
	assert_true(labs(st.st_mtim.tv_sec - (now_us() / 1000000 + 300)) <= 2);
	assert_true(qfile_slot(f, 0, &slot));
	assert_int_equal(slot.state, SLOT_OPEN);
	assert_int_equal(slot.attempts, 1);
	assert_true(qfile_history_at(f, slot.history_at, &mem, &h));
	assert_string_equal(h.text, "mailbox full");
	assert_true(qfile_slot(f, 1, &slot));
	assert_int_equal(slot.state, SLOT_DELIVERED);
	qfile_free(&f);
	assert_false(exists("asked"));

	/* Not before its time; a flush makes it due, and asks for its route anew. */
	put_line("better", "");
	pause_ms(300);
	assert_int_equal(files_in(QUEUE_DEFERRED), 1);
	assert_int_equal(ask_qmgr(qmgr_flush_msg(), &(struct qmgr_flush){}), 0);
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(count("delivered", "u0@later.example"), 1);
	assert_int_equal(count("delivered", "u1@ok.example"), 1);
	assert_int_equal(count("asked", "asked"), 1);
	arena_free(&mem);
}

static void
its_time_comes(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("minimal_backoff_time = 2s");
	all_servants();
	send_letter(&(struct letter){ .to = TO("later.example") }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 1);
	put_line("better", "");
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(count("delivered", id), 1);
}

static void
failures_are_told_once(void **state)
{
	struct slot slot;
	struct qfile *f;
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	all_servants();
	send_letter(&(struct letter){ .to = TO("never.example", "later.example", "ok.example", "never.other") }, id);
	f = wait_for_letter(QUEUE_DEFERRED, id);
	assert_int_equal(count("bounced", id), 2);
	WAIT_FOR(count("log", "sender non-delivery notification: 4bNotice") == 1);
	assert_true(qfile_slot(f, 0, &slot));
	assert_int_equal(slot.state, SLOT_NOTIFIED);
	qfile_free(&f);
	put_line("better", "");
	ask_qmgr(qmgr_flush_msg(), &(struct qmgr_flush){});
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(count("bounced", id), 2);
	assert_int_equal(count("delivered", id), 2);

	send_letter(&(struct letter){ .to = TO("never.example") }, id);
	WAIT_FOR(count("log", ": removed") == 2);
	assert_int_equal(count("bounced", id), 1);
}

static void
a_notice_waits_for_bounce(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	servant("private/smtp", agent);
	qmgr_start();
	send_letter(&(struct letter){ .to = TO("never.example") }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 1);
	WAIT_FOR(count("log", "warning: service private/bounce") == 1);
	servant("private/bounce", bounce);
	ask_qmgr(qmgr_flush_msg(), &(struct qmgr_flush){});
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(count("bounced", id), 1);
}

static void
too_old(void **state)
{
	char id[QUEUEID_MAX], notice[QUEUEID_MAX];
	long yesterday = now_us() - 86400 * 1000000L;

	(void)state;
	suite_begin("maximal_queue_lifetime = 2d\nbounce_queue_lifetime = 5h");
	all_servants();
	send_letter(&(struct letter){ .to = TO("later.example", "ok.example"), .arrival_us = yesterday }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 1);
	send_letter(
	    &(struct letter){ .to = TO("later.example", "ok.example"), .sender = "", .arrival_us = yesterday }, notice);
	WAIT_FOR(count("log", ": removed") == 1);
	WAIT_FOR(count("log", "from=<>, status=expired, returned to sender") == 1);
	assert_int_equal(count("bounced", "0 expired"), 1);
	assert_int_equal(count("bounced", notice), 1);
	assert_int_equal(count("bounced", id), 0);
}

static void
held_and_released(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	all_servants();
	send_letter(&(struct letter){ .to = TO("ok.example"), .hold = "header Subject: x" }, id);
	WAIT_FOR(files_in(QUEUE_HOLD) == 1);
	assert_int_equal(ask_qmgr(qmgr_admin_msg(), &(struct qmgr_admin){ .action = "release", .queue_id = id }), 1);
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(count("delivered", id), 1);
}

static void
a_dead_destination(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("smtp_destination_recipient_limit = 2\nsmtp_initial_destination_concurrency = 2");
	all_servants();
	send_letter(&(struct letter){ .to = TO("down.example"), .many = 100 }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 1);
	/* Some were tried, the rest was spared; all are told in the log. */
	WAIT_FOR(count("log", "status=deferred") == 100);
	WAIT_FOR(count("log", "relay=none, delay=0") > 80);
	WAIT_FOR(
	    count("log",
		"dsn=4.4.1, status=deferred (delivery temporarily suspended: connect to down.example[192.0.2.1]:25: "
		"Connection refused)") > 80);
	/* Other mail for it is spared at once. */
	send_letter(&(struct letter){ .to = TO("down.example", "ok.example") }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 2);
	WAIT_FOR(count("log", "status=deferred") == 101);
	assert_int_equal(count("delivered", id), 1);
	put_line("better", "");
	ask_qmgr(qmgr_flush_msg(), &(struct qmgr_flush){});
	WAIT_FOR(count("log", ": removed") == 2);
	assert_int_equal(count("delivered", "\n"), 102);
}

static void
a_transport_that_is_not_there(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("transport_retry_time = 1s");
	servant("private/rewrite", rewrite);
	qmgr_start();
	send_letter(&(struct letter){ .to = TO("ok.example") }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 1);
	WAIT_FOR(count("log", "warning: connect to transport private/smtp: ") == 1);
	WAIT_FOR(count("log", "dsn=4.3.0, status=deferred (mail transport unavailable)") == 1);
	servant("private/smtp", agent);
	ask_qmgr(qmgr_flush_msg(), &(struct qmgr_flush){});
	WAIT_FOR(count("log", ": removed") == 1);
}

static void
an_agent_that_crashes(void **state)
{
	char id[QUEUEID_MAX], other[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	all_servants();
	send_letter(&(struct letter){ .to = TO("crash.example", "ok.example") }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 1);
	WAIT_FOR(count("log", "status=deferred (unknown mail transport error)") == 1);
	WAIT_FOR(count("log", "see a previous warning/fatal/panic logfile record") == 1);
	send_letter(&(struct letter){ .to = TO("ok.example") }, other);
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(count("delivered", id), 1);
	assert_int_equal(count("delivered", other), 1);
}

static void
routes_wait_for_their_service(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	servant("private/smtp", agent);
	servant("private/bounce", bounce);
	qmgr_start();
	send_letter(&(struct letter){ .to = TO("ok.example"), .no_route = true }, id);
	WAIT_FOR(count("log", "warning: service private/rewrite") == 1);
	servant("private/rewrite", rewrite);
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(count("delivered", id), 1);
}

static void
more_than_fits(void **state)
{
	char id[QUEUEID_MAX];
	struct arena mem = ARENA(1 << 16);
	struct qmgr_slow slow;
	struct ipc *i;

	(void)state;
	suite_begin("qmgr_message_active_limit = 10");
	all_servants();
	i = to_qmgr(&mem);
	for (int k = 0; k < 60; k++) {
		write_letter(&(struct letter){ .to = TO("waits.example") }, id);
		qmgr_news_send(i, &(struct qmgr_news){ .queue_id = id });
		assert_true(ipc_flush(i));
	}
	assert_true(qmgr_slow_read(i, &mem, &slow));
	assert_true(slow.slow);
	assert_true(files_in(QUEUE_ACTIVE) <= 10);
	WAIT_FOR(count("log", "warning: mail for waits.example is using up ") == 1);
	put_line("go", "");
	WAIT_FOR(count("log", ": removed") == 60);
	assert_int_equal(count("delivered", "\n"), 60);
	assert_true(qmgr_slow_read(i, &mem, &slow));
	assert_false(slow.slow);
	ipc_free(&i);
	arena_free(&mem);
}

static void
hurried(void **state)
{
	char one[QUEUEID_MAX], two[QUEUEID_MAX], three[QUEUEID_MAX];

	(void)state;
	suite_begin("");
	all_servants();
	send_letter(&(struct letter){ .to = TO("later.one") }, one);
	send_letter(&(struct letter){ .to = TO("later.two") }, two);
	send_letter(&(struct letter){ .to = TO("later.three") }, three);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 3);
	put_line("better", "");
	assert_int_equal(ask_qmgr(qmgr_flush_one_msg(), &(struct qmgr_flush_one){ .queue_id = two }), 1);
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(count("delivered", two), 1);
	assert_int_equal(ask_qmgr(qmgr_flush_one_msg(), &(struct qmgr_flush_one){ .queue_id = two }), -1);
	assert_int_equal(ask_qmgr(qmgr_flush_site_msg(), &(struct qmgr_flush_site){ .site = "LATER.three" }), 1);
	WAIT_FOR(count("log", ": removed") == 2);
	assert_int_equal(count("delivered", three), 1);
	/* After a restart the domains are not known: the files are asked. */
	qmgr_stop();
	qmgr_start();
	ask_qmgr(qmgr_flush_site_msg(), &(struct qmgr_flush_site){ .site = "nowhere.example" });
	ask_qmgr(qmgr_flush_site_msg(), &(struct qmgr_flush_site){ .site = "later.one" });
	WAIT_FOR(count("log", ": removed") == 3);
	assert_int_equal(count("delivered", one), 1);
}

static void
waits_until_flushed(void **state)
{
	char id[QUEUEID_MAX];

	(void)state;
	suite_begin("defer_transports = other, smtp");
	all_servants();
	send_letter(&(struct letter){ .to = TO("ok.example") }, id);
	WAIT_FOR(files_in(QUEUE_DEFERRED) == 1);
	WAIT_FOR(count("log", "dsn=4.3.2, status=deferred (deferred transport)") == 1);
	ask_qmgr(qmgr_flush_msg(), &(struct qmgr_flush){});
	WAIT_FOR(count("log", ": removed") == 1);
}

static void
the_end_of_a_double_bounce(void **state)
{
	char id[QUEUEID_MAX];
	struct letter l = { .to = TO("test.example"), .sender = "" };

	(void)state;
	suite_begin("double_bounce_sender = u0");
	all_servants();
	send_letter(&l, id);
	WAIT_FOR(count("log", ": removed") == 1);
	WAIT_FOR(count("log", "status=sent (undeliverable postmaster notification discarded)") == 1);
	assert_false(exists("delivered"));
}

static void
soft(void **state)
{
	char id[QUEUEID_MAX];
	struct slot slot;
	struct qfile *f;

	(void)state;
	suite_begin("soft_bounce = yes");
	all_servants();
	send_letter(&(struct letter){ .to = TO("never.example") }, id);
	f = wait_for_letter(QUEUE_DEFERRED, id);
	assert_true(qfile_slot(f, 0, &slot));
	assert_int_equal(slot.state, SLOT_OPEN);
	assert_false(exists("bounced"));
	qfile_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(delivered_at_once, end),
		cmocka_unit_test_teardown(many_recipients, end),
		cmocka_unit_test_teardown(deferred_and_tried_again, end),
		cmocka_unit_test_teardown(its_time_comes, end),
		cmocka_unit_test_teardown(failures_are_told_once, end),
		cmocka_unit_test_teardown(a_notice_waits_for_bounce, end),
		cmocka_unit_test_teardown(too_old, end),
		cmocka_unit_test_teardown(held_and_released, end),
		cmocka_unit_test_teardown(a_dead_destination, end),
		cmocka_unit_test_teardown(a_transport_that_is_not_there, end),
		cmocka_unit_test_teardown(an_agent_that_crashes, end),
		cmocka_unit_test_teardown(routes_wait_for_their_service, end),
		cmocka_unit_test_teardown(more_than_fits, end),
		cmocka_unit_test_teardown(hurried, end),
		cmocka_unit_test_teardown(waits_until_flushed, end),
		cmocka_unit_test_teardown(the_end_of_a_double_bounce, end),
		cmocka_unit_test_teardown(soft, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
