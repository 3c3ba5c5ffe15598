/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of addresses: quotes, domains, extensions. */
#include "lib/base/text.h"
#include "lib/mail/address_inside.h"

#include <arpa/inet.h>
#include <string.h>

bool
address_atext(char c)
{
	if ((unsigned char)c > 127 || (c >= '0' && c <= '9'))
		return true;
	if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL;
}

void
address_split(const char *address, struct arena *mem, const char **local, const char **domain)
{
	const char *at = NULL;
	bool quoted = false;

	for (const char *s = address; *s != '\0'; s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (*s == '\\' && quoted && s[1] != '\0')
			s++;
		else if (*s == '@' && !quoted)
			at = s;
	}
	/* A quote without end hides nothing. */
	if (quoted)
		at = strrchr(address, '@');
	*local = at != NULL ? arena_strn(mem, address, (size_t)(at - address)) : arena_str(mem, address);
	*domain = at != NULL ? arena_str(mem, at + 1) : NULL;
}

static bool
dot_atom(const char *s)
{
	char before = '.';

	for (; *s != '\0'; before = *s++)
		if (*s == '.' ? before == '.' : !address_atext(*s))
			return false;
	return before != '.';
}

const char *
address_quote_local(const char *plain, struct arena *mem)
{
	char *out, *to;

	if (dot_atom(plain))
		return arena_str(mem, plain);
	if ((out = to = arena_alloc(mem, 2 * strlen(plain) + 3)) == NULL)
		return "";
	*to++ = '"';
	for (; *plain != '\0'; plain++) {
		if (*plain == '"' || *plain == '\\')
			*to++ = '\\';
		*to++ = *plain;
	}
	*to = '"';
	return out;
}

const char *
address_unquote_local(const char *local, struct arena *mem)
{
	char *out = arena_str(mem, local), *to = out;
	bool quoted = false;

	if (!arena_ok(mem))
		return out;
	for (const char *s = local; *s != '\0'; s++) {
		if (*s == '"') {
			quoted = !quoted;
			continue;
		}
		if (*s == '\\' && quoted && s[1] != '\0')
			s++;
		*to++ = *s;
	}
	*to = '\0';
	return out;
}

bool
address_utf8_ok(const char *s)
{
	int n = 1;

	for (; *s != '\0' && n > 0; s += n)
		n = text_utf8(s);
	return n > 0;
}

static bool
label_byte(char c, bool utf8)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
	    (utf8 && (unsigned char)c > 127);
}

static bool
labels_ok(const char *s, bool utf8)
{
	enum { LABEL_MAX = 63 };
	size_t len = 0;
	char before = '.';

	for (;; before = *s++) {
		if (*s == '.' || *s == '\0') {
			if (len == 0 || len > LABEL_MAX || before == '-')
				return false;
			if (*s == '\0')
				return true;
			len = 0;
		} else if (!label_byte(*s, utf8) || (*s == '-' && len == 0)) {
			return false;
		} else {
			len++;
		}
	}
}

bool
address_is_literal(const char *domain)
{
	size_t n = strlen(domain);

	return n >= 2 && domain[0] == '[' && domain[n - 1] == ']';
}

/* "IPv6:" and an address, an IPv4 address, or a tag, ':' and printable text. */
static bool
literal_ok(const char *domain)
{
	unsigned char bytes[16];
	char inside[256], *colon;
	size_t n = strlen(domain) - 2;

	if (n == 0 || n >= sizeof(inside))
		return false;
	memcpy(inside, domain + 1, n);
	inside[n] = '\0';
	if (inet_pton(AF_INET, inside, bytes) == 1)
		return true;
	if (text_starts(inside, "IPv6:"))
		return inet_pton(AF_INET6, inside + 5, bytes) == 1;
	if ((colon = strchr(inside, ':')) == NULL || colon == inside || colon[1] == '\0' || colon[-1] == '-')
		return false;
	for (const char *s = inside; s < colon; s++)
		if (!label_byte(*s, false) || *s == '_')
			return false;
	/* What could be taken for the end of a domain, or of an address, is of no use to anybody here. */
	for (const char *s = colon + 1; *s != '\0'; s++)
		if (*s <= ' ' || *s == 127 || strchr("[]\\@\"<>(),;", *s) != NULL)
			return false;
	return true;
}

bool
address_domain_ok(const char *domain, bool utf8)
{
	enum { DOMAIN_MAX = 255 };

	if (strnlen(domain, DOMAIN_MAX + 1) > DOMAIN_MAX || (utf8 && !address_utf8_ok(domain)))
		return false;
	return address_is_literal(domain) ? literal_ok(domain) : labels_ok(domain, utf8);
}

static bool
never_parted(const char *local, char delimiter)
{
	static const char *const reserved[] = { "postmaster", "mailer-daemon", "double-bounce" };

	for (size_t i = 0; i < NITEMS(reserved); i++)
		if (text_same(local, reserved[i]))
			return true;
	return delimiter == '-' && (text_starts(local, "owner-") || text_ends(local, "-request"));
}

void
address_extension(const char *local, const char *delimiters, struct arena *mem, const char **user, const char **ext)
{
	size_t n = strcspn(local, delimiters);

	*ext = NULL;
	if (n == 0 || local[n] == '\0' || never_parted(local, local[n])) {
		*user = arena_str(mem, local);
		return;
	}
	*user = arena_strn(mem, local, n);
	*ext = arena_str(mem, local + n + 1);
}
