/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/qfile.h"
#include "tests/lib/mail/qfile_sample.h"

#include <signal.h>
#include <sys/resource.h>

static void
slots_and_history(void **state)
{
	struct history h = sample_history(11, "first"), got;
	struct qfile_cursor c = { 0 };
	struct slot slot;
	struct sample s;
	struct qfile *q;
	int n = 0;

	(void)state;
	sample_start(&s);
	sample_plain(&s);
	q = sample_open(&s, QFILE_WRITE);
	assert_true(qfile_mark(q, 0, SLOT_OPEN, 0, &h, &s.why));
	h = sample_history(22, "second");
	assert_true(qfile_mark(q, 0, SLOT_DELIVERED, SLOT_NOTICE_OWED, &h, &s.why));
	h = sample_history(33, "failed");
	assert_true(qfile_mark(q, 1, SLOT_FAILED, SLOT_NOTICE_OWED, &h, &s.why));
	/* No verdict: no attempt. */
	h.code = 0;
	h.time_us = 44;
	assert_true(qfile_mark(q, 1, SLOT_NOTIFIED, 0, &h, &s.why));
	assert_true(qfile_mark(q, 2, SLOT_REMOVED, 0, NULL, &s.why));
	for (int again = 0; again < 2; again++) {
		assert_true(qfile_slot(q, 0, &slot));
		assert_true(slot.state == SLOT_DELIVERED && slot.flags == SLOT_NOTICE_OWED);
		assert_true(slot.attempts == 2 && slot.attempt_us == 22);
		assert_true(qfile_history_at(q, slot.history_at, &s.mem, &got));
		assert_string_equal(got.text, "second");
		assert_string_equal(got.diag, "451 4.7.1 later");
		assert_true(got.number == 0 && got.time_us == 22 && got.code == 451);
		assert_true(qfile_slot(q, 1, &slot));
		assert_true(
		    slot.state == SLOT_NOTIFIED && slot.flags == 0 && slot.attempts == 1 && slot.attempt_us == 33);
		assert_true(qfile_history_at(q, slot.history_at, &s.mem, &got) && got.time_us == 44);
		assert_true(qfile_slot(q, 2, &slot) && slot.state == SLOT_REMOVED && slot.history_at == 0);
		qfile_free(&q);
		q = sample_open(&s, QFILE_READ);
	}
	while (qfile_history(q, &c, &s.mem, &got))
		assert_int_equal(got.time_us, 11 * ++n);
	assert_int_equal(n, 4);
	qfile_free(&q);
	sample_end(&s);
}

static void
facts_of_the_message(void **state)
{
	struct history h = sample_history(1, "released by root"), got;
	struct qfile_cursor c = { 0 };
	struct sample s;
	struct qfile *q;

	(void)state;
	sample_start(&s);
	sample_plain(&s);
	q = sample_open(&s, QFILE_WRITE);
	assert_true(!qfile_envelope(q)->forced_expire && qfile_envelope(q)->delay_notice_us == 17);
	assert_true(qfile_note(q, &h, &s.why));
	assert_true(qfile_set_delay_notice(q, 1234567, &s.why));
	assert_true(qfile_set_forced_expire(q, &s.why));
	for (int again = 0; again < 2; again++) {
		assert_true(qfile_envelope(q)->forced_expire && qfile_envelope(q)->delay_notice_us == 1234567);
		qfile_free(&q);
		q = sample_open(&s, QFILE_READ);
	}
	assert_true(qfile_history(q, &c, &s.mem, &got));
	assert_true(got.number == -1);
	assert_string_equal(got.text, "released by root");
	assert_false(qfile_history(q, &c, &s.mem, &got));
	qfile_free(&q);
	sample_end(&s);
}

/* Whatever a remote host says is recorded, on one line and not without end. */
static void
wild_texts(void **state)
{
	struct history h = sample_history(1, NULL), got;
	struct slot slot;
	struct sample s;
	struct qfile *q;
	char *huge = mem_alloc(200001);

	(void)state;
	memset(huge, '\n', 200000);
	huge[200000] = '\0';
	h.text = h.diag = h.mta = h.dsn = h.action = h.mta_type = h.diag_type = huge;
	sample_start(&s);
	sample_plain(&s);
	q = sample_open(&s, QFILE_WRITE);
	assert_true(qfile_mark(q, 0, SLOT_OPEN, 0, &h, &s.why));
	h = sample_history(2, "caf\xc3\xa9 \x1b[31m\r\n.");
	h.diag = NULL;
	assert_true(qfile_mark(q, 1, SLOT_OPEN, 0, &h, &s.why));
	qfile_free(&q);
	q = sample_open(&s, QFILE_READ);
	assert_true(qfile_slot(q, 0, &slot) && qfile_history_at(q, slot.history_at, &s.mem, &got));
	assert_int_equal(strlen(got.diag), 4096);
	assert_int_equal(strspn(got.text, "?"), 4096);
	assert_true(qfile_slot(q, 1, &slot) && qfile_history_at(q, slot.history_at, &s.mem, &got));
	assert_string_equal(got.text, "caf\xc3\xa9 ?[31m??.");
	assert_string_equal(got.diag, "");
	qfile_free(&q);
	free(huge);
	sample_end(&s);
}

/* The file cannot grow: the record is lost, the slot is marked, and later records fit again. */
static void
no_room_for_history(void **state)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct history h = sample_history(5, "text"), got;
	struct rlimit tight;
	struct qfile_cursor c = { 0 };
	struct slot slot;
	struct sample s;
	struct qfile *q;
	struct stat st;

	(void)state;
	sample_start(&s);
	sample_plain(&s);
	q = sample_open(&s, QFILE_WRITE);
	signal(SIGXFSZ, SIG_IGN);
	fstat(qfile_fd(q), &st);
	tight = (struct rlimit){ (rlim_t)st.st_size + 20, RLIM_INFINITY }; /* half a record */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	assert_true(qfile_mark(q, 0, SLOT_DELIVERED, 0, &h, &s.why));
	assert_false(qfile_note(q, &h, &s.why));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	h = sample_history(6, "more");
	assert_true(qfile_mark(q, 1, SLOT_OPEN, 0, &h, &s.why));
	qfile_free(&q);
	q = sample_open(&s, QFILE_READ);
	assert_true(qfile_slot(q, 0, &slot));
	assert_true(slot.state == SLOT_DELIVERED && slot.attempts == 1 && slot.history_at == 0);
	assert_true(qfile_history(q, &c, &s.mem, &got) && got.number == 1);
	assert_false(qfile_history(q, &c, &s.mem, &got));
	qfile_free(&q);
	sample_end(&s);
}

static void
attempts(struct sample *s, struct qfile *q, int n)
{
	for (int i = 1; i <= n; i++) {
		char text[40];
		struct history h;

		snprintf(text, sizeof(text), "attempt %d", i);
		h = sample_history(i, text);
		assert_true(qfile_mark(q, 0, SLOT_OPEN, 0, &h, &s->why));
		if (i == 3)
			assert_true(qfile_mark(q, 2, SLOT_FAILED, SLOT_NOTICE_OWED, &h, &s->why));
		assert_true(i % 5 != 0 || qfile_note(q, &h, &s->why));
	}
}

static void
compaction(void **state)
{
	static const struct {
		long number;
		const char *text;
	} want[] = { { 0, "attempt 1" }, { 2, "attempt 3" }, { -1, "attempt 5" }, { 0, "attempt 200" },
		{ -1, "attempt 200" }, { 0, "attempt 1" } };
	struct qfile_cursor c = { 0 };
	struct history got, h = sample_history(1, "attempt 1");
	struct slot slot, second;
	struct sample s;
	struct qfile *q;
	struct stat before, after;
	const struct timespec times[2] = { { 5, 6 }, { 1800000000, 0 } };

	(void)state;
	sample_start(&s);
	sample_plain(&s);
	assert_int_equal(fchmodat(s.dir, SAMPLE_ID, 0640, 0), 0);
	/* What a crash of an earlier one left is no hindrance. */
	close(openat(s.dir, SAMPLE_ID QFILE_COMPACT_SUFFIX, O_CREAT | O_WRONLY, 0600));
	q = sample_open(&s, QFILE_WRITE);
	assert_false(qfile_history_due(q, 0));
	attempts(&s, q, 3);
	assert_false(qfile_history_due(q, 100));
	qfile_free(&q);
	sample_plain(&s);
	assert_int_equal(fchmodat(s.dir, SAMPLE_ID, 0640, 0), 0);
	q = sample_open(&s, QFILE_WRITE);
	attempts(&s, q, 200);
	assert_true(qfile_history_due(q, 10000));
	assert_false(qfile_history_due(q, 1000000));
	assert_int_equal(futimens(qfile_fd(q), times), 0);
	fstat(qfile_fd(q), &before);
	assert_true(qfile_slot(q, 0, &slot));
	assert_true(qfile_compact(&q, s.dir, SAMPLE_ID, &s.why));
	fstatat(s.dir, SAMPLE_ID, &after, 0);
	assert_true(after.st_size < before.st_size / 10 && after.st_ino != before.st_ino);
	assert_true(after.st_mode == before.st_mode && after.st_mtim.tv_sec == 1800000000);
	assert_int_equal(faccessat(s.dir, SAMPLE_ID QFILE_COMPACT_SUFFIX, F_OK, 0), -1);
	assert_false(qfile_history_due(q, 0));
	/* Open as it is, and it goes on. */
	assert_true(qfile_mark(q, 0, SLOT_DELIVERED, 0, &h, &s.why));
	qfile_free(&q);
	q = sample_open(&s, QFILE_READ);
	for (size_t i = 0; i < NITEMS(want); i++) {
		assert_true(qfile_history(q, &c, &s.mem, &got));
		assert_int_equal(got.number, want[i].number);
		assert_string_equal(got.text, want[i].text);
	}
	assert_false(qfile_history(q, &c, &s.mem, &got));
	assert_true(qfile_slot(q, 0, &second) && second.attempts == 201 && second.rcpt_at == slot.rcpt_at);
	assert_true(qfile_slot(q, 2, &second) && second.state == SLOT_FAILED && second.flags == SLOT_NOTICE_OWED);
	assert_true(qfile_history_at(q, second.history_at, &s.mem, &got));
	assert_string_equal(got.text, "attempt 3");
	assert_true(qfile_body_ok(q));
	qfile_free(&q);
	sample_end(&s);
}

/* More recipients than are held in memory: the same, from the file. */
static void
compaction_of_many(void **state)
{
	enum { N = 500 };
	struct recipient *r = mem_zero(N, sizeof(*r));
	struct qfile_content c = sample_content();
	struct history got;
	struct slot slot;
	struct sample s;
	struct qfile *q;

	(void)state;
	sample_start(&s);
	for (size_t i = 0; i < N; i++)
		r[i].address = "a@example.com";
	c.rcpts = r;
	c.nrcpts = N;
	sample_make(&s, SAMPLE_BODY, strlen(SAMPLE_BODY), &c);
	q = sample_open(&s, QFILE_WRITE);
	for (int i = 1; i <= 9; i++) {
		for (size_t k = 0; k < N; k++) {
			struct history h = sample_history(i, "later");

			assert_true(qfile_mark(q, k, k % 7 ? SLOT_OPEN : SLOT_DELIVERED, 0, &h, &s.why));
		}
	}
	assert_true(qfile_history_due(q, 4096));
	assert_true(qfile_compact(&q, s.dir, SAMPLE_ID, &s.why));
	assert_false(qfile_history_due(q, 4096));
	for (size_t k = 0; k < N; k++) {
		assert_true(qfile_slot(q, k, &slot));
		assert_true(slot.attempts == 9 && slot.state == (k % 7 ? SLOT_OPEN : SLOT_DELIVERED));
		assert_true(qfile_history_at(q, slot.history_at, &s.mem, &got));
		assert_true(got.number == (long)k && got.time_us == 9);
	}
	qfile_free(&q);
	free(r);
	sample_end(&s);
}

/* It cannot be written: the old file stays, open and as it was. */
static void
compaction_fails(void **state)
{
	const struct rlimit tight = { 1000, RLIM_INFINITY }, all = { RLIM_INFINITY, RLIM_INFINITY };
	struct sample s;
	struct qfile *q;
	struct slot slot;

	(void)state;
	sample_start(&s);
	sample_plain(&s);
	q = sample_open(&s, QFILE_WRITE);
	attempts(&s, q, 20);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	assert_false(qfile_compact(&q, s.dir, SAMPLE_ID, &s.why));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	assert_int_equal(faccessat(s.dir, SAMPLE_ID QFILE_COMPACT_SUFFIX, F_OK, 0), -1);
	assert_true(qfile_slot(q, 0, &slot) && slot.attempts == 20);
	assert_true(qfile_compact(&q, s.dir, SAMPLE_ID, &s.why));
	qfile_free(&q);
	sample_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_and_history),
		cmocka_unit_test(facts_of_the_message),
		cmocka_unit_test(wild_texts),
		cmocka_unit_test(no_room_for_history),
		cmocka_unit_test(compaction),
		cmocka_unit_test(compaction_of_many),
		cmocka_unit_test(compaction_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
