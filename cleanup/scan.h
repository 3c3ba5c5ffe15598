/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan - the content of a message, parted into header fields and body while it streams by.
 *
 *	struct scan s;
 *	scan_begin(&s, &(struct scan_to){ .field = keep, .body = store, .ctx = me }, cf->header_size_limit, true);
 *	scan_feed(&s, bytes, n);	(pieces as they come, cut anywhere)
 *	scan_end(&s);
 *	scan_free(&s);
 *
 * The header section ends at the first empty line, which is given to nobody,
 * or before the first line that is no header field, which is then the start
 * of the body (RFC 5322 2.2; a missing empty line is a sender's mistake that
 * must not cost text).  A field comes whole, folded lines included, without
 * its last CRLF; of one that is longer than the limit the rest is dropped, as
 * header_size_limit in Postfix.
 *
 * Only CRLF ends a line.  A stray CR or LF becomes a blank when replace is
 * set (cleanup_replace_stray_cr_lf), because other systems might take it for
 * a line end (SMTP smuggling); else it stays what it is, part of its line.
 *
 * Memory: one field (16 MiB at most, whatever the limit) and a line's start.  Pure: no files, no clock.
 */
#ifndef CLEANUP_SCAN_H
#define CLEANUP_SCAN_H

#include "lib/base/buf.h"

struct scan_to {
	void (*field)(void *ctx, const char *text, size_t n);
	void (*body)(void *ctx, const char *bytes, size_t n);
	void *ctx;
};

struct scan {
	struct scan_to to;
	enum { SCAN_LINE, SCAN_FIELD, SCAN_BODY } state; /* start of a header line; inside of one; body */
	bool replace, held;				 /* held: a CR was the last byte, what follows decides */
	bool cut;					 /* the current field has lost its end */
	bool failed;					 /* out of memory */
	char last;					 /* byte before what is looked at */
	size_t fields;
	struct buf line, field;
};

void scan_begin(struct scan *, const struct scan_to *, long field_limit, bool replace);
void scan_body_only(struct scan *); /* after scan_begin(): all of it is body */
void scan_feed(struct scan *, const char *bytes, size_t n);
bool scan_end(struct scan *); /* false: out of memory */
void scan_free(struct scan *);

#endif
