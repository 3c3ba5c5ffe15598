/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/complete.h"
#include "tests/cleanup/settings.h"
#include "tests/support/test.h"

#include <string.h>

enum { REWRITE = 1, MISSING = 2 };

static const struct {
	const char *what;
	int how;
	const char *settings[3];
	const char *fields[8];
	const char *want; /* without the line ends at its ends */
} cases[] = {
	{ "a complete message stays as it is", REWRITE | MISSING, { NULL },
	    { "From: joe@example.org", "Date: x", "Message-ID: <1@example.org>", "To: jane@example.org",
		"Subject: hi" },
	    "From: joe@example.org\nDate: x\nMessage-ID: <1@example.org>\nTo: jane@example.org\nSubject: hi" },
	{ "a stranger's message is not completed", 0, { NULL }, { "Subject: hi" }, "Subject: hi" },
	{ "nor its addresses", 0, { NULL }, { "To: joe" }, "To: joe" },
	{ "what is missing is added", MISSING, { NULL }, { "Subject: hi", "To: a@b.example" },
	    "Subject: hi\nTo: a@b.example\n"
	    "Message-Id: <19700101000010.ID@mx.example.com>\n"
	    "Date: Thu,  1 Jan 1970 00:00:10 +0000 (UTC)\n"
	    "From: The Sender <sender@example.com>" },
	{ "of a resent message, the Resent- fields", MISSING, { NULL },
	    { "From: a@b.example", "Resent-To: a@b.example" },
	    "From: a@b.example\nResent-To: a@b.example\n"
	    "Resent-Message-Id: <19700101000010.ID@mx.example.com>\n"
	    "Resent-Date: Thu,  1 Jan 1970 00:00:10 +0000 (UTC)\n"
	    "Resent-From: The Sender <sender@example.com>" },
	{ "a complete resent message", MISSING, { NULL },
	    { "Resent-Message-ID: <2@b.example>", "Resent-Date: x", "Resent-From: a@b.example",
		"Resent-To: a@b.example" },
	    "Resent-Message-ID: <2@b.example>\nResent-Date: x\nResent-From: a@b.example\nResent-To: a@b.example" },
	{ "undisclosed recipients", MISSING, { "undisclosed_recipients_header=To: undisclosed-recipients:;" },
	    { "From: a@b.example", "Date: x", "Message-ID: <1@b.example>" },
	    "From: a@b.example\nDate: x\nMessage-ID: <1@b.example>\nTo: undisclosed-recipients:;" },
	{ "unless there is a Cc", MISSING, { "undisclosed_recipients_header=To: undisclosed-recipients:;" },
	    { "From: a@b.example", "Date: x", "Message-ID: <1@b.example>", "Cc: c@b.example" },
	    "From: a@b.example\nDate: x\nMessage-ID: <1@b.example>\nCc: c@b.example" },
	{ "not by default", MISSING, { NULL }, { "From: a@b.example", "Date: x", "Message-ID: <1@b.example>" },
	    "From: a@b.example\nDate: x\nMessage-ID: <1@b.example>" },
	{ "dropped by default", 0, { NULL },
	    { "Bcc: secret@b.example", "Return-Path: <x@b.example>", "Content-Length: 5", "Resent-Bcc: x@b.example",
		"A: 1" },
	    "A: 1" },
	{ "in whatever case", 0, { NULL }, { "bCC: secret@b.example\r\n more@b.example", "RETURN-PATH : <x>", "A: 1" },
	    "A: 1" },
	{ "as configured", 0, { "message_drop_headers=x-one, X-Two:" }, { "X-One: 1", "X-Two: 2", "X-Three: 3" },
	    "X-Three: 3" },
	{ "bare addresses", REWRITE, { "compatibility_level=3.6" },
	    { "To: joe, Jane <jane>, \"Q. X\" <q@elsewhere.example>", "From: me (my name)" },
	    "To: joe@example.com, Jane <jane@example.com>, \"Q. X\" <q@elsewhere.example>\nFrom: me@example.com (my name)" },
	{ "folds and groups stay", REWRITE, { NULL }, { "To: joe,\r\n\tfriends: jane, bob@b.example;,\r\n sue" },
	    "To: joe@example.com,\n\tfriends: jane@example.com, bob@b.example;,\n sue@example.com" },
	{ "all address fields", REWRITE, { NULL },
	    { "Sender: a", "Reply-To: b", "Errors-To: c", "Resent-From: d", "Disposition-Notification-To: e",
		"Subject: f" },
	    "Sender: a@example.com\nReply-To: b@example.com\nErrors-To: c@example.com\nResent-From: d@example.com\n"
	    "Disposition-Notification-To: e@example.com\nSubject: f" },
	{ "what is no address list stays", REWRITE, { NULL }, { "To: ", "Cc: <<>>,;:", "From: undisclosed:;" },
	    "To: \nCc: <<>>,;:\nFrom: undisclosed:;" },
	{ "a mailbox's separator", 0, { NULL }, { "From joe Tue Nov 24 12:00:00", "A: 1" },
	    "X-Mailbox-Line: From joe Tue Nov 24 12:00:00\nA: 1" },
	{ "the obsolete form", MISSING, { "header_from_format=obsolete" }, { "Date: x", "Message-ID: <1@b.example>" },
	    "Date: x\nMessage-ID: <1@b.example>\nFrom: sender@example.com (The Sender)" },
};

static void
as_text(struct buf *out, struct spool *s)
{
	int fd;
	const char *p = spool_whole(s, &fd);

	assert_non_null(p);
	for (; *p != '\0'; p++)
		if (*p != '\r')
			buf_putc(out, *p);
	assert_true(out->len == 0 || out->s[out->len - 1] == '\n');
	buf_cut(out, out->len > 0 ? out->len - 1 : 0);
}

static void
start(struct complete *c, const struct conf *cf, struct hash *drop, struct spool *out, int how)
{
	complete_drop_list(drop, cf->message_drop_headers);
	*c = (struct complete){ .cf = cf,
		.drop = drop,
		.origin = how & REWRITE ? cf->myorigin : NULL,
		.add_missing = how & MISSING,
		.id = "ID",
		.sender = "sender@example.com",
		.full_name = "The Sender",
		.arrival = 10,
		.out = out,
		.mem = ARENA(COMPLETE_MEMORY) };
}

static void
table(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		const struct conf *cf = settings(cases[i].settings);
		struct hash drop = HASH(true);
		struct spool out = SPOOL(-1);
		struct buf text = BUF(65536);
		struct complete c;

		start(&c, cf, &drop, &out, cases[i].how);
		for (size_t k = 0; k < NITEMS(cases[i].fields) && cases[i].fields[k] != NULL; k++) {
			struct field_text f = field_text(cases[i].fields[k], strlen(cases[i].fields[k]));

			complete_field(&c, &f);
		}
		complete_end(&c);
		as_text(&text, &out);
		if (strcmp(buf_str(&text), cases[i].want) != 0)
			fail_msg("%s:\n%s", cases[i].what, buf_str(&text));
		assert_int_equal(c.lines.total, spool_size(&out));
		complete_free(&c);
		buf_free(&text);
		spool_free(&out);
		hash_free(&drop, NULL);
		conf_free(&cf);
	}
}

static void
found_out(void **state)
{
	static const char *const fields[] = { "Received: a", "received: b\r\n\tc", "Delivered-To: d", "X-Received: e",
		"Message-ID:\r\n <1@b.example> ", "Resent-Message-Id: <2@b.example>", "X: .\xff" };
	const struct conf *cf = settings(NULL);
	struct hash drop = HASH(true);
	struct spool out = SPOOL(-1);
	struct complete c;

	(void)state;
	start(&c, cf, &drop, &out, 0);
	for (size_t i = 0; i < NITEMS(fields); i++) {
		struct field_text f = field_text(fields[i], strlen(fields[i]));

		complete_field(&c, &f);
	}
	complete_end(&c);
	assert_int_equal(c.received, 2);
	assert_int_equal(c.delivered, 1);
	assert_string_equal(c.message_id, "<1@b.example>");
	assert_string_equal(c.resent_message_id, "<2@b.example>");
	assert_true(c.lines.has_8bit);
	assert_int_equal(c.lines.longest, strlen(fields[5]));
	complete_free(&c);
	spool_free(&out);
	hash_free(&drop, NULL);
	conf_free(&cf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(found_out),
	};

	return cmocka_run_group_tests(tests, settings_start, NULL);
}
