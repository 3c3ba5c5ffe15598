/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sendmail/header.h"

#include "lib/base/text.h"
#include "lib/mail/address.h"
#include "lib/mail/header.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	bool resent;
} kinds[] = { { "To", false }, { "Cc", false }, { "Bcc", false }, { "Resent-To", true }, { "Resent-Cc", true },
	{ "Resent-Bcc", true } };

static bool
from_line(const char *s, size_t n)
{
	size_t quote = strspn(s, ">");

	return n >= quote + 5 && memcmp(s + quote, "From ", 5) == 0;
}

bool
header_end(const char *text, size_t len, size_t *from)
{
	const char *line = text + *from, *end = text + len, *lf;

	for (; (lf = memchr(line, '\n', (size_t)(end - line))) != NULL; line = lf + 1) {
		size_t n = (size_t)(lf - line);

		*from = (size_t)(line - text);
		if (n == 0)
			return true;
		if (from_line(line, n) || header_is_field(line, n) || (line > text && header_is_folded(line, n)))
			continue;
		return true;
	}
	*from = (size_t)(line - text);
	return false;
}

static bool
keep(struct addressees *a, const char *address)
{
	if (a->n >= ADDRESS_LIST_MAX || !arena_ok(a->mem))
		return false;
	if (a->n == a->cap) {
		a->cap = a->cap ? 2 * a->cap : 16;
		a->list = mem_grow(a->list, a->cap, sizeof(*a->list));
	}
	a->list[a->n++] = address;
	return true;
}

bool
addressees_in(struct addressees *a, const char *text)
{
	struct address_item *items;
	size_t n;

	if (!address_list(text, a->mem, &items, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (items[i].address[0] != '\0' && !keep(a, items[i].address))
			return false;
	return true;
}

/* The end of the field that starts at s: the first line end that no blank follows. */
static const char *
field_end(const char *s, const char *end)
{
	const char *lf;

	while ((lf = memchr(s, '\n', (size_t)(end - s))) != NULL && lf + 1 < end && (lf[1] == ' ' || lf[1] == '\t'))
		s = lf + 1;
	return lf != NULL ? lf : end;
}

/* The row of kinds; -1: none that matters. */
static int
kind_of(const char *s, size_t n)
{
	const char *colon = memchr(s, ':', n);
	size_t len = colon != NULL ? (size_t)(colon - s) : 0;

	while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	for (size_t i = 0; i < NITEMS(kinds); i++)
		if (len == strlen(kinds[i].name) && strncasecmp(s, kinds[i].name, len) == 0)
			return (int)i;
	return -1;
}

static bool
take_field(struct addressees *a, const char *s, size_t n)
{
	const char *colon = memchr(s, ':', n);
	char *body = arena_strn(a->mem, colon + 1, n - (size_t)(colon + 1 - s));

	if (!arena_ok(a->mem))
		return false;
	for (char *p = body; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return addressees_in(a, body);
}

static bool
take_fields(struct addressees *a, const char *text, size_t len, bool resent)
{
	const char *end = text + len, *next;

	for (const char *s = text; s < end; s = next + 1) {
		int kind;

		next = field_end(s, end);
		kind = kind_of(s, (size_t)(next - s));
		if (kind >= 0 && kinds[kind].resent == resent && !take_field(a, s, (size_t)(next - s)))
			return false;
	}
	return true;
}

bool
addressees_of(struct addressees *a, const char *text, size_t len)
{
	size_t before = a->n;

	if (!take_fields(a, text, len, true))
		return false;
	return a->n > before || take_fields(a, text, len, false);
}

void
addressees_free(struct addressees *a)
{
	free(a->list);
	a->list = NULL;
	a->n = a->cap = 0;
}
