/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/config.h"

#include "lib/base/idn.h"

#include "lib/base/text.h"

#include <stddef.h>
#include <string.h>

#ifdef HAVE_LIBIDN2

#	include "lib/base/library.h"
#	include "lib/base/log.h"

#	include <idn2.h>
#	include <pthread.h>

static struct calls {
	__typeof__(&idn2_to_ascii_8z) to_ascii;
	__typeof__(&idn2_to_unicode_8z8z) to_unicode;
	__typeof__(&idn2_free) free;
} idn2;
static bool loaded;

static void
load(void)
{
	static const char *const files[] = { "libidn2.so.0", NULL };
	static const struct library_call calls[] = { { "idn2_to_ascii_8z", offsetof(struct calls, to_ascii) },
		{ "idn2_to_unicode_8z8z", offsetof(struct calls, to_unicode) },
		{ "idn2_free", offsetof(struct calls, free) } };
	char why[LIBRARY_WHY];

	if (!(loaded = library_load(files, calls, NITEMS(calls), &idn2, why)))
		log_warn(
		    "libidn2 cannot be loaded: %s; internationalized domain names are known in one form only", why);
}

void
idn_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
}

static const char *
to_ascii(const char *name, struct arena *mem)
{
	char *out = NULL;
	const char *kept;

	idn_load();
	if (!loaded || idn2.to_ascii(name, &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return NULL;
	kept = arena_str(mem, out);
	idn2.free(out);
	return kept;
}

static const char *
to_unicode(const char *name, struct arena *mem)
{
	char *out = NULL;
	const char *kept;

	idn_load();
	if (!loaded || idn2.to_unicode(name, &out, 0) != IDN2_OK)
		return NULL;
	kept = arena_str(mem, out);
	idn2.free(out);
	return kept;
}
#else

void
idn_load(void)
{
}

static const char *
to_unicode(const char *name, struct arena *mem)
{
	(void)name;
	(void)mem;
	return NULL;
}

static const char *
to_ascii(const char *name, struct arena *mem)
{
	(void)name;
	(void)mem;
	return NULL;
}
#endif

const char *
idn_ascii(const char *name, struct arena *mem)
{
	return text_ascii(name) ? arena_str(mem, name) : to_ascii(name, mem);
}

const char *
idn_other_form(const char *name, struct arena *mem)
{
	const char *other;

	if (!text_ascii(name))
		return to_ascii(name, mem);
	if (strcasestr(name, "xn--") == NULL || (other = to_unicode(name, mem)) == NULL)
		return NULL;
	return strcmp(other, name) != 0 ? other : NULL;
}
