/* SPDX-License-Identifier: Apache-2.0 */
/* deliver_before_flush, as qmgr sees it: the test is cleanup, and flushes, fails or goes as it likes. */
#include "tests/qmgr/early_scene.h"

static int
end(void **state)
{
	(void)state;
	suite_end();
	return 0;
}

static void
delivered_before_it_is_durable(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, "");
	for (int n = 0; n < 5; n++) {
		offer(&s, &(struct letter){ .to = TO("ok.example", "slow.example", "ok.other") });
		assert_true(settled(&s));
		assert_null(open_letter(QUEUE_INCOMING, s.id));
		assert_int_equal(files_in(QUEUE_ACTIVE), 0);
		assert_int_equal(count("delivered", s.id), 3);
		let_go(&s);
	}
	WAIT_FOR(count("log", ": removed") == 5);
	over(&s);
}

/* What is not delivered to all waits for the flush: no notice, no deferring before it. */
static void
what_outlasts_it_waits(void **state)
{
	static const char *const to[] = { "later.example", "never.example" };
	struct scene s;
	struct qfile *f;

	(void)state;
	begin(&s, "");
	for (int n = 0; n < 2; n++) {
		offer(&s, &(struct letter){ .to = TO("ok.example", to[n]) });
		assert_false(settled(&s));
		WAIT_FOR(count("delivered", s.id) == 1);
		pause_ms(300);
		assert_non_null(f = open_letter(QUEUE_INCOMING, s.id));
		qfile_free(&f);
		assert_int_equal(count("bounced", s.id), 0);
		committed(&s);
		if (n == 0)
			qfile_free(&(struct qfile *){ wait_for_letter(QUEUE_DEFERRED, s.id) });
		else
			WAIT_FOR(count("log", ": removed") == 1);
		assert_int_equal(count("bounced", s.id), n);
	}
	assert_int_equal(count("delivered", "\n"), 2);
	over(&s);
}

/* Of its only recipient: the client may be told; when it was, nobody else is, and when it was not, the sender is. */
static void
a_refusal(void **state)
{
	struct qmgr_settled answer;
	char path[QUEUE_PATH];
	struct scene s;

	(void)state;
	begin(&s, "");
	for (int told = 0; told < 2; told++) {
		offer(&s, &(struct letter){ .to = TO("never.example") });
		assert_true(qmgr_settled_read(s.i, &s.mem, &answer));
		assert_false(answer.delivered);
		assert_int_equal(answer.code, 550);
		assert_string_equal(answer.dsn, "5.1.1");
		assert_string_equal(answer.text, "no such user");
		if (!told) {
			committed(&s);
			WAIT_FOR(count("log", ": removed") == 1);
			assert_int_equal(count("bounced", s.id), 1);
			continue;
		}
		snprintf(path, sizeof(path), "incoming/%s", s.id);
		assert_int_equal(unlink(path), 0);
		let_go(&s);
		qmgr_failed_send(s.i, &(struct qmgr_failed){ .queue_id = s.id, .refused = true });
		assert_true(ipc_flush(s.i));
		WAIT_FOR(count("log", "removed, its client was told of the refusal") == 1);
	}
	offer(&s, &(struct letter){ .to = TO("ok.example") });
	assert_true(settled(&s));
	assert_int_equal(count("bounced", "\n"), 1);
	assert_int_equal(count("log", "warning: "), 0);
	let_go(&s);
	over(&s);
}

static void
from_memory(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, "");
	for (int n = 0; n < 5; n++) {
		offer_memory(&s, &(struct letter){ .to = TO("ok.example") });
		assert_true(settled(&s));
		assert_int_equal(count("delivered", s.id), 1);
	}
	/* What is refused or deferred is written down when there is a file. */
	offer_memory(&s, &(struct letter){ .to = TO("later.example") });
	assert_false(settled(&s));
	pause_ms(100);
	assert_int_equal(files_in(QUEUE_DEFERRED), 0);
	make_file(&s);
	committed(&s);
	qfile_free(&(struct qfile *){ wait_for_letter(QUEUE_DEFERRED, s.id) });
	offer_memory(&s, &(struct letter){ .to = TO("never.example") });
	assert_false(settled(&s));
	pause_ms(100);
	assert_int_equal(count("bounced", "\n"), 0);
	make_file(&s);
	committed(&s);
	WAIT_FOR(count("bounced", s.id) == 1);
	WAIT_FOR(count("log", ": removed") == 6);
	assert_int_equal(files_in(QUEUE_INCOMING) + files_in(QUEUE_ACTIVE), 0);
	over(&s);
	qmgr_stop();
}

/* Once cleanup waits no longer, "delivered" comes only with the file: or it would be found and delivered again. */
static void
from_memory_too_late(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, "");
	offer_memory(&s, &(struct letter){ .to = TO("waits.example") });
	WAIT_FOR(count("started", "started") == 1);
	qmgr_waited_send(s.i, &(struct qmgr_waited){ .queue_id = s.id });
	assert_true(ipc_flush(s.i));
	assert_false(settled(&s));
	put_line("go", "");
	WAIT_FOR(count("delivered", s.id) == 1);
	make_file(&s);
	ask_qmgr(qmgr_flush_msg(), &(struct qmgr_flush){}); /* it looks through incoming/ */
	pause_ms(300);
	assert_int_equal(count("log", ": removed"), 0);
	committed(&s);
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(files_in(QUEUE_INCOMING) + files_in(QUEUE_ACTIVE), 0);
	assert_int_equal(count("delivered", s.id), 1);
	/* One that is deleted meanwhile is deleted when there is something to delete. */
	unlink("go");
	offer_memory(&s, &(struct letter){ .to = TO("waits.example") });
	WAIT_FOR(count("started", "started") == 2);
	ask_qmgr(qmgr_admin_msg(), &(struct qmgr_admin){ .action = "delete", .queue_id = s.id, .queues = "" });
	put_line("go", "");
	assert_false(settled(&s));
	make_file(&s);
	committed(&s);
	WAIT_FOR(files_in(QUEUE_INCOMING) + files_in(QUEUE_ACTIVE) == 0);
	over(&s);
}

/* Its agent has the lock of the file that was made of it. */
static void
qmgr_goes_away_from_memory(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, "smtp_destination_concurrency_limit = 200\nsmtp_initial_destination_concurrency = 200\n");
	for (int n = 0; n < 20; n++) {
		offer_memory(&s, &(struct letter){ .to = TO("waits.example") });
		WAIT_FOR(count("started", "started") == n + 1);
		qmgr_waited_send(s.i, &(struct qmgr_waited){ .queue_id = s.id });
		assert_true(ipc_flush(s.i));
		assert_false(settled(&s));
		make_file(&s);
		committed(&s);
	}
	WAIT_FOR(files_in(QUEUE_ACTIVE) == 20);
	qmgr_kill();
	over(&s);
	qmgr_start();
	WAIT_FOR(count("log", "a delivery agent still has it") == 20);
	put_line("go", "");
	WAIT_FOR(count("log", ": removed") == 20);
	assert_int_equal(count("delivered", "\n"), 20);
}

/* Nobody was told anything of what has no file; what has one may have been promised. */
static void
cleanup_goes_away_from_memory(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, "");
	for (int made = 0; made < 2; made++) {
		unlink("go");
		offer_memory(&s, &(struct letter){ .to = TO("waits.example") });
		WAIT_FOR(count("started", "started") == made + 1);
		if (made) {
			qmgr_waited_send(s.i, &(struct qmgr_waited){ .queue_id = s.id });
			assert_true(ipc_flush(s.i));
			assert_false(settled(&s));
			make_file(&s);
		}
		over(&s);
		pause_ms(100);
		put_line("go", "");
		WAIT_FOR(count("delivered", "\n") == made + 1);
		WAIT_FOR(count("log", ": removed") == made);
		s.mem = (struct arena)ARENA(1 << 20);
		s.i = to_qmgr(&s.mem);
	}
	assert_int_equal(count("log", "given up"), 1);
	WAIT_FOR(files_in(QUEUE_INCOMING) + files_in(QUEUE_ACTIVE) == 0);
	assert_int_equal(count("delivered", s.id), 1);
	over(&s);
}

static void
cleanup_waits_no_longer(void **state)
{
	struct scene s;
	struct qfile *f;

	(void)state;
	begin(&s, "");
	offer(&s, &(struct letter){ .to = TO("waits.example") });
	WAIT_FOR(count("started", "started") == 1);
	committed(&s);
	f = wait_for_letter(QUEUE_ACTIVE, s.id);
	qfile_free(&f);
	/* The connection is free for the next. */
	offer(&s, &(struct letter){ .to = TO("ok.example") });
	assert_true(settled(&s));
	let_go(&s);
	put_line("go", "");
	WAIT_FOR(files_in(QUEUE_ACTIVE) == 0);
	assert_int_equal(count("delivered", "\n"), 2);
	over(&s);
	qmgr_stop();
}

static void
the_flush_fails(void **state)
{
	char path[QUEUE_PATH];
	struct scene s;

	(void)state;
	begin(&s, "");
	offer(&s, &(struct letter){ .to = TO("waits.example", "never.example") });
	assert_false(settled(&s));
	WAIT_FOR(count("started", "started") == 1);
	snprintf(path, sizeof(path), "incoming/%s", s.id);
	assert_int_equal(unlink(path), 0);
	let_go(&s);
	qmgr_failed_send(s.i, &(struct qmgr_failed){ .queue_id = s.id });
	assert_true(ipc_flush(s.i));
	WAIT_FOR(count("log", "warning: ") == 1);
	assert_int_equal(count("log", "could not be made durable"), 1);
	put_line("go", "");
	offer(&s, &(struct letter){ .to = TO("ok.example") });
	assert_true(settled(&s));
	let_go(&s);
	WAIT_FOR(files_in(QUEUE_INCOMING) == 0 && files_in(QUEUE_ACTIVE) == 0);
	assert_int_equal(count("bounced", "\n"), 0);
	over(&s);
}

/* Nobody was told anything, but the file is whole. */
static void
cleanup_goes_away(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, "");
	offer(&s, &(struct letter){ .to = TO("waits.example", "never.example") });
	assert_false(settled(&s));
	let_go(&s);
	over(&s);
	put_line("go", "");
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(count("bounced", s.id), 1);
	assert_int_equal(count("delivered", s.id), 1);
}

/* An agent has it, and cleanup has made it durable meanwhile: the next qmgr waits for the agent. */
static void
qmgr_goes_away(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, "");
	offer(&s, &(struct letter){ .to = TO("waits.example", "ok.example") });
	WAIT_FOR(count("started", "started") == 1 && count("delivered", s.id) == 1);
	qmgr_kill();
	over(&s);
	let_go(&s);
	qmgr_start();
	s.mem = (struct arena)ARENA(1 << 20);
	s.i = to_qmgr(&s.mem);
	qmgr_news_send(s.i, &(struct qmgr_news){ .queue_id = s.id, .rescan = true, .look = true });
	assert_true(ipc_flush(s.i));
	WAIT_FOR(count("log", "a delivery agent still has it") == 1);
	put_line("go", "");
	WAIT_FOR(count("log", ": removed") == 1);
	assert_int_equal(count("delivered", s.id), 2);
	over(&s);
}

/* Before all of that is done: the administrator's wishes, a full house, a second one on the same connection. */
static void
other_wishes(void **state)
{
	struct scene s;
	struct qfile *f;

	(void)state;
	begin(&s, "qmgr_message_active_limit = 2\n");
	offer(&s, &(struct letter){ .to = TO("waits.example", "later.example") });
	assert_false(settled(&s));
	ask_qmgr(qmgr_admin_msg(), &(struct qmgr_admin){ .action = "hold", .queue_id = s.id, .queues = "" });
	put_line("go", "");
	WAIT_FOR(count("delivered", s.id) == 1);
	assert_int_equal(files_in(QUEUE_HOLD), 0);
	committed(&s);
	f = wait_for_letter(QUEUE_HOLD, s.id);
	qfile_free(&f);
	offer(&s, &(struct letter){ .to = TO("waits.example") });
	ask_qmgr(qmgr_admin_msg(), &(struct qmgr_admin){ .action = "delete", .queue_id = s.id, .queues = "" });
	/* Delivered or deleted, it is gone; nobody has to flush anything for it, but cleanup may. */
	settled(&s);
	let_go(&s);
	WAIT_FOR(files_in(QUEUE_INCOMING) == 0);
	unlink("go");
	for (int n = 0; n < 2; n++)
		send_letter(&(struct letter){ .to = TO("waits.example") }, s.id);
	WAIT_FOR(files_in(QUEUE_ACTIVE) == 2);
	offer(&s, &(struct letter){ .to = TO("ok.example") });
	assert_false(settled(&s));
	let_go(&s);
	put_line("go", "");
	over(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(delivered_before_it_is_durable, end),
		cmocka_unit_test_teardown(what_outlasts_it_waits, end),
		cmocka_unit_test_teardown(a_refusal, end),
		cmocka_unit_test_teardown(from_memory, end),
		cmocka_unit_test_teardown(from_memory_too_late, end),
		cmocka_unit_test_teardown(qmgr_goes_away_from_memory, end),
		cmocka_unit_test_teardown(cleanup_goes_away_from_memory, end),
		cmocka_unit_test_teardown(cleanup_waits_no_longer, end),
		cmocka_unit_test_teardown(the_flush_fails, end),
		cmocka_unit_test_teardown(cleanup_goes_away, end),
		cmocka_unit_test_teardown(qmgr_goes_away, end),
		cmocka_unit_test_teardown(other_wishes, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
