/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text - small things to do with strings.
 *
 * All of them treat bytes as ASCII and leave bytes above 127 alone, whatever
 * the locale is.  Numbers are strict: no sign, no blanks, no trailing bytes.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "lib/base/buf.h"
#include "lib/base/mem.h"

#include <stdint.h>

void text_printable(char *); /* control characters become '?'; UTF-8 stays (RFC 6531 addresses) */
void text_lower(char *);
char *text_trim(char *);			     /* white space off both ends, in place */
bool text_same(const char *, const char *);	     /* ignoring ASCII case */
bool text_starts(const char *s, const char *prefix); /* ignoring ASCII case */
bool text_ends(const char *s, const char *suffix);   /* ignoring ASCII case */
int text_utf8(const char *);			     /* bytes of the UTF-8 character there (RFC 3629); 0: it is none */
bool text_all_utf8(const char *);
bool text_ascii(const char *); /* no byte above 127 */
bool text_number(const char *, long least, long most, long *out);

/*
 * The next word of a list whose items stand apart by any of the separators,
 * which Postfix lets be ", \t\r\n" nearly everywhere.  Braces group:
 * "{ a, b } c" has two items; with the outer braces removed.  Cuts *cursor.
 */
#define TEXT_LIST ", \t\r\n"
char *text_word(char **cursor, const char *separators);
char *text_item(char **cursor, const char *separators);
bool text_list_has(const char *list, const char *word); /* ignoring ASCII case, apart by TEXT_LIST */

/* xtext of RFC 3461 4: "+3D" for '='; decode is false for what is not xtext or decodes to a control character. */
void xtext_put(struct buf *, const char *plain);
bool xtext_get(struct buf *, const char *coded);

uint32_t crc32c(uint32_t crc, const void *bytes, size_t n); /* start with 0; RFC 3720 B.4 */

#endif
