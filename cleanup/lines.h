/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines - what a stream of CRLF lines looks like, told while it passes.
 *
 *	struct lines l = LINES;
 *	lines_add(&l, bytes, n);	(pieces as they come; a line may be in several)
 *	lines_end(&l);
 *	... l.longest, l.has_8bit, l.has_dots, l.no_last_crlf
 */
#ifndef CLEANUP_LINES_H
#define CLEANUP_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct lines {
	long total;	   /* bytes in all */
	long longest;	   /* the longest line, without its CRLF */
	bool has_8bit;	   /* a byte above 127 */
	bool has_dots;	   /* a line that starts with a dot */
	bool no_last_crlf; /* after lines_end(): the last line has no end */
	long current;	   /* bytes of the line that is not over yet */
	char last;
};
/* clang-format off */
#define LINES { 0 }
/* clang-format on */

void lines_add(struct lines *, const char *bytes, size_t n);
void lines_end(struct lines *);
/* The facts of both together. */
void lines_join(struct lines *, const struct lines *);

#endif
