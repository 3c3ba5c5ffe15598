/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header - the header section of a message as a list that can be edited.
 *
 *	struct header h = HEADER(1 << 20);
 *	header_parse(&h, bytes, n);		(CRLF lines, without the blank line)
 *	f = header_find(&h, "Date", 1);
 *	header_insert(&h, 0, "Received", "from ...");
 *	header_write(&h, &out);
 *	header_free(&h);
 *
 * A field keeps its bytes exactly; folded lines belong to it (RFC 5322 2.2).
 * Names are compared without regard to case.  Limits: bytes in all as given to
 * HEADER; past it header_parse() and the edits say no and change nothing.
 *
 * What is put in can neither end the section nor begin another field: a name
 * that is none is refused; in a body every line break (CRLF, CR, LF) becomes
 * CRLF, followed by a blank if there was none; empty lines in it vanish.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "lib/base/buf.h"
#include "lib/base/mem.h"

struct header_field {
	const char *text;     /* "Subject: hello\r\n world", without its last line end; may contain NUL */
	size_t len, name_len; /* name_len 0: a line that is no header (kept as it is) */
};
struct header {
	struct header_field *fields;
	size_t n, cap, bytes, max; /* bytes: that header_write() makes */
	struct arena mem;	   /* of the texts, also of those that were replaced */
};
/* clang-format off */
#define HEADER(limit) { .max = (limit), .mem = ARENA(4 * (size_t)(limit) + 4096) }
/* clang-format on */

/*
 * Does this line start or continue a header section?  For splitting a stream
 * into header and body: header_is_field() is a line with a valid name and
 * colon (blanks before the colon are an obsolete form), header_is_folded() one
 * with leading white space, which counts only after a field.  "From " and
 * ">From " as the very first line are the caller's.  A line end may be there or not.
 */
bool header_is_field(const char *line, size_t n);
bool header_is_folded(const char *line, size_t n);

bool header_parse(struct header *, const char *bytes, size_t n); /* behind what is there; empty lines vanish */
/* The nth (from 1) field of that name, NULL: none.  Valid until the next edit. */
struct header_field *header_find(struct header *, const char *name, size_t nth);
size_t header_count(const struct header *, const char *name);
const char *header_body(const struct header_field *, struct arena *); /* unfolded, without leading blank; NUL is '?' */
bool header_insert(struct header *, size_t index, const char *name, const char *body); /* past the end: append */
bool header_append(struct header *, const char *name, const char *body);
bool header_change(struct header *, const char *name, size_t nth, const char *body); /* past the last of them: append */
void header_delete(struct header *, struct header_field *);
size_t header_size(const struct header *);		/* bytes that header_write() makes */
void header_write(const struct header *, struct buf *); /* each field ended by CRLF, no blank line */
void header_free(struct header *);			/* empty, and good for another one */

#endif
