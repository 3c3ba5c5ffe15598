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
 * A field keeps its bytes exactly; folded lines belong to it.  Limits: bytes
 * in all as given to HEADER; header_parse() says no past it.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "lib/base/buf.h"
#include "lib/base/mem.h"

struct header_field {
	const char *text;     /* "Subject: hello\r\n world", without its last line end */
	size_t len, name_len; /* name_len 0: a line that is no header (kept as it is) */
};
struct header {
	struct header_field *fields;
	size_t n, cap, bytes, max;
	struct arena mem;
};
/* clang-format off */
#define HEADER(limit) { .max = (limit), .mem = ARENA(4 * (size_t)(limit)) }
/* clang-format on */

/*
 * Does this line start or continue a header section?  For splitting a stream
 * into header and body: a line with a valid name and colon, or with leading
 * white space after one, or "From " and ">From " as the very first line.
 */
bool header_is_field(const char *line, size_t n);
bool header_is_folded(const char *line, size_t n);

bool header_parse(struct header *, const char *bytes, size_t n);
/* The nth (from 1) field of that name, NULL: none. */
struct header_field *header_find(struct header *, const char *name, size_t nth);
size_t header_count(const struct header *, const char *name);
const char *header_body(const struct header_field *, struct arena *); /* unfolded, without leading blank */
bool header_insert(struct header *, size_t index, const char *name, const char *body);
bool header_append(struct header *, const char *name, const char *body);
bool header_change(struct header *, const char *name, size_t nth, const char *body); /* past the end: append */
void header_delete(struct header *, struct header_field *);
size_t header_size(const struct header *);		/* bytes that header_write() makes */
void header_write(const struct header *, struct buf *); /* each field ended by CRLF, no blank line */
void header_free(struct header *);

#endif
