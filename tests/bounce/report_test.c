/* SPDX-License-Identifier: Apache-2.0 */
#include "bounce/report.h"

#include "tests/support/test.h"

#include <string.h>

static void
gather(void *ctx, const char *bytes, size_t n)
{
	buf_add(ctx, bytes, n);
}

static const struct {
	const char *text, *want;
} folds[] = {
	{ "short", "short" },
	{ "aaaaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaa bbb",
	    "aaaaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaa\r\n  bbb" },
	{ "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
	    "012345678901234567890123456789012345678901234567890123456789012345678901234567\r\n  8901234567890" },
};

static void
folding(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(folds); i++) {
		struct buf b = BUF(1000);

		report_fold(&b, folds[i].text, "  ");
		assert_string_equal(buf_str(&b), folds[i].want);
		buf_free(&b);
	}
}

static const struct envelope envelope = {
	.arrival_us = 1700000000000000, .sender = "joe@example.com", .envid = "id 1", .ret = "", .client_name = ""
};
static const struct report_rcpt rcpts[] = {
	{ { .address = "a@b.example", .original = "list@b.example", .orcpt = "", .notify = "" },
	    { .code = 550,
		.dsn = "5.1.1",
		.action = "failed",
		.text = "host mx[1.2.3.4] said: 550 5.1.1 no such user",
		.mta = "mx",
		.mta_type = "dns",
		.diag = "550 5.1.1 no such user",
		.diag_type = "smtp" } },
	{ { .address = "c@d.example", .original = "c@d.example", .orcpt = "rfc822;x@y.example", .notify = "" },
	    { .code = 550,
		.dsn = "5.4.4",
		.action = "failed",
		.text = "no such host",
		.mta = "",
		.mta_type = "",
		.diag = "",
		.diag_type = "" } },
};

static const struct template template = { .headers = { "US-ASCII", "Us <me>", "It failed", "Their mail failed" } };

static void
compose(struct buf *b, bool header_only, const struct envelope *e)
{
	struct report r = { .kind = REPORT_TO_SENDER,
		.myhostname = "mx.us.example",
		.mail_name = "Sallyport",
		.to = "joe@example.com",
		.template = &template,
		.text = "Hello,\n\tit failed.\r\x1b\n",
		.queue_id = "4abc",
		.now = 1700000100,
		.header_only = header_only,
		.envelope = e,
		.rcpts = rcpts,
		.n = NITEMS(rcpts) };

	report_begin(&r, gather, b);
	buf_puts(b, "Subject: original\r\n");
	report_end(&r, gather, b);
	assert_true(buf_ok(b));
}

static const char *const expected[] = {
	"\r\nFrom: Us <me>\r\nSubject: It failed\r\nTo: joe@example.com\r\n",
	"\r\nContent-Type: text/plain; charset=US-ASCII\r\n\r\nHello,\r\n\tit failed.??\r\n\r\n<a@b.example>",
	"\r\nTo: joe@example.com\r\n",
	"\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"4abc.1700000100/mx.us.example\"\r\n",
	"\r\nAuto-Submitted: auto-replied\r\n",
	"\r\nReporting-MTA: dns; mx.us.example\r\n",
	"\r\nOriginal-Envelope-Id: id+201\r\n",
	("\r\nFinal-Recipient: rfc822; a@b.example\r\nOriginal-Recipient: rfc822; list@b.example\r\nAction: failed\r\n"
	 "Status: 5.1.1\r\nRemote-MTA: dns; mx\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n"),
	"\r\nFinal-Recipient: rfc822; c@d.example\r\nOriginal-Recipient: rfc822;x@y.example\r\n",
	"\r\nDiagnostic-Code: X-Sallyport; no such host\r\n",
	"\r\n<a@b.example> (expanded from <list@b.example>): host mx[1.2.3.4] said: 550\r\n    5.1.1 no such user\r\n",
	"Content-Type: message/rfc822\r\n\r\nSubject: original\r\n\r\n--4abc.1700000100/mx.us.example--\r\n",
};

static void
report(void **state)
{
	struct buf b = BUF(65536);

	(void)state;
	compose(&b, false, &envelope);
	for (size_t i = 0; i < NITEMS(expected); i++)
		if (strstr(b.s, expected[i]) == NULL)
			fail_msg("missing: %s\nin: %s", expected[i], b.s);
	for (const char *s = b.s; *s != '\0'; s++) /* no bare line end */
		if (*s == '\n')
			assert_true(s > b.s && s[-1] == '\r');
	buf_free(&b);
}

static void
kinds_of_report(void **state)
{
	struct envelope utf8 = envelope;
	struct buf b = BUF(65536);

	(void)state;
	compose(&b, true, &envelope);
	assert_non_null(strstr(b.s, "Content-Type: text/rfc822-headers\r\n"));
	buf_clear(&b);
	utf8.smtputf8 = true;
	compose(&b, false, &utf8);
	assert_non_null(
	    strstr(b.s, "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHello"));
	assert_non_null(strstr(b.s, "Content-Type: message/global-delivery-status\r\n"));
	assert_non_null(strstr(b.s, "Final-Recipient: utf-8; a@b.example\r\n"));
	assert_non_null(strstr(b.s, "Content-Type: message/global\r\n"));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folding),
		cmocka_unit_test(report),
		cmocka_unit_test(kinds_of_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
