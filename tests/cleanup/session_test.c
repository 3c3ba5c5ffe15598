/* SPDX-License-Identifier: Apache-2.0 */
/* Whole messages through cleanup's session, and what is in the queue file afterwards. */
#include "tests/cleanup/place.h"

#include <stdlib.h>

static const char plain[] = "Subject: hi\r\nReceived: x\r\n\r\n.one\r\ntwo \xff\r\nlast";

static long
longest_of(const char *text)
{
	long longest = 0, n;

	for (; *text != '\0'; text += n + 2)
		if ((n = (long)strcspn(text, "\r")) > longest)
			longest = n;
	return longest;
}

static void
all_of_it_is_stored(void **state)
{
	static const struct cleanup_mail mail = { .sender = "sender@elsewhere.example",
		.origin = "network",
		.arrival_us = 1700000000000000,
		.ret = "HDRS",
		.envid = "an id",
		.body = "8BITMIME",
		.smtputf8 = true,
		.client_name = "client.example",
		.client_addr = "192.0.2.1",
		.client_port = "1234",
		.client_helo = "helo.example",
		.protocol = "ESMTP",
		.login = "joe",
		.login_method = "PLAIN",
		.service = "smtp",
		.uid = -1,
		.filter = "filter:[127.0.0.1]:10025",
		.verp = "+=",
		.received_by = "ESMTP" };
	const struct qfile_attribute *attributes;
	const struct envelope *e;
	struct cleanup_done done;
	struct recipient r;
	struct place p;
	struct qfile *q;
	struct ipc *i;
	const char *id, *want;
	size_t n;

	(void)state;
	place_open(&p, NULL);
	i = place_connect(&p);
	id = place_mail(&p, i, &mail);
	assert_string_not_equal(id, "");
	cleanup_rcpt_send(i,
	    &(struct cleanup_rcpt){ .address = "Joe@example.com",
		.original = "joe",
		.orcpt = "rfc822;joe@example.com",
		.notify = "SUCCESS,DELAY" });
	cleanup_attribute_send(i, &(struct cleanup_attribute){ "colour", "blue" });
	place_content(i, plain);
	place_commit(&p, i, &done);
	assert_int_equal(done.code, 250);
	assert_string_equal(done.dsn, "2.0.0");
	assert_string_equal(done.queue_id, id);
	assert_int_equal(done.nrcpt, 1);
	assert_false(done.slow);
	place_hang_up(&p, &i);

	q = place_file(&p, id);
	assert_int_equal(done.size, qfile_size(q));
	want = arena_fmt(&p.mem,
	    "Received: from helo.example (client.example [192.0.2.1])\r\n"
	    "\tby mx.example.com (%s) with ESMTP id %s\r\n"
	    "\tfor <joe>; Tue, 14 Nov 2023 22:13:20 +0000 (UTC)\r\n"
	    "Subject: hi\r\nReceived: x\r\n",
	    p.cf->mail_name, id);
	assert_string_equal(place_bytes(&p, q, qfile_header(q)), want);
	assert_string_equal(place_bytes(&p, q, qfile_body_place(q)), ".one\r\ntwo \xff\r\nlast");
	e = qfile_envelope(q);
	assert_int_equal(e->arrival_us, mail.arrival_us);
	assert_string_equal(e->sender, mail.sender);
	assert_string_equal(e->origin, "network");
	assert_string_equal(e->ret, "HDRS");
	assert_string_equal(e->envid, "an id");
	assert_string_equal(e->body, "8BITMIME");
	assert_true(e->smtputf8 && e->has_8bit && e->has_dots && e->no_last_crlf);
	assert_int_equal(e->longest_line, longest_of(want));
	assert_string_equal(e->client_name, "client.example");
	assert_string_equal(e->client_port, "1234");
	assert_string_equal(e->client_helo, "helo.example");
	assert_string_equal(e->login, "joe");
	assert_string_equal(e->service, "smtp");
	assert_string_equal(e->rewrite_context, "remote");
	assert_string_equal(e->filter, mail.filter);
	assert_string_equal(e->verp, "+=");
	assert_string_equal(e->hold_reason, "");
	assert_string_equal(e->route_generation, routes_generation(p.shared.routes));
	attributes = qfile_attributes(q, &n);
	assert_int_equal(n, 1);
	assert_string_equal(attributes[0].value, "blue");
	r = place_recipient(&p, q, 0);
	assert_string_equal(r.address, "Joe@example.com");
	assert_string_equal(r.original, "joe");
	assert_string_equal(r.orcpt, "rfc822;joe@example.com");
	assert_string_equal(r.notify, "SUCCESS,DELAY");
	assert_string_equal(r.transport, "local");
	assert_string_equal(r.nexthop, "mx.example.com");
	qfile_free(&q);
	place_remove(&p, id);
	place_close(&p);
}

static void
a_local_message_is_completed(void **state)
{
	struct cleanup_done done;
	struct recipient r;
	const char *header;
	struct place p;
	struct qfile *q;
	struct ipc *i;

	(void)state;
	place_open(&p, NULL);
	i = place_connect(&p);
	place_mail(&p, i,
	    &(struct cleanup_mail){
		.sender = "me", .origin = "local", .rewrite = true, .uid = 1000, .full_name = "My Name" });
	place_rcpt(i, "joe");
	place_rcpt(i, "far@away.example");
	place_content(i, "To: joe\r\nBcc: far@away.example\r\n\r\n");
	place_commit(&p, i, &done);
	assert_int_equal(done.code, 250);
	place_hang_up(&p, &i);
	q = place_file(&p, done.queue_id);
	assert_string_equal(qfile_envelope(q)->sender, "me@example.com");
	assert_int_equal(qfile_envelope(q)->uid, 1000);
	assert_string_equal(qfile_envelope(q)->rewrite_context, "local");
	header = place_bytes(&p, q, qfile_header(q));
	assert_non_null(strstr(header, ", from userid 1000)\r\n\tid "));
	assert_non_null(strstr(header, "\r\nTo: joe@example.com\r\nMessage-Id: <"));
	assert_non_null(strstr(header, "\r\nDate: "));
	assert_non_null(strstr(header, "\r\nFrom: My Name <me@example.com>\r\n"));
	assert_null(strstr(header, "Bcc"));
	assert_int_equal(qfile_body_place(q).len, 0);
	assert_int_equal(qfile_nrcpts(q), 2);
	r = place_recipient(&p, q, 0);
	assert_string_equal(r.address, "joe@example.com");
	assert_string_equal(r.original, "joe");
	r = place_recipient(&p, q, 1);
	assert_string_equal(r.transport, "smtp");
	assert_string_equal(r.nexthop, "away.example");
	qfile_free(&q);
	place_remove(&p, done.queue_id);
	place_close(&p);
}

static void
chunks_may_be_cut_anywhere(void **state)
{
	struct cleanup_done done;
	struct place p;
	struct qfile *q;
	struct ipc *i;

	(void)state;
	place_open(&p, NULL);
	i = place_connect(&p);
	for (size_t piece = 1; piece < sizeof(plain); piece++) {
		place_mail(&p, i, &(struct cleanup_mail){ .sender = "", .origin = "network" });
		place_rcpt(i, "joe@example.com");
		cleanup_content_send(i, &(struct cleanup_content){});
		place_chunks(i, plain, sizeof(plain) - 1, piece);
		place_commit(&p, i, &done);
		assert_int_equal(done.code, 250);
		q = place_file(&p, done.queue_id);
		assert_string_equal(place_bytes(&p, q, qfile_header(q)), "Subject: hi\r\nReceived: x\r\n");
		assert_string_equal(place_bytes(&p, q, qfile_body_place(q)), ".one\r\ntwo \xff\r\nlast");
		qfile_free(&q);
		place_remove(&p, done.queue_id);
	}
	place_hang_up(&p, &i);
	place_close(&p);
}

static void
nothing_of_an_abandoned_message(void **state)
{
	(void)state;
	/* The client goes away, or takes it back, after so many steps. */
	for (int steps = 0; steps <= 5; steps++)
		for (int goes = 0; goes <= 1; goes++) {
			struct cleanup_done done;
			struct place p;
			struct ipc *i;

			place_open(&p, NULL);
			i = place_connect(&p);
			if (steps >= 1)
				place_mail(&p, i, &(struct cleanup_mail){ .sender = "", .origin = "network" });
			if (steps >= 2)
				place_rcpt(i, "joe@example.com");
			if (steps == 3 && goes) {
				cleanup_content_send(i, &(struct cleanup_content){});
				conn_put(ipc_conn(i), "\0\0\0\100Subject: half", 17);
			}
			if (steps >= 4)
				place_content(i, plain);
			if (steps >= 5)
				cleanup_edit_hold_send(i, &(struct cleanup_edit_hold){ "x" });
			ipc_flush(i);
			if (!goes) {
				cleanup_abort_send(i, &(struct cleanup_abort){ "" });
				assert_true(cleanup_done_read(i, &p.mem, &done));
				assert_int_equal(done.code, 250);
				assert_int_equal(place_files(), 0);
				/* And the connection is as good as new. */
				place_message(&p, i, plain, &done);
				assert_int_equal(done.code, 250);
				place_remove(&p, done.queue_id);
			}
			place_hang_up(&p, &i);
			place_close(&p);
		}
}

static void
disorder_ends_the_session(void **state)
{
	(void)state;
	for (int which = 0; which < 7; which++) {
		struct cleanup_done done;
		struct place p;
		struct ipc *i;

		place_open(&p, NULL);
		i = place_connect(&p);
		if (which >= 2)
			place_mail(&p, i, &(struct cleanup_mail){ .sender = "", .origin = "network" });
		switch (which) {
		case 0:
			place_rcpt(i, "joe@example.com");
			break;
		case 1:
			cleanup_commit_send(i, &(struct cleanup_commit){});
			break;
		case 2:
			cleanup_mail_send(i, &(struct cleanup_mail){ .sender = "" });
			break;
		case 3:
			cleanup_commit_send(i, &(struct cleanup_commit){});
			break;
		case 4:
			cleanup_edit_hold_send(i, &(struct cleanup_edit_hold){ "x" });
			break;
		case 5:
			conn_put(ipc_conn(i), "nonsense\0\0", 10);
			break;
		case 6:
			cleanup_content_send(i, &(struct cleanup_content){});
			conn_put(ipc_conn(i), "\377\377\377\377", 4);
			break;
		}
		assert_false(cleanup_done_read(i, &p.mem, &done));
		place_hang_up(&p, &i);
		place_close(&p);
	}
}

static const struct {
	const char *what, *settings[3];
	struct cleanup_mail mail;
	const char *rcpt, *content;
	int code;
	const char *dsn, *text;
} refusals[] = {
	{ "size", { "message_size_limit=30" }, { .sender = "", .origin = "network" }, "joe@example.com",
	    "Subject: a\r\n\r\n0123456789012345678901234567890123456789\r\n", 552, "5.3.4",
	    "Error: message file too big" },
	{ "size, by the header alone", { "message_size_limit=30" }, { .sender = "", .origin = "network" },
	    "joe@example.com", "Subject: a0123456789012345678901234567890123456789\r\n\r\n", 552, "5.3.4",
	    "Error: message file too big" },
	{ "hops, with our own", { "hopcount_limit=3" }, { .sender = "", .origin = "network", .received_by = "ESMTP" },
	    "joe@example.com", "Received: a\r\nReceived: b\r\n\r\n", 554, "5.4.0", "Error: too many hops" },
	{ "one hop less", { "hopcount_limit=4" }, { .sender = "", .origin = "network", .received_by = "ESMTP" },
	    "joe@example.com", "Received: a\r\nReceived: b\r\n\r\n", 250, "2.0.0", NULL },
	{ "hops counted elsewhere", { "hopcount_limit=3" }, { .sender = "", .origin = "network", .hops = 2 },
	    "joe@example.com", "Received: a\r\n\r\n", 554, "5.4.0", "Error: too many hops" },
	{ "deliveries", { "hopcount_limit=3" }, { .sender = "", .origin = "forward" }, "joe@example.com",
	    "Delivered-To: a\r\nDelivered-To: b\r\nDelivered-To: c\r\n\r\n", 554, "5.4.0", "Error: too many hops" },
	{ "nobody", { NULL }, { .sender = "", .origin = "network" }, NULL, "A: 1\r\n\r\n", 554, "5.5.1",
	    "Error: no recipients specified" },
	{ "disk space", { "queue_minfree=9000000000000000" }, { .sender = "", .origin = "network" }, "joe@example.com",
	    "A: 1\r\n\r\n", 452, "4.3.1", "Insufficient system storage" },
	{ "disk space for what is announced", { NULL },
	    { .sender = "", .origin = "network", .size_hint = 9000000000000000 }, "joe@example.com", "A: 1\r\n\r\n",
	    452, "4.3.1", "Insufficient system storage" },
	{ "a sender with a line end", { NULL }, { .sender = "a@b\r\nRCPT TO:<x@y>", .origin = "network" },
	    "joe@example.com", "A: 1\r\n\r\n", 501, "5.1.7", "Error: bad sender address syntax" },
	{ "a recipient with a line end", { NULL }, { .sender = "", .origin = "network" }, "joe@example.com\nx",
	    "A: 1\r\n\r\n", 501, "5.1.3", "Error: bad recipient address syntax" },
	{ "an envelope id with a line end", { NULL }, { .sender = "", .origin = "network", .envid = "a\nb" },
	    "joe@example.com", "A: 1\r\n\r\n", 501, "5.5.4", "Error: bad message options" },
	{ "an origin that nobody knows", { NULL }, { .sender = "", .origin = "mars" }, "joe@example.com",
	    "A: 1\r\n\r\n", 501, "5.5.4", "Error: bad message options" },
};

static void
refused(void **state)
{
	(void)state;
	for (size_t k = 0; k < NITEMS(refusals); k++) {
		struct cleanup_done done;
		struct place p;
		struct ipc *i;

		place_open(&p, refusals[k].settings);
		i = place_connect(&p);
		/* Twice: a refusal does not harm the next message. */
		for (int round = 0; round < 2; round++) {
			place_mail(&p, i, &refusals[k].mail);
			if (refusals[k].rcpt != NULL)
				place_rcpt(i, refusals[k].rcpt);
			place_content(i, refusals[k].content);
			cleanup_edit_header_add_send(i, &(struct cleanup_edit_header_add){ "A", "b" });
			cleanup_edit_body_send(i, &(struct cleanup_edit_body){});
			place_chunks(i, "x", 1, 1);
			place_commit(&p, i, &done);
			if (done.code != refusals[k].code)
				fail_msg("%s: %ld %s %s", refusals[k].what, done.code, done.dsn, done.text);
			assert_string_equal(done.dsn, refusals[k].dsn);
			if (refusals[k].text == NULL) {
				place_remove(&p, done.queue_id);
				continue;
			}
			assert_string_equal(done.text, refusals[k].text);
			assert_string_equal(done.queue_id, "");
			assert_int_equal(place_files(), 0);
		}
		place_hang_up(&p, &i);
		place_close(&p);
	}
}

static void
a_local_loop_goes_back_to_its_sender(void **state)
{
	static const char *const set[3] = { "hopcount_limit=1" };
	struct cleanup_done done;
	struct recipient r;
	struct place p;
	struct qfile *q;
	struct ipc *i;

	(void)state;
	place_open(&p, set);
	i = place_connect(&p);
	place_mail(&p, i, &(struct cleanup_mail){ .sender = "me", .origin = "local", .uid = 1 });
	place_rcpt(i, "joe@example.com");
	place_content(i, "Received: a\r\nReceived: b\r\n\r\n");
	place_commit(&p, i, &done);
	assert_int_equal(done.code, 250);
	place_hang_up(&p, &i);
	q = place_file(&p, done.queue_id);
	r = place_recipient(&p, q, 0);
	assert_string_equal(r.transport, "error");
	assert_string_equal(r.nexthop, "5.4.0 Error: too many hops");
	qfile_free(&q);
	place_remove(&p, done.queue_id);
	place_close(&p);
}

static void
each_recipient_once(void **state)
{
	static const char *const limits[][3] = { { NULL }, { "duplicate_filter_limit=1" } };
	static const size_t want[] = { 5, 7 }; /* "joe" and "joe@example.com" are not given as the same */

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct cleanup_done done;
		struct place p;
		struct ipc *i;

		place_open(&p, limits[k]);
		i = place_connect(&p);
		place_mail(&p, i, &(struct cleanup_mail){ .sender = "", .origin = "network" });
		place_rcpt(i, "joe@example.com");
		place_rcpt(i, "joe");
		place_rcpt(i, "JOE@EXAMPLE.COM");
		place_rcpt(i, "jane");
		place_rcpt(i, "jane");
		cleanup_rcpt_send(i, &(struct cleanup_rcpt){ .address = "jane", .notify = "NEVER" });
		cleanup_rcpt_send(i, &(struct cleanup_rcpt){ .address = "jane", .orcpt = "rfc822;x@y" });
		cleanup_rcpt_send(i, &(struct cleanup_rcpt){ .address = "jane", .orcpt = "rfc822;x@y" });
		place_content(i, plain);
		place_commit(&p, i, &done);
		assert_int_equal(done.code, 250);
		assert_int_equal(done.nrcpt, want[k]);
		place_remove(&p, done.queue_id);
		place_hang_up(&p, &i);
		place_close(&p);
	}
}

static void
always_bcc(void **state)
{
	static const char *const set[3] = { "always_bcc=archive" };
	static const struct {
		const char *origin, *overrides;
		long nrcpt;
	} cases[] = { { "network", "", 2 }, { "local", "", 2 }, { "bounce", "", 1 }, { "forward", "", 1 },
		{ "network", "no_address_mappings", 1 } };
	struct place p;
	struct ipc *i;

	(void)state;
	place_open(&p, set);
	i = place_connect(&p);
	for (size_t k = 0; k < NITEMS(cases); k++) {
		struct cleanup_done done;
		struct qfile *q;

		place_mail(&p, i,
		    &(struct cleanup_mail){ .sender = "", .origin = cases[k].origin, .overrides = cases[k].overrides });
		place_rcpt(i, "joe");
		place_content(i, plain);
		place_commit(&p, i, &done);
		assert_int_equal(done.nrcpt, cases[k].nrcpt);
		q = place_file(&p, done.queue_id);
		if (cases[k].nrcpt > 1) {
			assert_string_equal(place_recipient(&p, q, 1).address, "archive@example.com");
			assert_string_equal(place_recipient(&p, q, 1).notify, "NEVER");
		}
		qfile_free(&q);
		place_remove(&p, done.queue_id);
	}
	place_hang_up(&p, &i);
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_stored),
		cmocka_unit_test(a_local_message_is_completed),
		cmocka_unit_test(chunks_may_be_cut_anywhere),
		cmocka_unit_test(nothing_of_an_abandoned_message),
		cmocka_unit_test(disorder_ends_the_session),
		cmocka_unit_test(refused),
		cmocka_unit_test(a_local_loop_goes_back_to_its_sender),
		cmocka_unit_test(each_recipient_once),
		cmocka_unit_test(always_bcc),
	};

	return cmocka_run_group_tests(tests, settings_start, NULL);
}
