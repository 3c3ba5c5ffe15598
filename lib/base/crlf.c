/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/crlf.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { WIDTH = 16, GROUP = 4 * WIDTH };

typedef unsigned char block __attribute__((vector_size(WIDTH)));

static block
load(const char *p)
{
	block b;

	memcpy(&b, p, sizeof(b));
	return b;
}

/* Bytes that are not plain, as ones; p[-1] is there. */
static block
odd(const char *p)
{
	const block here = load(p), before = load(p - 1);

	return (block)((here == '\n') ^ (before == '\r')) | (block)(here == '\0') |
	    (block)((here == '.') & (before == '\n'));
}

static bool
any(block b)
{
	uint64_t half[2];

	memcpy(half, &b, sizeof(half));
	return (half[0] | half[1]) != 0;
}

size_t
crlf_plain(const char *p, size_t n)
{
	size_t at = 1;

	if (n <= WIDTH || p[0] == '\n' || p[0] == '\0')
		return 0;
	while (n - at >= GROUP &&
	    !any(odd(p + at) | odd(p + at + WIDTH) | odd(p + at + 2 * (size_t)WIDTH) | odd(p + at + 3 * (size_t)WIDTH)))
		at += GROUP;
	while (n - at >= WIDTH && !any(odd(p + at)))
		at += WIDTH;
	return at > 1 && p[at - 1] == '\r' ? at - 1 : at == 1 ? 0 : at;
}
