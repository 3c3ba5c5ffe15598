/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf - a growing string of bytes that knows its limit.
 *
 * Asking for more than the limit, or for more memory than there is, makes
 * the buf "bad": later calls do nothing and buf_ok() says no.  So build the
 * whole line first and check once.
 *
 *	struct buf b = BUF(512);
 *	buf_fmt(&b, "RCPT TO:<%s>", rcpt);
 *	if (!buf_ok(&b))
 *		return never(why, "5.1.3", "recipient address is too long");
 *
 * The buf owns its bytes.  A buf that was never added to owns nothing and
 * has s == NULL; buf_str() gives "" then.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *s;	      /* NUL-terminated after the first add */
	size_t len, cap, max; /* max: bytes that it may hold, without the NUL */
	bool bad;
};
/* clang-format off */
#define BUF(limit) { .max = (limit) }
/* clang-format on */

void buf_add(struct buf *, const void *bytes, size_t n);
void buf_puts(struct buf *, const char *);
void buf_putc(struct buf *, char);
void buf_fmt(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vfmt(struct buf *, const char *fmt, va_list) __attribute__((format(printf, 2, 0)));

/* Room for n more bytes at b->s + b->len, to be claimed with buf_grew(); NULL: bad. */
char *buf_room(struct buf *, size_t n);
void buf_grew(struct buf *, size_t n);

void buf_cut(struct buf *, size_t len);	 /* keep only the first len bytes */
void buf_eat(struct buf *, size_t n);	 /* drop the first n bytes */
const char *buf_str(const struct buf *); /* never NULL */
bool buf_ok(const struct buf *);
void buf_clear(struct buf *); /* empty and good again, memory kept */
void buf_free(struct buf *);  /* empty and good again, memory given back */
char *buf_take(struct buf *); /* the string, now the caller's to free(); never NULL unless bad */

#endif
