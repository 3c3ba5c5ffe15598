/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crlf - how far does a text go on without anything that needs a look at single bytes?
 *
 *	n = crlf_plain(p, end - p);	(p[-1], if there is one, is no CR)
 *
 * The n bytes from p on have no NUL, no CR without a LF behind it, no LF
 * without a CR before it, and no dot behind a LF; and they do not end with a
 * CR.  What follows them may be as plain: the answer is rounded down to whole
 * blocks, and 0 says only that bytes must be looked at.  A dot at p itself is
 * the caller's.  Most of all mail passes here, 16 bytes at a time.
 */
#ifndef BASE_CRLF_H
#define BASE_CRLF_H

#include <stddef.h>

size_t crlf_plain(const char *p, size_t n);

#endif
