/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/text.h"
#include "lib/mail/address.h"
#include "lib/mail/maildrop.h"
#include "tests/support/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct source {
	const char *bytes;
	size_t n, at, piece;
	int error; /* at the end; 0: the end is the end */
};

static ssize_t
give(void *ctx, void *to, size_t n)
{
	struct source *s = ctx;
	size_t some = s->n - s->at;

	if (some == 0 && s->error != 0) {
		errno = s->error;
		return -1;
	}
	if (some > s->piece)
		some = s->piece;
	if (some > n)
		some = n;
	memcpy(to, s->bytes + s->at, some);
	s->at += some;
	return (ssize_t)some;
}

static const struct submission_mail mail = { .version = 1,
	.sender = "me@example.com",
	.full_name = "My \xc3\xa4 Name",
	.ret = "HDRS",
	.envid = "x=y",
	.body = "8BITMIME",
	.smtputf8 = true,
	.extract = true,
	.verp = "+=",
	.arrival_us = 5,
	.gateway = true };

/* A whole submission; in a pipe with chunks of so many bytes, else as a file. */
static void
make(struct buf *b, const char *content, size_t chunk)
{
	size_t n = strlen(content), some;
	unsigned char head[4];
	uint32_t crc;

	maildrop_put(b, submission_mail_msg(), &mail);
	maildrop_put(b, submission_rcpt_msg(), &(struct submission_rcpt){ "joe", "" });
	maildrop_put(b, submission_rcpt_msg(), &(struct submission_rcpt){ "jane@x", "NEVER" });
	crc = crc32c(crc32c(0, b->s, b->len), content, n);
	maildrop_put_end(b, chunk > 0 ? -1 : (long)n, chunk > 0 ? 0 : crc);
	if (chunk == 0) {
		buf_add(b, content, n);
		return;
	}
	for (;; content += some, n -= some) {
		some = n < chunk ? n : chunk;
		maildrop_chunk(head, some);
		buf_add(b, head, 4);
		buf_add(b, content, some);
		if (some == 0)
			break;
	}
}

struct seen {
	enum fate fate;
	struct maildrop m;
	struct arena mem;
	struct verdict why;
	struct buf content;
	ssize_t end; /* of the content: 0 or -1 */
	int error;
	bool whole;
};

static void
see(struct seen *s, const char *bytes, size_t n, size_t piece, bool chunked, int error)
{
	struct source from = { bytes, n, 0, piece, error };
	struct maildrop_reader r;
	const char *p;
	ssize_t got;

	*s = (struct seen){ .mem = ARENA(1 << 20), .content = BUF(1 << 20), .end = -2 };
	s->why = (struct verdict)VERDICT(&s->mem);
	maildrop_open(&r, give, &from);
	r.chunked = chunked;
	if ((s->fate = maildrop_read(&r, &s->mem, &s->m, &s->why)) == FATE_OK) {
		while ((got = maildrop_content(&r, &p)) > 0)
			buf_add(&s->content, p, (size_t)got);
		s->end = got;
		s->error = errno;
		s->whole = maildrop_whole(&r, &s->m);
	}
	maildrop_close(&r);
}

static void
forget(struct seen *s)
{
	maildrop_free(&s->m);
	arena_free(&s->mem);
	buf_free(&s->content);
}

static void
comes_back(void **state)
{
	static const char text[] = "Subject: hi\n\nbody\n";

	(void)state;
	for (size_t chunk = 0; chunk < 20; chunk += 3)
		for (size_t piece = 1; piece < 700; piece += piece < 10 ? 1 : 67) {
			struct buf b = BUF(1 << 20);
			struct seen s;

			make(&b, text, chunk);
			see(&s, b.s, b.len, piece, chunk > 0, 0);
			assert_int_equal(s.fate, FATE_OK);
			assert_int_equal(s.end, 0);
			assert_string_equal(buf_str(&s.content), text);
			assert_int_equal(s.whole, chunk == 0);
			assert_string_equal(s.m.mail.sender, mail.sender);
			assert_string_equal(s.m.mail.full_name, mail.full_name);
			assert_true(s.m.mail.gateway && s.m.mail.smtputf8 && s.m.mail.extract);
			assert_int_equal(s.m.nrcpts, 2);
			assert_string_equal(s.m.rcpts[0].address, "joe");
			assert_string_equal(s.m.rcpts[1].notify, "NEVER");
			forget(&s);
			buf_free(&b);
		}
}

static void
half_of_it(void **state)
{
	(void)state;
	for (int chunked = 0; chunked <= 1; chunked++) {
		struct buf b = BUF(1 << 20);

		make(&b, "Subject: hi\n\nbody\n", chunked ? 5 : 0);
		for (size_t n = 0; n < b.len; n++) {
			struct seen s;

			see(&s, b.s, n, 13, chunked, 0);
			/* Wherever it is cut, it does not look whole. */
			if (s.fate == FATE_OK && chunked)
				assert_true(s.end == -1 && s.error == EPIPE);
			else if (s.fate == FATE_OK)
				assert_true(s.end == 0 && !s.whole);
			else
				assert_int_equal(s.fate, FATE_NEVER);
			forget(&s);
			see(&s, b.s, n, 13, chunked, EIO);
			assert_true(s.fate == FATE_LATER || (s.fate == FATE_OK && s.end == -1 && s.error == EIO));
			forget(&s);
		}
		buf_free(&b);
	}
}

static void
altered(void **state)
{
	struct buf b = BUF(1 << 20);

	(void)state;
	make(&b, "Subject: hi\n\nbody\n", 0);
	for (size_t at = 0; at < b.len; at++) {
		struct seen s;

		b.s[at] ^= 1;
		see(&s, b.s, b.len, 4096, false, 0);
		assert_true(s.fate != FATE_OK || !s.whole);
		forget(&s);
		b.s[at] ^= 1;
	}
	buf_free(&b);
}

static const struct {
	const char *what;
	struct submission_mail mail;
} bad_mails[] = {
	{ "version", { 2, "", "", "", "", "", false, false, "", 0, false } },
	{ "a line end in the sender", { 1, "a\nb", "", "", "", "", false, false, "", 0, false } },
	{ "a CR in the sender", { 1, "a\rb", "", "", "", "", false, false, "", 0, false } },
	{ "DEL in the sender", { 1, "a\177b", "", "", "", "", false, false, "", 0, false } },
	{ "a line end in the name", { 1, "", "a\nb", "", "", "", false, false, "", 0, false } },
	{ "a line end in the envelope id", { 1, "", "", "", "a\nb", "", false, false, "", 0, false } },
	{ "RET", { 1, "", "", "full", "", "", false, false, "", 0, false } },
	{ "BODY", { 1, "", "", "", "", "BINARYMIME", false, false, "", 0, false } },
	{ "VERP, one", { 1, "", "", "", "", "", false, false, "+", 0, false } },
	{ "VERP, three", { 1, "", "", "", "", "", false, false, "+=-", 0, false } },
	{ "VERP, a blank", { 1, "", "", "", "", "", false, false, "+ ", 0, false } },
	{ "VERP, 8 bits", { 1, "", "", "", "", "", false, false, "\xc3\xa4", 0, false } },
	{ "arrival", { 1, "", "", "", "", "", false, false, "", -1, false } },
};

static const struct submission_rcpt bad_rcpts[] = { { "", "" }, { "a\nb", "" }, { "a", "never" },
	{ "a", "NEVER,DELAY" }, { "a", "DELAY,DELAY" }, { "a", "DELAY," }, { "a", ",DELAY" }, { "a", "SUCCESSFAILURE" },
	{ "a", "DELAY\n" } };

static void
values_are_checked(void **state)
{
	char *too_long = malloc(ADDRESS_MAX + 2);
	struct submission_mail m = { 1, "a", "", "", "", "", false, false, "", 0, false };

	(void)state;
	assert_null(maildrop_mail_wrong(&mail));
	assert_null(maildrop_mail_wrong(&m));
	for (size_t i = 0; i < NITEMS(bad_mails); i++)
		if (maildrop_mail_wrong(&bad_mails[i].mail) == NULL)
			fail_msg("%s was let through", bad_mails[i].what);
	assert_null(maildrop_rcpt_wrong(&(struct submission_rcpt){ "a@\xc3\xa4", "SUCCESS,FAILURE,DELAY" }));
	for (size_t i = 0; i < NITEMS(bad_rcpts); i++)
		assert_non_null(maildrop_rcpt_wrong(&bad_rcpts[i]));
	memset(too_long, 'a', ADDRESS_MAX + 1);
	too_long[ADDRESS_MAX + 1] = '\0';
	m.sender = too_long;
	assert_non_null(maildrop_mail_wrong(&m));
	assert_non_null(maildrop_rcpt_wrong(&(struct submission_rcpt){ too_long, "" }));
	m.sender = "";
	m.envid = too_long;
	assert_non_null(maildrop_mail_wrong(&m));
	m.envid = "";
	m.full_name = too_long;
	assert_non_null(maildrop_mail_wrong(&m));
	free(too_long);
}

static const struct {
	const char *what, *bytes;
	size_t n;
} malformed[] = {
#define RAW(what, text)                                                                                                \
	{                                                                                                              \
		what, text, sizeof(text) - 1                                                                           \
	}
	RAW("nothing", ""),
	RAW("not a record", "\0\0"),
	RAW("a recipient first", "submission_rcpt\0address=a\0\0"),
	RAW("the end first", "submission_end\0\0"),
	RAW("another program's", "cleanup_mail\0sender=a\0\0"),
	RAW("twice", "submission_mail\0version=1\0sender=a\0\0submission_mail\0version=1\0sender=a\0\0"),
	RAW("an unknown field", "submission_mail\0version=1\0sender=a\0probe=verify\0\0submission_end\0\0"),
	RAW("a repeated field", "submission_mail\0version=1\0sender=a\0sender=b\0\0submission_end\0\0"),
	RAW("no sender", "submission_mail\0version=1\0\0submission_end\0\0"),
	RAW("no value", "submission_mail\0version=1\0sender\0\0submission_end\0\0"),
	RAW("a bad recipient",
	    "submission_mail\0version=1\0sender=a\0\0submission_rcpt\0address=a\nb\0\0submission_end\0\0"),
};

static void
refused(void **state)
{
	char *endless = malloc(3 * MAILDROP_RECORD_MAX);
	struct seen s;

	(void)state;
	for (size_t i = 0; i < NITEMS(malformed); i++)
		for (size_t piece = 1; piece < 100; piece += 33) {
			see(&s, malformed[i].bytes, malformed[i].n, piece, false, 0);
			if (s.fate != FATE_NEVER)
				fail_msg("%s was let through", malformed[i].what);
			forget(&s);
		}
	memset(endless, 'x', 3 * MAILDROP_RECORD_MAX);
	see(&s, endless, 3 * MAILDROP_RECORD_MAX, 4096, false, 0);
	assert_int_equal(s.fate, FATE_NEVER);
	forget(&s);
	free(endless);
}

static void
a_chunk_that_is_too_long(void **state)
{
	struct buf b = BUF(1 << 20);
	struct seen s;

	(void)state;
	make(&b, "x", 1);
	b.s[b.len - 9] = '\x7f'; /* the first chunk's length */
	see(&s, b.s, b.len, 4096, true, 0);
	assert_true(s.fate == FATE_OK && s.end == -1 && s.error == EPROTO);
	forget(&s);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(half_of_it),
		cmocka_unit_test(altered),
		cmocka_unit_test(values_are_checked),
		cmocka_unit_test(refused),
		cmocka_unit_test(a_chunk_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
