/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold - keys that differ only in case become the same.
 *
 *	char *key = fold_case("Joe@Example.COM", cf->smtputf8_enable);
 *
 * Letters of ASCII always do.  With utf8 all those do that Unicode's full case
 * folding knows (RFC 6531 addresses), and the result may be longer: sharp s is
 * "ss".  What is not UTF-8, and a build without libunistring, know ASCII only.
 */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <stdbool.h>

char *fold_case(const char *, bool utf8); /* the caller's to free */
bool fold_knows_utf8(void);
/* Have the library at hand; who goes into a jail calls this before it.  table_open() does. */
void fold_load(void);

#endif
