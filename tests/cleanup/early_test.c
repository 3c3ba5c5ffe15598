/* SPDX-License-Identifier: Apache-2.0 */
/* deliver_before_flush, as cleanup sees it: the test is qmgr, and answers as it likes. */
#include "tests/cleanup/place.h"

struct scene {
	struct place p;
	struct ipc *i, *q;
	int listener;
};

static void
open_scene(struct scene *s)
{
	static const char *const more[3] = { "deliver_before_flush=yes", "refuse_before_flush=yes" };

	*s = (struct scene){ .listener = -1 };
	place_open(&s->p, more);
	/* A disk so slow that this test, on whatever machine, answers in time. */
	for (int n = 0; n < 10; n++)
		news_flushed(s->p.shared.news, 60000000);
	s->listener = listen_as_qmgr();
	s->i = place_connect(&s->p);
}

static void
close_scene(struct scene *s)
{
	place_hang_up(&s->p, &s->i);
	ipc_free(&s->q);
	close(s->listener);
	place_close(&s->p);
}

/* All of a message but the answer. */
static void
send_message(struct scene *s, const char *origin, int rcpts, const char *rcpt)
{
	char address[64];

	place_mail(&s->p, s->i, &(struct cleanup_mail){ .sender = "a@b.example", .origin = origin });
	for (int n = 0; n < rcpts; n++) {
		snprintf(address, sizeof(address), "joe%d@%s", n, rcpt);
		place_rcpt(s->i, address);
	}
	place_content(s->i, "A: 1\r\n\r\ntext\r\n");
	cleanup_commit_send(s->i, &(struct cleanup_commit){});
	assert_true(ipc_flush(s->i));
}

static const char *
expect_done(struct scene *s, int code)
{
	struct cleanup_done done;

	if (!cleanup_done_read(s->i, &s->p.mem, &done))
		fail_msg("no answer: %s", ipc_why(s->i));
	assert_int_equal(done.code, code);
	return done.queue_id != NULL ? done.queue_id : "";
}

static const char *
expect_pending(struct scene *s)
{
	struct qmgr_pending pending;

	if (s->q == NULL)
		s->q = answer_call(s->listener);
	if (!qmgr_pending_read(s->q, &s->p.mem, &pending))
		fail_msg("nothing pending: %s", ipc_why(s->q));
	return pending.queue_id;
}

static struct qmgr_news
expect_news(struct scene *s)
{
	struct qmgr_news news;

	if (s->q == NULL)
		s->q = answer_call(s->listener);
	if (!qmgr_news_read(s->q, &s->p.mem, &news))
		fail_msg("no news: %s", ipc_why(s->q));
	return news;
}

static void
settle(struct scene *s, const char *id, bool delivered)
{
	qmgr_settled_send(s->q, &(struct qmgr_settled){ .queue_id = id, .delivered = delivered });
	assert_true(ipc_flush(s->q));
}

/* The message that came with the last question, which has no file: whole, and nobody can change it. */
static void
check_memory(struct scene *s, const char *id)
{
	int fd = conn_take_fd(ipc_conn(s->q));
	enum qfile_state state;
	struct qfile *f;

	assert_true(fd >= 0);
	assert_int_equal(place_files(), 0);
	assert_true(pwrite(fd, "x", 1, 0) < 0 && ftruncate(fd, 0) < 0);
	assert_non_null(f = qfile_open_fd(fd, QFILE_READ, &state, &s->p.why));
	assert_string_equal(qfile_id(f), id);
	assert_true(qfile_body_ok(f));
	qfile_free(&f);
}

static void
expect_waited(struct scene *s, const char *id)
{
	struct qmgr_waited waited;

	if (!qmgr_waited_read(s->q, &s->p.mem, &waited))
		fail_msg("it waits: %s", ipc_why(s->q));
	assert_string_equal(waited.queue_id, id);
}

static void
remove_and_settle(struct scene *s, const char *id)
{
	assert_int_equal(unlinkat(s->p.shared.incoming, id, 0), 0);
	settle(s, id, true);
}

static void
what_is_delivered_needs_no_disk(void **state)
{
	struct qmgr_news news;
	struct scene s;
	const char *id;

	(void)state;
	open_scene(&s);
	for (int n = 0; n < 3; n++) {
		send_message(&s, "network", 2, "far.example");
		id = expect_pending(&s);
		/* It is whole, and an agent may lock it. */
		qfile_free(&(struct qfile *){ place_file(&s.p, id) });
		remove_and_settle(&s, id);
		assert_string_equal(expect_done(&s, 250), id);
	}
	/* What qmgr cannot deliver at once is flushed, and it hears so. */
	send_message(&s, "network", 1, "far.example");
	id = expect_pending(&s);
	settle(&s, id, false);
	assert_string_equal(expect_done(&s, 250), id);
	news = expect_news(&s);
	assert_string_equal(news.queue_id, id);
	assert_false(news.look || news.rescan);
	place_remove(&s.p, id);
	close_scene(&s);
}

/* With a single recipient there is no file before one is needed. */
static void
what_passes_through_has_no_file(void **state)
{
	struct scene s;
	const char *id;

	(void)state;
	open_scene(&s);
	for (int n = 0; n < 3; n++) {
		send_message(&s, "network", 1, "far.example");
		id = expect_pending(&s);
		check_memory(&s, id);
		settle(&s, id, true);
		assert_string_equal(expect_done(&s, 250), id);
		assert_int_equal(place_files(), 0);
	}
	send_message(&s, "network", 1, "far.example");
	id = expect_pending(&s);
	check_memory(&s, id);
	settle(&s, id, false);
	assert_string_equal(expect_done(&s, 250), id);
	assert_string_equal(expect_news(&s).queue_id, id);
	qfile_free(&(struct qfile *){ place_file(&s.p, id) });
	place_remove(&s.p, id);
	/* Who waits no longer says so, and hears which it is before a file is made. */
	for (int n = 0; n < 2; n++) {
		send_message(&s, "network", 1, n == 0 ? "slow.example" : "as.slow.example");
		id = expect_pending(&s);
		check_memory(&s, id);
		expect_waited(&s, id);
		assert_int_equal(place_files(), 0);
		settle(&s, id, n == 0);
		assert_string_equal(expect_done(&s, 250), id);
		assert_int_equal(place_files(), n);
	}
	assert_string_equal(expect_news(&s).queue_id, id);
	place_remove(&s.p, id);
	close_scene(&s);
}

static void
nobody_waits_for_ever(void **state)
{
	struct scene s;
	const char *id, *late;
	int offered = 0;

	(void)state;
	open_scene(&s);
	send_message(&s, "network", 2, "slow.example");
	late = expect_pending(&s);
	assert_string_equal(expect_done(&s, 250), late);
	assert_string_equal(expect_news(&s).queue_id, late);
	place_remove(&s.p, late);
	/* It has learnt: the next one for there is not offered.  One for elsewhere is, and an answer that comes late is none. */
	send_message(&s, "network", 2, "slow.example");
	id = expect_done(&s, 250);
	assert_string_equal(expect_news(&s).queue_id, id);
	place_remove(&s.p, id);
	send_message(&s, "network", 2, "fast.example");
	id = expect_pending(&s);
	settle(&s, late, true);
	remove_and_settle(&s, id);
	assert_string_equal(expect_done(&s, 250), id);
	/* Time and again it is tried, ever more seldom. */
	for (int n = 0; n < 14; n++) {
		const char *name;

		send_message(&s, "network", 2, "slow.example");
		assert_non_null(name = ipc_next(s.q));
		if (strcmp(name, "qmgr_pending") == 0) {
			offered++;
			assert_non_null(ipc_next(s.q));
		}
		place_remove(&s.p, expect_done(&s, 250));
	}
	assert_int_equal(offered, 3); /* after 1, 3 and 7 that were not */
	close_scene(&s);
}

/* The client hears itself what the next hop said, unless there were others, or it came too late. */
static void
refusals(void **state)
{
	static const struct {
		int rcpts, code;
		const char *dsn;
		int expect;
	} cases[] = { { 1, 550, "5.1.1", 550 }, { 1, 521, "5.3.2", 554 }, { 1, 550, "4.1.1", 550 },
		{ 2, 550, "5.1.1", 250 }, { 1, 451, "4.3.0", 250 } };
	struct cleanup_done done;
	struct qmgr_failed failed;
	struct scene s;
	const char *id;

	(void)state;
	open_scene(&s);
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		send_message(&s, "network", cases[n].rcpts, "far.example");
		id = expect_pending(&s);
		qmgr_settled_send(s.q,
		    &(struct qmgr_settled){
			.queue_id = id, .code = cases[n].code, .dsn = cases[n].dsn, .text = "host mx said: no" });
		assert_true(ipc_flush(s.q));
		assert_true(cleanup_done_read(s.i, &s.p.mem, &done));
		assert_int_equal(done.code, cases[n].expect);
		if (done.code == 250) {
			assert_string_equal(expect_news(&s).queue_id, id);
			place_remove(&s.p, id);
			continue;
		}
		assert_string_equal(done.dsn, cases[n].dsn[0] == '5' ? cases[n].dsn : "5.0.0");
		assert_string_equal(done.text, "host mx said: no");
		assert_true(qmgr_failed_read(s.q, &s.p.mem, &failed));
		assert_string_equal(failed.queue_id, id);
		assert_true(failed.refused);
		assert_int_equal(place_files(), 0);
	}
	close_scene(&s);
}

static void
a_qmgr_that_dies(void **state)
{
	struct qmgr_news news;
	struct scene s;
	const char *id;

	(void)state;
	open_scene(&s);
	send_message(&s, "network", 1, "far.example");
	id = expect_pending(&s);
	ipc_free(&s.q);
	assert_string_equal(expect_done(&s, 250), id);
	/* The next one hears of it, and that an agent may have it. */
	news = expect_news(&s);
	assert_string_equal(news.queue_id, id);
	assert_true(news.look && news.rescan);
	place_remove(&s.p, id);
	/* Its last word counts. */
	send_message(&s, "network", 2, "far.example");
	id = expect_pending(&s);
	remove_and_settle(&s, id);
	ipc_free(&s.q);
	assert_string_equal(expect_done(&s, 250), id);
	close_scene(&s);
}

/* Nothing that is safe elsewhere, that has many recipients, or that nobody hears of. */
static void
what_is_not_offered(void **state)
{
	static const struct {
		const char *origin;
		int rcpts;
		const char *hold;
	} cases[] = { { "local", 1, NULL }, { "bounce", 1, NULL }, { "network", 11, NULL }, { "network", 1, "why" } };
	struct scene s;
	const char *id;

	(void)state;
	open_scene(&s);
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		place_mail(&s.p, s.i, &(struct cleanup_mail){ .sender = "a@b.example", .origin = cases[n].origin });
		for (int k = 0; k < cases[n].rcpts; k++)
			place_rcpt(s.i,
			    (const char *const[]){ "a@x.example", "b@x.example", "c@x.example", "d@x.example",
				"e@x.example", "f@x.example", "g@x.example", "h@x.example", "i@x.example",
				"j@x.example", "k@x.example" }[k]);
		place_content(s.i, "A: 1\r\n\r\ntext\r\n");
		if (cases[n].hold != NULL)
			cleanup_edit_hold_send(s.i, &(struct cleanup_edit_hold){ .reason = cases[n].hold });
		cleanup_commit_send(s.i, &(struct cleanup_commit){});
		id = expect_done(&s, 250);
		assert_string_equal(expect_news(&s).queue_id, id);
		place_remove(&s.p, id);
	}
	ipc_free(&s.q);
	close(s.listener);
	s.listener = -1;
	send_message(&s, "network", 1, "far.example");
	place_remove(&s.p, expect_done(&s, 250));
	close_scene(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_delivered_needs_no_disk),
		cmocka_unit_test(what_passes_through_has_no_file),
		cmocka_unit_test(nobody_waits_for_ever),
		cmocka_unit_test(refusals),
		cmocka_unit_test(a_qmgr_that_dies),
		cmocka_unit_test(what_is_not_offered),
	};

	return cmocka_run_group_tests(tests, settings_start, NULL);
}
