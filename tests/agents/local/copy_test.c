/* SPDX-License-Identifier: Apache-2.0 */
/* What a mailbox or command gets of a message: LF lines, and a last one. */
#include "agents/local/as_user.h"

#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *prefix, *header, *body, *want;
} cases[] = {
	{ "P: x\r\n", "A: 1\r\nB: 2\r\n", "one\r\ntwo\r\n", "P: x\nA: 1\nB: 2\n\none\ntwo\n" },
	{ "", "A: 1\r\n", "", "A: 1\n\n" },
	{ "", "A: 1\r\n", "no end", "A: 1\n\nno end\n" },
	{ "", "", "only body\r\n", "\nonly body\n" },
	{ "", "A: 1\r\n", "bare\rcr\r\n", "A: 1\n\nbare\rcr\n" },
	{ "", "A: 1\r\n", "cr at the end\r", "A: 1\n\ncr at the end\r\n" },
	{ "", "A: 1\r\n", "two\r\r\n", "A: 1\n\ntwo\r\n" },
	{ "", "A: 1\r\n", "..\r\n.\r\n", "A: 1\n\n..\n.\n" },
};

static bool
gather(void *ctx, const char *bytes, size_t n)
{
	buf_add(ctx, bytes, n);
	return true;
}

static void
copies(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		char name[] = "/tmp/copy_test.XXXXXX";
		struct arena mem = ARENA(1 << 16);
		struct buf got = BUF(4096);
		size_t h = strlen(cases[i].header), b = strlen(cases[i].body);
		struct stub_act act = { .prefix = cases[i].prefix,
			.header_at = 0,
			.header_len = (long)h,
			.body_at = (long)h,
			.body_len = (long)b };
		struct deed d = { .act = &act, .file = mkstemp(name), .mem = &mem };

		assert_true(d.file >= 0);
		unlink(name);
		assert_int_equal(write(d.file, cases[i].header, h), (ssize_t)h);
		assert_int_equal(write(d.file, cases[i].body, b), (ssize_t)b);
		assert_true(message_copy(&d, gather, &got));
		if (strcmp(buf_str(&got), cases[i].want) != 0)
			fail_msg("case %zu: \"%s\"", i, buf_str(&got));
		close(d.file);
		buf_free(&got);
		arena_free(&mem);
	}
}

/* A CRLF that two reads part is still one line end. */
static void
line_end_across_reads(void **state)
{
	enum { N = 65535 };
	char name[] = "/tmp/copy_test.XXXXXX", *body = malloc(N + 3);
	struct stub_act act = { .prefix = "", .body_len = N + 2 };
	struct deed d = { .act = &act, .file = mkstemp(name) };
	struct buf got = BUF(1 << 20);

	(void)state;
	memset(body, 'x', N);
	memcpy(body + N, "\r\n", 3);
	unlink(name);
	assert_int_equal(write(d.file, body, N + 2), N + 2);
	assert_true(message_copy(&d, gather, &got));
	assert_int_equal(got.len, 1 + N + 1);
	assert_null(memchr(got.s, '\r', got.len));
	close(d.file);
	free(body);
	buf_free(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(copies), cmocka_unit_test(line_end_across_reads) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
