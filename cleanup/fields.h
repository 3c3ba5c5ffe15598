/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields - header fields one after the other, as they were received.
 *
 *	fields_add(&spool, text, n);
 *	struct fields_cursor c = FIELDS_CURSOR;
 *	struct field_text f;
 *	while (fields_next(&spool, &c, &f)) ...
 *	fields_cursor_free(&c);
 *
 * A field's text has no CRLF at its end; folds within it are CRLF and a blank.
 */
#ifndef CLEANUP_FIELDS_H
#define CLEANUP_FIELDS_H

#include "cleanup/spool.h"

struct field_text {
	const char *text; /* NUL-terminated */
	size_t len;
	size_t name_len; /* 0: the From line of a mailbox */
	bool ours;	 /* our own Received: nobody's edits count it */
};
/* Who takes fields. */
typedef void field_taker(void *ctx, const struct field_text *);

struct fields_cursor {
	struct spool_cursor at;
	struct buf text;
};
/* clang-format off */
#define FIELDS_CURSOR { .text = BUF(1 << 30) }
/* clang-format on */

void fields_add(struct spool *, const char *text, size_t n);
bool fields_next(struct spool *, struct fields_cursor *, struct field_text *); /* valid until the next call */
void fields_cursor_free(struct fields_cursor *);

struct field_text field_text(const char *text, size_t n);
/* Is that its name?  Case does not matter (RFC 5322 1.2.2). */
bool field_is(const struct field_text *, const char *name);
/* What stands behind the colon. */
const char *field_body(const struct field_text *);

#endif
