/* SPDX-License-Identifier: Apache-2.0 */
/* Any content, cut anywhere: the same comes out as from the simple reader. */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "tests/smtpd/content_simple.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
collect(void *ctx, const char *s, size_t n)
{
	buf_add(ctx, s, n);
}

/* The first three bytes are the mode and the distance of the cuts. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct result want = { .out = BUF(1 << 20) }, got = { .out = BUF(1 << 20) };
	struct content c = { 0 };
	size_t step, at = 0;
	char *s;

	if (n < 3 || n > 100000)
		return 0;
	c.bare = (enum bare)(data[0] & 3);
	c.dots = data[0] & 4;
	step = 1 + data[1] + (size_t)(data[2] & 15) * 256;
	n -= 3;
	s = mem_alloc(n + 2);
	memcpy(s, data + 3, n);
	memcpy(s + n, "\r\n", 2);
	n += 2;
	content_simple(s, n, c.dots, c.bare, &want);
	for (; at < n && !c.ended; at += step) {
		size_t some = n - at < step ? n - at : step;
		/* a copy of just that size, so that reading past it is noticed */
		char *piece = mem_alloc(some);

		memcpy(piece, s + at, some);
		got.used += content_feed(&c, piece, some, collect, &got.out);
		free(piece);
	}
	must_hold(c.ended == want.ended && got.used == want.used && c.found == want.found);
	must_hold(got.out.len == want.out.len && c.size == (long)want.out.len);
	must_hold(want.out.len == 0 || memcmp(got.out.s, want.out.s, want.out.len) == 0);
	buf_free(&want.out);
	buf_free(&got.out);
	free(s);
	return 0;
}
