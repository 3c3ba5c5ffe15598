/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/made.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int
utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

static void
received(void **state)
{
	static const struct {
		struct made_received r;
		const char *want;
	} cases[] = {
		{ { "client.example.org", "host.example.org", "192.0.2.1", "ESMTP", "mx.example.com", "Sallyport",
		      "4g9x", "joe@example.com", -1, 0 },
		    "Received: from client.example.org (host.example.org [192.0.2.1])\r\n"
		    "\tby mx.example.com (Sallyport) with ESMTP id 4g9x\r\n"
		    "\tfor <joe@example.com>; Thu,  1 Jan 1970 00:00:00 +0000 (UTC)" },
		{ { "client.example.org", "unknown", "2001:db8::1", "SMTP", "mx.example.com", "Sallyport", "4g9x", NULL,
		      -1, 0 },
		    "Received: from client.example.org (unknown [IPv6:2001:db8::1])\r\n"
		    "\tby mx.example.com (Sallyport) with SMTP id 4g9x;\r\n"
		    "\tThu,  1 Jan 1970 00:00:00 +0000 (UTC)" },
		{ { "", "", "", "", "mx.example.com", "Sallyport", "4g9x", "joe@example.com", 1000, 0 },
		    "Received: by mx.example.com (Sallyport, from userid 1000)\r\n"
		    "\tid 4g9x; Thu,  1 Jan 1970 00:00:00 +0000 (UTC)" },
		{ { "", "", "", "", "mx.example.com", "Sallyport", "4g9x", NULL, -1, 0 },
		    "Received: by mx.example.com (Sallyport)\r\n"
		    "\tid 4g9x; Thu,  1 Jan 1970 00:00:00 +0000 (UTC)" },
		{ { "", "", "", "ESMTPSA", "mx.example.com", "Sallyport", "4g9x", NULL, -1, 0 },
		    "Received: by mx.example.com (Sallyport) with ESMTPSA id 4g9x;\r\n"
		    "\tThu,  1 Jan 1970 00:00:00 +0000 (UTC)" },
		{ { "(x) by evil\r\nX: y", "a;b", "[1.2.3.4]", "E SMTP", "mx.example.com", "Sallyport", "4g9x", NULL,
		      -1, 0 },
		    "Received: from ?x??by?evil??X:?y (a?b [[1.2.3.4]])\r\n"
		    "\tby mx.example.com (Sallyport) with E?SMTP id 4g9x;\r\n"
		    "\tThu,  1 Jan 1970 00:00:00 +0000 (UTC)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf b = BUF(4096);

		made_received(&b, &cases[i].r);
		assert_string_equal(buf_str(&b), cases[i].want);
		buf_free(&b);
	}
}

static void
ids_and_dates(void **state)
{
	struct buf b = BUF(4096);

	(void)state;
	made_message_id(&b, "Resent-", 1795501321, "4g9x", "mx.example.com");
	assert_string_equal(buf_str(&b), "Resent-Message-Id: <20261124062201.4g9x@mx.example.com>");
	buf_clear(&b);
	made_date(&b, "", 1795501321);
	assert_string_equal(buf_str(&b), "Date: Tue, 24 Nov 2026 06:22:01 +0000 (UTC)");
	buf_free(&b);
}

static const struct {
	const char *name;
	bool obsolete;
	const char *charset, *want;
} froms[] = {
	{ "", false, "utf-8", "From: joe@example.com" },
	{ "", true, "utf-8", "From: joe@example.com" },
	{ "Joe User", false, "utf-8", "From: Joe User <joe@example.com>" },
	{ "Joe User", true, "utf-8", "From: joe@example.com (Joe User)" },
	{ "Joe Q. User", false, "utf-8", "From: \"Joe Q. User\" <joe@example.com>" },
	{ "Joe \"x\" \\User", false, "utf-8", "From: \"Joe \\\"x\\\" \\\\User\" <joe@example.com>" },
	{ "a!b%c", false, "utf-8", "From: \"a!b%c\" <joe@example.com>" },
	{ "Joe (x)", true, "utf-8", "From: joe@example.com (Joe \\(x\\))" },
	{ "J\xc3\xb6rg A.", false, "utf-8", "From: =?utf-8?Q?J=C3=B6rg_A=2E?= <joe@example.com>" },
	{ "J\xc3\xb6rg", true, "utf-8", "From: joe@example.com (=?utf-8?Q?J=C3=B6rg?=)" },
	{ "J\xc3\xb6rg", false, "", "From: J\xc3\xb6rg <joe@example.com>" },
	{ "\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6", false,
	    "utf-8",
	    "From: =?utf-8?Q?=C3=B6=C3=B6=C3=B6=C3=B6=C3=B6=C3=B6=C3=B6=C3=B6=C3=B6=C3=B6?=\r\n"
	    " =?utf-8?Q?=C3=B6=C3=B6?= <joe@example.com>" },
};

static void
from(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(froms) / sizeof(*froms); i++) {
		struct buf b = BUF(4096);

		made_from(&b, "", "joe@example.com", froms[i].name, froms[i].obsolete, froms[i].charset);
		assert_string_equal(buf_str(&b), froms[i].want);
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(received),
		cmocka_unit_test(ids_and_dates),
		cmocka_unit_test(from),
	};

	return cmocka_run_group_tests(tests, utc, NULL);
}
