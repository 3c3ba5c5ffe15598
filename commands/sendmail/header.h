/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header - sendmail -t: who the header says is to have the message.
 *
 *	struct addressees a = { .mem = &mem };
 *	if (addressees_of(&a, text, len))
 *		... a.list[0 .. a.n)
 *	addressees_free(&a);
 *
 * text is the header section with LF lines, what header_end() has found.  To,
 * Cc and Bcc; their Resent- forms instead when there is one (RFC 5322 3.6.6).
 * Pure; strings live in the arena.
 */
#ifndef SENDMAIL_HEADER_H
#define SENDMAIL_HEADER_H

#include "lib/base/mem.h"

struct addressees {
	struct arena *mem;
	const char **list;
	size_t n, cap;
};
bool addressees_of(struct addressees *, const char *text, size_t len); /* false: too many, or too large */
/* The addresses of an argument: "joe", "Joe <joe@example.com>, jane". */
bool addressees_in(struct addressees *, const char *arg);
void addressees_free(struct addressees *);

/*
 * Where is the end of the header section in text?  from: where to look on
 * (set by the last call, 0 at first).  False: not in what has come so far.
 */
bool header_end(const char *text, size_t len, size_t *from);

#endif
