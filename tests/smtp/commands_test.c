/* SPDX-License-Identifier: Apache-2.0 */
/* What servers offer, and the commands that are made of it. */
#include "smtp/envelope.h"
#include "smtp/extra.h"
#include "smtp/offer.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
offers(void **state)
{
	static const struct {
		const char *reply, *discard;
		unsigned features;
		long size;
	} cases[] = {
		{ "250 mx", "", OFFERS_ESMTP, 0 },
		{ "250-PIPELINING\n250 mx", "", OFFERS_ESMTP, 0 },
		{ "250-mx\n250-pipelining\n250 Size 100", "", OFFERS_ESMTP | OFFERS_PIPELINING | OFFERS_SIZE, 100 },
		{ "250-mx\n250-SIZE\n250 8BITMIME", "", OFFERS_ESMTP | OFFERS_SIZE | OFFERS_8BITMIME, 0 },
		{ "250-mx\n250 SIZE 99999999999999999999", "", OFFERS_ESMTP | OFFERS_SIZE, 0 },
		{ "250-mx\n250 SIZE -5", "", OFFERS_ESMTP | OFFERS_SIZE, 0 },
		{ "250-mx\n250-AUTH=LOGIN\n250-STARTTLS\n250-SMTPUTF8\n250-CHUNKING\n250 DSN", "",
		    OFFERS_ESMTP | OFFERS_AUTH | OFFERS_STARTTLS | OFFERS_SMTPUTF8 | OFFERS_CHUNKING | OFFERS_DSN, 0 },
		{ "250-mx\n250-DSN\n250-CHUNKING\n250 SIZE 5", "chunking, Size silent-discard",
		    OFFERS_ESMTP | OFFERS_DSN, 0 },
		{ "250-mx\n250-\n250", "", OFFERS_ESMTP, 0 },
		{ "250-mx\n250 PIPELININGX", "", OFFERS_ESMTP, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct offer o;

		print_message("%s\n", cases[i].reply);
		offer_parse(&o, cases[i].reply, cases[i].discard);
		assert_int_equal(o.features, cases[i].features);
		assert_int_equal(o.size, cases[i].size);
	}
	assert_true(offer_greets_as("250-mx.test at your service\n250 SIZE", "MX.test"));
	assert_true(offer_greets_as("250 mx.test", "mx.test"));
	assert_false(offer_greets_as("250 mx.test.example", "mx.test"));
	assert_false(offer_greets_as("250 mx", "mx.test"));
	assert_false(offer_greets_as("250", ""));
}

static void
addresses(void **state)
{
	static const struct {
		const char *address;
		bool plain, utf8;
	} cases[] = {
		{ "joe@example.com", true, true },
		{ "", true, true },
		{ "\"joe doe\"@example.com", true, true },
		{ "\"a\\\"b > c\"@example.com", true, true },
		{ "joe@[192.0.2.1]", true, true },
		{ "j\xc3\xb6@example.com", false, true },
		{ "joe doe@example.com", false, false },
		{ "joe@example.com> NOTIFY=NEVER", false, false },
		{ "joe@example.com>\r\nDATA", false, false },
		{ "joe\n@example.com", false, false },
		{ "\"joe\r\n\"@example.com", false, false },
		{ "\"joe\\\r\"@example.com", false, false },
		{ "\"joe@example.com", false, false },
		{ "\"joe\\", false, false },
		{ "<joe@example.com", false, false },
		{ "joe\x7f@example.com", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("%s\n", cases[i].address);
		assert_int_equal(envelope_address_ok(cases[i].address, false), cases[i].plain);
		assert_int_equal(envelope_address_ok(cases[i].address, true), cases[i].utf8);
	}
}

static void
commands(void **state)
{
	static const struct {
		unsigned features;
		struct deliver_request r;
		struct deliver_rcpt rcpt;
		const char *mail, *to;
	} cases[] = {
		{ 0, { .sender = "", .ret = "FULL", .envid = "x" }, { .address = "a@b", .notify = "NEVER" },
		    "MAIL FROM:<>\r\n", "RCPT TO:<a@b>\r\n" },
		{ OFFERS_DSN, { .sender = "s@t", .ret = "FULL", .envid = "a=b+c" },
		    { .address = "a@b", .notify = "NEVER", .orcpt = "rfc822;a=@b" },
		    "MAIL FROM:<s@t> RET=FULL ENVID=a+3Db+2Bc\r\n",
		    "RCPT TO:<a@b> NOTIFY=NEVER ORCPT=rfc822;a+3D@b\r\n" },
		{ OFFERS_DSN, { .sender = "s@t" }, { .address = "a@b", .orcpt = "utf-8;\xc3\xbc@b" },
		    "MAIL FROM:<s@t>\r\n", "RCPT TO:<a@b>\r\n" },
		{ OFFERS_DSN, { .sender = "s@t" }, { .address = "a@b", .orcpt = "x y;a@b" }, "MAIL FROM:<s@t>\r\n",
		    "RCPT TO:<a@b>\r\n" },
		{ OFFERS_SIZE | OFFERS_8BITMIME, { .sender = "s@t", .body = "8BITMIME" }, { .address = "a@b" },
		    "MAIL FROM:<s@t> SIZE=77 BODY=8BITMIME\r\n", "RCPT TO:<a@b>\r\n" },
		{ OFFERS_8BITMIME, { .sender = "s@t", .body = "7BIT" }, { .address = "a@b" }, "MAIL FROM:<s@t>\r\n",
		    "RCPT TO:<a@b>\r\n" },
		{ OFFERS_SMTPUTF8, { .sender = "s@t", .smtputf8 = true }, { .address = "\xc3\xbc@b" },
		    "MAIL FROM:<s@t> SMTPUTF8\r\n", "RCPT TO:<\xc3\xbc@b>\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct deliver_request r = cases[i].r;
		struct deliver_rcpt rcpt = cases[i].rcpt;
		struct offer o = { .features = cases[i].features };
		struct buf b = BUF(ENVELOPE_LINE);

		r.ret = r.ret ? r.ret : "";
		r.envid = r.envid ? r.envid : "";
		r.body = r.body ? r.body : "";
		rcpt.notify = rcpt.notify ? rcpt.notify : "";
		rcpt.orcpt = rcpt.orcpt ? rcpt.orcpt : "";
		envelope_mail(&b, &r, 77, &o, false);
		assert_string_equal(buf_str(&b), cases[i].mail);
		buf_clear(&b);
		envelope_rcpt(&b, &rcpt, &o);
		assert_string_equal(buf_str(&b), cases[i].to);
		buf_free(&b);
	}
}

static void
extra_headers(void **state)
{
	static const char *const arguments[] = { "flags=DOR", NULL }, *const bad[] = { "flags=Q", NULL },
				 *const other[] = { "-v", NULL };
	struct deliver_request r = { .sender = "s@t", .nrcpt = 1 };
	struct deliver_rcpt rcpt = { .address = "a@b", .original = "alias@b" };
	char name[] = "/tmp/commands_test.XXXXXX";
	const char header[] = "Subject: x\r\nDelivered-To:  A@B \r\n";
	struct arena mem = ARENA(4096);
	struct buf err = BUF(256);
	unsigned flags = 0;
	int fd;

	(void)state;
	assert_true(extra_flags(arguments, &flags, &err));
	assert_int_equal(flags, FLAG_DELIVERED_TO | FLAG_ORIGINAL_TO | FLAG_RETURN_PATH);
	assert_string_equal(extra_lines(flags, &r, &rcpt, &mem),
	    "Return-Path: <s@t>\r\nX-Original-To: alias@b\r\nDelivered-To: a@b\r\n");
	r.nrcpt = 2;
	assert_string_equal(extra_lines(flags, &r, &rcpt, &mem), "Return-Path: <s@t>\r\n");
	assert_null(extra_lines(0, &r, &rcpt, &mem));
	assert_false(extra_flags(bad, &flags, &err));
	assert_non_null(strstr(buf_str(&err), "unknown flag 'Q'"));
	buf_clear(&err);
	assert_false(extra_flags(other, &flags, &err));
	assert_non_null(strstr(buf_str(&err), "\"-v\""));

	assert_true((fd = mkstemp(name)) >= 0);
	unlink(name);
	r.header_len = sizeof(header) - 1;
	assert_int_equal(write(fd, header, sizeof(header) - 1), r.header_len);
	assert_true(extra_delivered(fd, &r, "a@b"));
	assert_false(extra_delivered(fd, &r, "a@bc"));
	assert_false(extra_delivered(fd, &r, "x"));
	close(fd);
	buf_free(&err);
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers),
		cmocka_unit_test(addresses),
		cmocka_unit_test(commands),
		cmocka_unit_test(extra_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
