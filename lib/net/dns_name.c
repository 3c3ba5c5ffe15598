/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/config.h"

#include "lib/net/dns.h"

#include "lib/base/text.h"

#include <string.h>

#ifdef HAVE_LIBIDN2
#	include <idn2.h>
#endif

bool
dns_name_ok(const char *name)
{
	size_t label = 0, n = 0;

	for (; name[n] != '\0'; n++) {
		char c = name[n];

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
			c == '_') ||
		    ++label > 63)
			return false;
	}
	return label > 0 && n <= 253;
}

#ifdef HAVE_LIBIDN2
static const char *
to_ascii(const char *name, struct arena *mem)
{
	char *out = NULL;
	const char *kept;

	if (idn2_to_ascii_8z(name, &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return NULL;
	kept = arena_str(mem, out);
	idn2_free(out);
	return kept;
}

static const char *
to_unicode(const char *name, struct arena *mem)
{
	char *out = NULL;
	const char *kept;

	if (idn2_to_unicode_8z8z(name, &out, 0) != IDN2_OK)
		return NULL;
	kept = arena_str(mem, out);
	idn2_free(out);
	return kept;
}
#else
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
dns_name_ascii(const char *name, struct arena *mem)
{
	return text_ascii(name) ? arena_str(mem, name) : to_ascii(name, mem);
}

const char *
dns_name_other_form(const char *name, struct arena *mem)
{
	const char *other;

	if (!text_ascii(name))
		return to_ascii(name, mem);
	if (strcasestr(name, "xn--") == NULL || (other = to_unicode(name, mem)) == NULL)
		return NULL;
	return strcmp(other, name) != 0 ? other : NULL;
}
