/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/lines.h"

#include <stdint.h>
#include <string.h>

static bool
any_8bit(const char *p, size_t n)
{
	uint64_t word, all = 0;

	for (; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		all |= word;
	}
	for (; n > 0; n--, p++)
		all |= (unsigned char)*p;
	return (all & 0x8080808080808080u) != 0;
}

static void
line_over(struct lines *l, long len, bool crlf)
{
	len -= crlf;
	if (len > l->longest)
		l->longest = len;
	l->current = 0;
}

void
lines_add(struct lines *l, const char *p, size_t n)
{
	const char *end = p + n, *lf;

	if (n == 0)
		return;
	l->total += (long)n;
	if (!l->has_8bit)
		l->has_8bit = any_8bit(p, n);
	for (; p < end; p = lf + 1) {
		if (l->current == 0 && *p == '.')
			l->has_dots = true;
		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL) {
			l->current += end - p;
			break;
		}
		line_over(l, l->current + (lf - p), (lf > p ? lf[-1] : l->last) == '\r');
	}
	l->last = end[-1];
}

void
lines_end(struct lines *l)
{
	l->no_last_crlf = l->current > 0;
	line_over(l, l->current, false);
}

void
lines_join(struct lines *to, const struct lines *from)
{
	to->total += from->total;
	if (from->longest > to->longest)
		to->longest = from->longest;
	to->has_8bit |= from->has_8bit;
	to->has_dots |= from->has_dots;
}
