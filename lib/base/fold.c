/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/config.h"

#include "lib/base/fold.h"

#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBUNISTRING
#	include <unicase.h>
#	include <unistr.h>

/* NULL: it is not UTF-8. */
static char *
fold_unicode(const char *s)
{
	const uint8_t *bytes = (const uint8_t *)s;
	size_t n = strlen(s) + 1, length = 0;
	uint8_t *found = u8_check(bytes, n) == NULL ? u8_casefold(bytes, n, NULL, NULL, NULL, &length) : NULL;
	char *kept = found != NULL ? mem_str((const char *)found) : NULL;

	free(found);
	return kept;
}
#else
static char *
fold_unicode(const char *s)
{
	(void)s;
	return NULL;
}
#endif

char *
fold_case(const char *s, bool utf8)
{
	char *folded = utf8 && !text_ascii(s) ? fold_unicode(s) : NULL;

	if (folded == NULL) {
		folded = mem_str(s);
		text_lower(folded);
	}
	return folded;
}

bool
fold_knows_utf8(void)
{
	char *folded = fold_unicode("\xc3\x9c");
	bool known = folded != NULL && strcmp(folded, "\xc3\xbc") == 0;

	free(folded);
	return known;
}
