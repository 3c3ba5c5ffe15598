/* SPDX-License-Identifier: Apache-2.0 */
/* Each edit message of the protocol, seen in the queue file. */
#include "tests/cleanup/place.h"

#include <stdlib.h>

struct edited {
	struct place p;
	struct ipc *i;
	struct qfile *q;
	struct cleanup_done done;
};

static void
start(struct edited *e)
{
	place_open(&e->p, NULL);
	e->i = place_connect(&e->p);
	place_mail(&e->p, e->i,
	    &(struct cleanup_mail){ .sender = "a@b.example", .origin = "network", .ret = "FULL", .envid = "one" });
	place_rcpt(e->i, "joe");
	place_rcpt(e->i, "jane@away.example");
	place_content(e->i, "A: 1\r\nB: 2\r\nA: 3\r\n\r\nthe first body\r\n");
}

static void
commit(struct edited *e)
{
	place_commit(&e->p, e->i, &e->done);
	assert_int_equal(e->done.code, 250);
	e->q = place_file(&e->p, e->done.queue_id);
}

static void
finish(struct edited *e)
{
	qfile_free(&e->q);
	place_remove(&e->p, e->done.queue_id);
	place_hang_up(&e->p, &e->i);
	place_close(&e->p);
}

static const char *
header_of(struct edited *e)
{
	return place_bytes(&e->p, e->q, qfile_header(e->q));
}

static void
headers(void **state)
{
	struct edited e;

	(void)state;
	start(&e);
	cleanup_edit_header_add_send(e.i, &(struct cleanup_edit_header_add){ "C", "4\r\n\tfolded" });
	cleanup_edit_header_insert_send(e.i, &(struct cleanup_edit_header_insert){ 0, "Z", "0" });
	cleanup_edit_header_insert_send(e.i, &(struct cleanup_edit_header_insert){ 2, "Y", "1" });
	cleanup_edit_header_change_send(e.i, &(struct cleanup_edit_header_change){ 2, "a", "three" });
	cleanup_edit_header_change_send(e.i, &(struct cleanup_edit_header_change){ 1, "B", "" });
	commit(&e);
	assert_string_equal(header_of(&e), "Z: 0\r\nA: 1\r\nY: 1\r\na: three\r\nC: 4\r\n\tfolded\r\n");
	assert_string_equal(place_bytes(&e.p, e.q, qfile_body_place(e.q)), "the first body\r\n");
	finish(&e);
}

static void
an_edit_that_cannot_be_done(void **state)
{
	struct edited e;

	(void)state;
	start(&e);
	cleanup_edit_header_add_send(e.i, &(struct cleanup_edit_header_add){ "bad name", "4" });
	place_commit(&e.p, e.i, &e.done);
	assert_int_equal(e.done.code, 451);
	place_hang_up(&e.p, &e.i);
	place_close(&e.p);
}

static void
body(void **state)
{
	struct edited e;

	(void)state;
	start(&e);
	cleanup_edit_body_send(e.i, &(struct cleanup_edit_body){});
	place_chunks(e.i, "Not: a header\r\n\r\n.x", 19, 4);
	commit(&e);
	assert_string_equal(header_of(&e), "A: 1\r\nB: 2\r\nA: 3\r\n");
	assert_string_equal(place_bytes(&e.p, e.q, qfile_body_place(e.q)), "Not: a header\r\n\r\n.x");
	assert_true(qfile_envelope(e.q)->has_dots && qfile_envelope(e.q)->no_last_crlf);
	assert_int_equal(qfile_envelope(e.q)->longest_line, 13);
	finish(&e);

	/* Once more, and now a shorter one without what the others had. */
	start(&e);
	cleanup_edit_body_send(e.i, &(struct cleanup_edit_body){});
	place_chunks(e.i, ".\xff", 2, 1);
	cleanup_edit_body_send(e.i, &(struct cleanup_edit_body){});
	place_chunks(e.i, "x\r\n", 3, 1);
	commit(&e);
	assert_string_equal(place_bytes(&e.p, e.q, qfile_body_place(e.q)), "x\r\n");
	assert_false(
	    qfile_envelope(e.q)->has_dots || qfile_envelope(e.q)->no_last_crlf || qfile_envelope(e.q)->has_8bit);
	assert_int_equal(e.done.size, qfile_size(e.q));
	finish(&e);
}

static void
sender(void **state)
{
	struct edited e;

	(void)state;
	start(&e);
	cleanup_edit_sender_send(e.i, &(struct cleanup_edit_sender){ "new", "HDRS", "" });
	commit(&e);
	assert_string_equal(qfile_envelope(e.q)->sender, "new@example.com");
	assert_string_equal(qfile_envelope(e.q)->ret, "HDRS");
	assert_string_equal(qfile_envelope(e.q)->envid, "one");
	finish(&e);
}

static void
recipients(void **state)
{
	struct edited e;
	struct recipient r;

	(void)state;
	start(&e);
	cleanup_edit_rcpt_add_send(e.i, &(struct cleanup_edit_rcpt_add){ "new", "rfc822;x@y", "NEVER" });
	cleanup_edit_rcpt_add_send(e.i, &(struct cleanup_edit_rcpt_add){ "joe", "", "" }); /* is there */
	cleanup_edit_rcpt_delete_send(e.i, &(struct cleanup_edit_rcpt_delete){ "jane@away.example" });
	cleanup_edit_rcpt_delete_send(e.i, &(struct cleanup_edit_rcpt_delete){ "nobody@away.example" });
	commit(&e);
	assert_int_equal(qfile_nrcpts(e.q), 2);
	assert_string_equal(place_recipient(&e.p, e.q, 0).address, "joe@example.com");
	r = place_recipient(&e.p, e.q, 1);
	assert_string_equal(r.address, "new@example.com");
	assert_string_equal(r.orcpt, "rfc822;x@y");
	assert_string_equal(r.notify, "NEVER");
	finish(&e);

	/* As given, or as it was completed; and it can come back. */
	start(&e);
	cleanup_edit_rcpt_delete_send(e.i, &(struct cleanup_edit_rcpt_delete){ "joe" });
	cleanup_edit_rcpt_add_send(e.i, &(struct cleanup_edit_rcpt_add){ "joe@example.com", "", "" });
	cleanup_edit_rcpt_delete_send(e.i, &(struct cleanup_edit_rcpt_delete){ "joe@example.com" });
	cleanup_edit_rcpt_add_send(e.i, &(struct cleanup_edit_rcpt_add){ "joe@example.com", "", "" });
	commit(&e);
	assert_int_equal(qfile_nrcpts(e.q), 2);
	assert_string_equal(place_recipient(&e.p, e.q, 1).address, "joe@example.com");
	finish(&e);
}

static void
nobody_is_left(void **state)
{
	struct edited e;

	(void)state;
	start(&e);
	cleanup_edit_rcpt_delete_send(e.i, &(struct cleanup_edit_rcpt_delete){ "joe" });
	cleanup_edit_rcpt_delete_send(e.i, &(struct cleanup_edit_rcpt_delete){ "jane@away.example" });
	place_commit(&e.p, e.i, &e.done);
	assert_int_equal(e.done.code, 554);
	place_hang_up(&e.p, &e.i);
	place_close(&e.p);
}

static void
hold_filter_redirect(void **state)
{
	struct edited e;

	(void)state;
	start(&e);
	cleanup_edit_hold_send(e.i, &(struct cleanup_edit_hold){ "looks odd\r\nto me" });
	cleanup_edit_filter_send(e.i, &(struct cleanup_edit_filter){ "filter:dummy" });
	cleanup_edit_redirect_send(e.i, &(struct cleanup_edit_redirect){ "sink" });
	commit(&e);
	assert_string_equal(qfile_envelope(e.q)->hold_reason, "looks odd??to me");
	assert_string_equal(qfile_envelope(e.q)->filter, "filter:dummy");
	assert_string_equal(qfile_envelope(e.q)->redirect, "sink@example.com");
	assert_int_equal(qfile_nrcpts(e.q), 1);
	assert_string_equal(place_recipient(&e.p, e.q, 0).address, "sink@example.com");
	finish(&e);
}

static void
discard(void **state)
{
	struct edited e;

	(void)state;
	start(&e);
	cleanup_edit_discard_send(e.i, &(struct cleanup_edit_discard){ "spam" });
	place_commit(&e.p, e.i, &e.done);
	assert_int_equal(e.done.code, 250);
	assert_string_not_equal(e.done.queue_id, "");
	assert_int_equal(place_files(), 0);
	place_hang_up(&e.p, &e.i);
	place_close(&e.p);
}

/* A header that is not held in memory goes the same way. */
static void
a_huge_header(void **state)
{
	enum { FIELDS = 120000 };
	static const char *const set[3] = { "message_size_limit=0" };
	struct buf in = BUF(16 << 20), want = BUF(16 << 20);
	struct cleanup_done done;
	struct place p;
	struct qfile *q;
	struct ipc *i;

	(void)state;
	buf_puts(&want, "Z: 0\r\n");
	for (int n = 0; n < FIELDS; n++) {
		buf_fmt(&in, "Field-%d: value %d\r\n", n, n);
		if (n == 1000)
			buf_puts(&want, "field-1000: changed\r\n");
		else if (n != FIELDS - 1)
			buf_fmt(&want, "Field-%d: value %d\r\n", n, n);
	}
	buf_puts(&want, "C: 4\r\n");
	assert_true(buf_ok(&in) && in.len > 2 * (1 << 20));
	place_open(&p, set);
	i = place_connect(&p);
	place_mail(&p, i, &(struct cleanup_mail){ .sender = "", .origin = "network" });
	place_rcpt(i, "joe");
	buf_puts(&in, "\r\nbody");
	cleanup_content_send(i, &(struct cleanup_content){});
	place_chunks(i, in.s, in.len, 30000);
	cleanup_edit_header_insert_send(i, &(struct cleanup_edit_header_insert){ 0, "Z", "0" });
	cleanup_edit_header_add_send(i, &(struct cleanup_edit_header_add){ "C", "4" });
	cleanup_edit_header_change_send(i, &(struct cleanup_edit_header_change){ 1, "field-1000", "changed" });
	cleanup_edit_header_change_send(i, &(struct cleanup_edit_header_change){ 1, "field-119999", "" });
	place_commit(&p, i, &done);
	assert_int_equal(done.code, 250);
	assert_int_equal(place_files(), 1); /* what it was kept in has no name */
	q = place_file(&p, done.queue_id);
	assert_int_equal(qfile_header(q).len, want.len);
	assert_memory_equal(place_bytes(&p, q, qfile_header(q)), want.s, want.len);
	assert_string_equal(place_bytes(&p, q, qfile_body_place(q)), "body");
	qfile_free(&q);
	place_remove(&p, done.queue_id);
	place_hang_up(&p, &i);
	place_close(&p);
	buf_free(&in);
	buf_free(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(an_edit_that_cannot_be_done),
		cmocka_unit_test(body),
		cmocka_unit_test(sender),
		cmocka_unit_test(recipients),
		cmocka_unit_test(nobody_is_left),
		cmocka_unit_test(hold_filter_redirect),
		cmocka_unit_test(discard),
		cmocka_unit_test(a_huge_header),
	};

	return cmocka_run_group_tests(tests, settings_start, NULL);
}
