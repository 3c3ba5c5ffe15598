/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content - what comes from standard input, as the message that is meant by it.
 *
 *	struct content c = { .endings = ENDINGS_ALWAYS, .take = keep, .ctx = me };
 *	while (!c.ended && (n = read(...)) > 0)
 *		content_feed(&c, bytes, n);
 *	content_end(&c);
 *
 * A line with only a dot ends the message unless dots is set.  CRLF becomes
 * LF as sendmail_fix_line_endings says.  Pure; pieces may be cut anywhere.
 */
#ifndef SENDMAIL_CONTENT_H
#define SENDMAIL_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

struct content {
	enum { ENDINGS_ALWAYS, ENDINGS_STRICT, ENDINGS_NEVER } endings; /* STRICT: if the first line ends in CRLF */
	bool dots;							/* a lone dot is text */
	void (*take)(void *ctx, const char *, size_t);
	void *ctx;

	bool ended;   /* by a dot */
	bool decided; /* STRICT: the first line is over */
	bool inside;  /* of a line: some of it has been given */
	char held[2]; /* what may be a dot or a line's end, not given yet */
	size_t nheld;
};
void content_feed(struct content *, const char *, size_t);
void content_end(struct content *);

#endif
