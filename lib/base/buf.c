/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 64 };

char *
buf_room(struct buf *b, size_t n)
{
	size_t cap;
	char *s;

	if (b->bad || n > b->max || b->len > b->max - n) {
		b->bad = true;
		return NULL;
	}
	if (b->s != NULL && b->cap - b->len > n)
		return b->s + b->len;
	cap = b->cap ? b->cap : FIRST_SIZE;
	while (cap - b->len <= n)
		cap *= 2;
	if (cap > b->max + 1)
		cap = b->max + 1;
	if ((s = realloc(b->s, cap)) == NULL) {
		b->bad = true;
		return NULL;
	}
	b->s = s;
	b->cap = cap;
	b->s[b->len] = '\0';
	return b->s + b->len;
}

void
buf_grew(struct buf *b, size_t n)
{
	if (b->bad)
		return;
	assert(n < b->cap - b->len);
	b->len += n;
	b->s[b->len] = '\0';
}

void
buf_add(struct buf *b, const void *bytes, size_t n)
{
	char *at = buf_room(b, n);

	if (at == NULL)
		return;
	if (n > 0)
		memcpy(at, bytes, n);
	buf_grew(b, n);
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_vfmt(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *at = buf_room(b, 0);
	size_t left;
	int n;

	if (at == NULL)
		return;
	left = b->cap - b->len;
	va_copy(again, ap);
	n = vsnprintf(at, left, fmt, ap);
	if (n < 0) {
		b->bad = true;
	} else if ((size_t)n < left) {
		buf_grew(b, (size_t)n);
	} else {
		at[0] = '\0';
		if ((at = buf_room(b, (size_t)n)) != NULL) {
			vsnprintf(at, (size_t)n + 1, fmt, again);
			buf_grew(b, (size_t)n);
		}
	}
	va_end(again);
}

void
buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vfmt(b, fmt, ap);
	va_end(ap);
}

void
buf_cut(struct buf *b, size_t len)
{
	if (b->s == NULL || len >= b->len)
		return;
	b->len = len;
	b->s[len] = '\0';
}

void
buf_eat(struct buf *b, size_t n)
{
	if (b->s == NULL || n == 0)
		return;
	assert(n <= b->len);
	memmove(b->s, b->s + n, b->len - n + 1);
	b->len -= n;
}

const char *
buf_str(const struct buf *b)
{
	return b->s != NULL ? b->s : "";
}

bool
buf_ok(const struct buf *b)
{
	return !b->bad;
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->bad = false;
	if (b->s != NULL)
		b->s[0] = '\0';
}

void
buf_free(struct buf *b)
{
	free(b->s);
	b->s = NULL;
	b->len = b->cap = 0;
	b->bad = false;
}

char *
buf_take(struct buf *b)
{
	char *s = NULL;

	if (!b->bad && buf_room(b, 0) != NULL) {
		s = b->s;
		b->s = NULL;
	}
	buf_free(b);
	return s;
}
