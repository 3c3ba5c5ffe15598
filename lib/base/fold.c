/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/config.h"

#include "lib/base/fold.h"

#include "lib/base/text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBUNISTRING

#	include "lib/base/library.h"
#	include "lib/base/log.h"

#	include <pthread.h>
#	include <unicase.h>
#	include <unistr.h>

static struct calls {
	__typeof__(&u8_check) check;
	__typeof__(&u8_casefold) casefold;
} unistring;
static bool loaded;

static void
load(void)
{
	static const char *const files[] = { "libunistring.so.5", "libunistring.so.2", NULL };
	static const struct library_call calls[] = { { "u8_check", offsetof(struct calls, check) },
		{ "u8_casefold", offsetof(struct calls, casefold) } };
	char why[LIBRARY_WHY];

	if (!(loaded = library_load(files, calls, NITEMS(calls), &unistring, why)))
		log_warn("libunistring cannot be loaded: %s; of letter case ASCII's is known only", why);
}

void
fold_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
}

/* NULL: it is not UTF-8. */
static char *
fold_unicode(const char *s)
{
	const uint8_t *bytes = (const uint8_t *)s;
	size_t n = strlen(s) + 1, length = 0;
	uint8_t *found = NULL;
	char *kept;

	fold_load();
	if (loaded && unistring.check(bytes, n) == NULL)
		found = unistring.casefold(bytes, n, NULL, NULL, NULL, &length);
	kept = found != NULL ? mem_str((const char *)found) : NULL;
	free(found);
	return kept;
}
#else

void
fold_load(void)
{
}

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
