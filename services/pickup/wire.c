/* SPDX-License-Identifier: Apache-2.0 */
#include "services/pickup/wire.h"

#include <string.h>

static void
text(struct wire *w, const char *p, size_t n)
{
	const char *end = p + n, *lf;

	for (; p < end; p = lf + 1) {
		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL) {
			w->take(w->ctx, p, (size_t)(end - p));
			break;
		}
		if (lf > p)
			w->take(w->ctx, p, (size_t)(lf - p));
		if ((lf > p ? lf[-1] : w->last) == '\r')
			w->take(w->ctx, "\n", 1);
		else
			w->take(w->ctx, "\r\n", 2);
		w->last = '\n';
	}
	w->last = end[-1];
}

/* Could the line that begins so be one that goes?  -1: no, 0: not known yet, 1: yes. */
static int
from_line(const char *s, size_t n)
{
	static const char mark[] = ">From ";
	const char *want = n > 0 && s[0] == '>' ? mark : mark + 1;
	size_t len = strlen(want);

	if (memcmp(s, want, n < len ? n : len) != 0)
		return -1;
	return n >= len;
}

/* Byte for byte, at most seven of them. */
static size_t
start(struct wire *w, const char *p, size_t n)
{
	size_t used = 0;
	int is = 0;

	while (used < n && is == 0) {
		w->held[w->nheld++] = p[used++];
		is = from_line(w->held, w->nheld);
	}
	if (is > 0)
		w->state = WIRE_SKIP;
	else if (is < 0)
		w->state = WIRE_TEXT;
	if (is < 0)
		text(w, w->held, w->nheld);
	if (is != 0)
		w->nheld = 0;
	return used;
}

void
wire_feed(struct wire *w, const char *p, size_t n)
{
	const char *lf;
	size_t used;

	for (; n > 0; p += used, n -= used) {
		used = n;
		if (w->state == WIRE_START) {
			used = start(w, p, n);
		} else if (w->state == WIRE_TEXT) {
			text(w, p, n);
		} else if ((lf = memchr(p, '\n', n)) != NULL) {
			used = (size_t)(lf - p) + 1;
			w->state = WIRE_START;
		}
	}
}

void
wire_end(struct wire *w)
{
	if (w->nheld > 0)
		text(w, w->held, w->nheld);
	w->nheld = 0;
}
