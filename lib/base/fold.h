/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold - keys that differ only in case become the same.
 *
 *	char *key = fold_case("J\xc3\x9cRGEN@example.com", cf->smtputf8_enable);	"j\xc3\xbcrgen@example.com"
 *
 * Letters of ASCII always do.  utf8: all that Unicode's full case folding
 * knows does (RFC 6531 addresses); "stra\xc3\x9fe" is "strasse" then, which is longer.  What
 * is not UTF-8, and a build without libunistring, know ASCII only.
 */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <stdbool.h>

char *fold_case(const char *, bool utf8); /* the caller's to free */
bool fold_knows_utf8(void);

#endif
