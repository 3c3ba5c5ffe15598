/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/postcat/show.h"
#include "lib/mail/maildrop.h"
#include "tests/lib/mail/qfile_sample.h"

#include <errno.h>
#include <sys/mman.h>

/* What is printed, as a string; the caller frees it. */
static char *
printed(struct sample *s, const struct qfile *q, int fd, const struct show *how, bool want)
{
	int out = openat(s->dir, "out", O_RDWR | O_CREAT | O_TRUNC, 0600), saved = dup(STDOUT_FILENO);
	struct buf b = BUF(1 << 20);
	bool ok;

	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	ok = q != NULL ? show_queue_file(q, "active/\x1b[1m", how) : show_maildrop(fd, "maildrop/x", how);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(out);
	assert_int_equal(ok, want);
	assert_true(file_read(s->dir, "out", &b));
	unlinkat(s->dir, "out", 0);
	return buf_take(&b);
}

static const char envelope_lines[] = "*** ENVELOPE RECORDS active/?[1m ***\n"
				     "queue_id: 0000010000z1\n"
				     "format_version: 1\n"
				     "message_size: 85 64 3\n"
				     "message_arrival_time: Mon Sep 21 14:13:20 2026\n"
				     "named_attribute: arrival_us=1790000000123456\n"
				     "sender: me@example.net\n"
				     "named_attribute: origin=local\n"
				     "dsn_return_flags: HDRS\n"
				     "dsn_envelope_id: x=1\n"
				     "named_attribute: body=8BITMIME\n"
				     "named_attribute: smtputf8=yes\n"
				     "named_attribute: requiretls=yes\n"
				     "named_attribute: longest_line=998\n"
				     "named_attribute: has_8bit=yes\n"
				     "named_attribute: has_dots=yes\n"
				     "named_attribute: no_last_crlf=yes\n"
				     "named_attribute: client_name=c.example\n"
				     "named_attribute: client_address=2001:db8::1\n"
				     "named_attribute: client_port=12345\n"
				     "named_attribute: helo_name=[192.0.2.1]\n"
				     "named_attribute: protocol_name=ESMTPSA\n"
				     "named_attribute: sasl_username=me\n"
				     "named_attribute: sasl_method=PLAIN\n"
				     "named_attribute: service=submission\n"
				     "named_attribute: rewrite_context=local\n"
				     "named_attribute: uid=1000\n"
				     "content_filter: smtp:[127.0.0.1]:10025\n"
				     "redirect_to: you@example.com\n"
				     "named_attribute: hold_reason=why not\n"
				     "verp_delimiters: +=\n"
				     "named_attribute: probe=verify\n"
				     "named_attribute: forced_expire=no\n"
				     "named_attribute: delay_notice_us=17\n"
				     "named_attribute: route_generation=abc\n"
				     "named_attribute: policy=a=b\n"
				     "named_attribute: empty=\n"
				     "header: 41 octets\n"
				     "body: 42 octets\n"
				     "recipient_number: 0\n"
				     "original_recipient: Joe@Example.com\n"
				     "dsn_orig_rcpt: rfc822;joe@example.com\n"
				     "dsn_notify_flags: SUCCESS,FAILURE\n"
				     "recipient: joe@example.com\n"
				     "recipient_route: smtp:example.com\n"
				     "recipient_state: open, 1 attempt\n"
				     "recipient_last_attempt: Thu Jan  1 00:00:07 1970\n"
				     "recipient_number: 1\n"
				     "original_recipient: \"jim beam\"@example.org\n"
				     "done_recipient: \"jim beam\"@example.org\n"
				     "recipient_route: local:example.org\n"
				     "recipient_state: failed, 0 attempts, notice owed\n"
				     "recipient_number: 2\n"
				     "original_recipient: \n"
				     "recipient: \n"
				     "recipient_state: open, 0 attempts\n";

static const char message_lines[] = "Received: from a\n\tby b\nSubject: hello\n"
				    "\n"
				    "first line\n.dot\n\xff\x80 last line without end\n";

static const char history_lines[] = "*** HEADER EXTRACTED active/?[1m ***\n"
				    "*** HISTORY active/?[1m ***\n"
				    "history_time: Thu Jan  1 00:00:07 1970\n"
				    "history_recipient: 0\n"
				    "history_status: 451 4.7.1 delayed\n"
				    "history_reason: busy ?[2J\n"
				    "history_mta: dns;mx.example.com\n"
				    "history_diagnostic: smtp;451 4.7.1 later\n"
				    "history_time: Thu Jan  1 00:00:08 1970\n"
				    "history_recipient: the message as a whole\n"
				    "history_status: 0  released\n"
				    "history_reason: by root\n"
				    "*** MESSAGE FILE END active/?[1m ***\n";

static struct qfile *
example(struct sample *s)
{
	struct history h = sample_history(7000000, "busy \x1b[2J");
	struct qfile *q;

	setenv("TZ", "UTC", 1);
	sample_start(s);
	sample_plain(s);
	q = sample_open(s, QFILE_WRITE);
	assert_true(qfile_mark(q, 0, SLOT_OPEN, 0, &h, &s->why));
	assert_true(qfile_mark(q, 1, SLOT_FAILED, SLOT_NOTICE_OWED, NULL, &s->why));
	h = (struct history){ .time_us = 8000000, .action = "released", .text = "by root" };
	assert_true(qfile_note(q, &h, &s->why));
	return q;
}

static void
same_text(char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("got:\n%s\nwanted:\n%s", got, want);
	free(got);
}

static void
whole_file(void **state)
{
	const struct show all = { .envelope = true, .header = true, .body = true };
	struct sample s;
	struct qfile *q;

	(void)state;
	q = example(&s);
	same_text(printed(&s, q, -1, &all, true),
	    arena_fmt(
		&s.mem, "%s*** MESSAGE CONTENTS active/?[1m ***\n%s%s", envelope_lines, message_lines, history_lines));
	same_text(printed(&s, q, -1, &(struct show){ .envelope = true }, true),
	    arena_fmt(&s.mem, "%s%s", envelope_lines, history_lines));
	same_text(printed(&s, q, -1, &(struct show){ .header = true, .body = true }, true), message_lines);
	same_text(
	    printed(&s, q, -1, &(struct show){ .header = true }, true), "Received: from a\n\tby b\nSubject: hello\n");
	same_text(printed(&s, q, -1, &(struct show){ .body = true }, true), message_lines + 38);
	qfile_free(&q);
	sample_end(&s);
}

static void
offsets_and_altered_body(void **state)
{
	const struct show how = { .envelope = true, .offsets = true };
	struct sample s;
	struct qfile *q;
	char *out;
	int fd;

	(void)state;
	q = example(&s);
	qfile_free(&q);
	fd = openat(s.dir, SAMPLE_ID, O_WRONLY | O_CLOEXEC);
	assert_true(file_pwrite_all(fd, "F", 1, QFILE_SUPER));
	close(fd);
	q = sample_open(&s, QFILE_READ);
	out = printed(&s, q, -1, &how, true);
	assert_non_null(strstr(out, "\n       64 body: 42 octets, altered: its checksum is wrong\n"));
	assert_non_null(strstr(out, "\n      106 header: 41 octets\n"));
	free(out);
	qfile_free(&q);
	sample_end(&s);
}

static void
line_ends(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = { { "a\r\nb\r\n", "a\nb\n" }, { "a\rb", "a\rb" }, { "\r\r\n", "\r\n" }, { "a\nb", "a\nb" },
		{ "\r", "\r" } };
	struct qfile_content c = sample_content();
	const struct envelope e = { .sender = "x" };
	struct sample s;
	struct qfile *q;

	(void)state;
	c.envelope = &e;
	c.header = "";
	c.header_len = 0;
	sample_start(&s);
	for (size_t i = 0; i < NITEMS(cases); i++) {
		sample_make(&s, cases[i].in, strlen(cases[i].in), &c);
		q = sample_open(&s, QFILE_READ);
		same_text(
		    printed(&s, q, -1, &(struct show){ .body = true }, true), arena_fmt(&s.mem, "\n%s", cases[i].out));
		qfile_free(&q);
		unlinkat(s.dir, SAMPLE_ID, 0);
	}
	sample_end(&s);
}

static int
drop(const char *content, long size, uint32_t crc)
{
	const struct submission_mail mail = { .version = 1, .sender = "me", .full_name = "M E", .extract = true };
	const struct submission_rcpt rcpt = { .address = "joe@example.com", .notify = "NEVER" };
	struct buf b = BUF(10000);
	int fd = memfd_create("drop", MFD_CLOEXEC);

	maildrop_put(&b, submission_mail_msg(), &mail);
	maildrop_put(&b, submission_rcpt_msg(), &rcpt);
	maildrop_put(&b, submission_end_msg(), &(struct submission_end){ .size = size, .crc = crc });
	buf_puts(&b, content);
	assert_true(file_write_all(fd, b.s, b.len));
	buf_free(&b);
	return fd;
}

static void
dropped_mail(void **state)
{
	const struct show all = { .envelope = true, .header = true, .body = true };
	static const char text[] = "Subject: x\n\nhello\n\nthere\n";
	struct sample s;
	char *out;
	int fd;

	(void)state;
	sample_start(&s);
	fd = drop(text, -1, 0);
	assert_true(show_is_maildrop(fd));
	out = printed(&s, NULL, fd, &all, false); /* not sealed: nobody knows whether that is all */
	assert_non_null(
	    strstr(out, "sender: me\nfull_name: M E\nrecipients_from_header: yes\nrecipient: joe@example.com\n"));
	assert_non_null(strstr(out, text));
	free(out);
	same_text(printed(&s, NULL, fd, &(struct show){ .header = true }, false), "Subject: x\n");
	same_text(printed(&s, NULL, fd, &(struct show){ .body = true }, false), "\nhello\n\nthere\n");
	close(fd);
	fd = memfd_create("drop", MFD_CLOEXEC);
	assert_true(file_write_all(fd, "submission_mail\0version=x\0\0", 27));
	assert_true(show_is_maildrop(fd));
	same_text(printed(&s, NULL, fd, &all, false), "");
	close(fd);
	sample_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_file),
		cmocka_unit_test(offsets_and_altered_body),
		cmocka_unit_test(line_ends),
		cmocka_unit_test(dropped_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
