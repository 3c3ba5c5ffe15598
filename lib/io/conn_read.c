/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: bytes, lines, and the one place where a line is judged. */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/io/conn_inside.h"

#include <errno.h>
#include <string.h>

/* Room behind what is there; grows to want bytes in all at most. */
static size_t
make_room(struct conn *c, size_t want)
{
	size_t cap;

	if (c->at > 0) {
		memmove(c->in, c->in + c->at, c->have);
		c->at = 0;
	}
	if ((c->have >= c->cap || c->full) && c->cap < want) {
		cap = c->cap ? c->cap * 4 : IN_FIRST;
		if (cap > want)
			cap = want;
		c->in = mem_grow(c->in, cap + 1, 1); /* + 1: a line's NUL */
		c->cap = cap;
	}
	return c->cap - c->have;
}

/* 1: some came; 0: nothing now (nonblocking); -1: sticky error. */
static int
fill(struct conn *c, size_t want)
{
	size_t room;
	ssize_t r;

	if (c->error != CONN_OK)
		return -1;
	if (c->have == 0)
		c->at = 0;
	room = !c->full && c->cap > c->at + c->have && c->at + c->have < c->cap - c->cap / 4 ? c->cap - c->at - c->have
											     : make_room(c, want);
	if (room == 0)
		return 0;
	r = c->top->read(c->top, c->in + c->at + c->have, room);
	c->full = r > 0 && (size_t)r == room;
	if (r > 0) {
		c->have += (size_t)r;
		return 1;
	}
	if (r == 0)
		conn_fail(c, CONN_EOF);
	else if (c->nonblocking && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	else
		conn_broke(c, errno);
	return -1;
}

static bool
fill_wait(struct conn *c, size_t want)
{
	return conn_flush(c) && fill(c, want) > 0;
}

bool
conn_fill_wait(struct conn *c)
{
	return fill_wait(c, IN_MOST);
}

int
conn_fill(struct conn *c)
{
	return fill(c, IN_MOST);
}

void
conn_expect(struct conn *c, size_t n)
{
	if (n > IN_MOST)
		n = IN_MOST;
	if (n < IN_LEAST)
		n = IN_LEAST;
	if (c->cap < n || (c->have == 0 && c->cap > n)) {
		if (c->at > 0)
			memmove(c->in, c->in + c->at, c->have);
		c->at = 0;
		c->in = mem_grow(c->in, n + 1, 1);
		c->cap = n;
	}
	c->full = false;
}

size_t
conn_buffered(const struct conn *c)
{
	return c->have;
}

const char *
conn_peek(struct conn *c, size_t *n)
{
	if (c->have == 0 && !conn_fill_wait(c))
		return NULL;
	*n = c->have;
	return c->in + c->at;
}

bool
conn_more(struct conn *c)
{
	return conn_fill_wait(c);
}

void
conn_eat(struct conn *c, size_t n)
{
	must_hold(n <= c->have);
	c->at += n;
	c->have -= n;
}

void
conn_discard(struct conn *c)
{
	c->at = c->have = 0;
}

bool
conn_read(struct conn *c, void *to, size_t n)
{
	char *p = to;

	while (n > 0) {
		size_t some;
		const char *from = conn_peek(c, &some);

		if (from == NULL)
			return false;
		if (some > n)
			some = n;
		memcpy(p, from, some);
		conn_eat(c, some);
		p += some;
		n -= some;
	}
	return true;
}

/*
 * The line's end, reading on until it is there.  Past the limit only the
 * first limit bytes stay, what follows is dropped as it comes; *dropped counts.
 */
static char *
find_end(struct conn *c, size_t limit, size_t *dropped)
{
	size_t seen = 0;
	char *end;

	for (;;) {
		if (c->have > seen && (end = memchr(c->in + c->at + seen, '\n', c->have - seen)) != NULL)
			return end;
		seen = c->have;
		if (c->have > limit + 1) {
			/* The last byte stays: it may be the CR of the line's end. */
			c->in[c->at + limit] = c->in[c->at + c->have - 1];
			*dropped += c->have - (limit + 1);
			seen = c->have = limit + 1;
			if (*dropped > LINE_DROP) {
				conn_fail(c, CONN_TOO_LONG);
				return NULL;
			}
		}
		if (!fill_wait(c, limit + 2 > IN_MOST ? limit + 2 : IN_MOST))
			return NULL;
	}
}

bool
conn_line(struct conn *c, size_t limit, struct line *out)
{
	size_t dropped = 0, len, total;
	char *end, *s;
	unsigned flags = 0;

	if ((end = find_end(c, limit, &dropped)) == NULL)
		return false;
	s = c->in + c->at;
	len = (size_t)(end - s);
	total = len + 1;
	if (len > 0 && s[len - 1] == '\r')
		len--;
	else
		flags |= LINE_BARE_LF;
	if (dropped > 0 || len > limit) {
		flags |= LINE_LONG;
		len = limit;
	}
	if (memchr(s, '\r', len) != NULL)
		flags |= LINE_BARE_CR;
	if (memchr(s, '\0', len) != NULL)
		flags |= LINE_NUL;
	s[len] = '\0';
	conn_eat(c, total);
	*out = (struct line){ s, len, flags };
	return true;
}
