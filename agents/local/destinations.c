/* SPDX-License-Identifier: Apache-2.0 */
#include "agents/local/destinations.h"

#include "lib/base/text.h"
#include "lib/mail/address.h"

#include <string.h>

/* Where the item ends: a comma or line end outside quotes, comments and angle brackets. */
static const char *
item_end(const char *s)
{
	int parens = 0, angles = 0;
	bool quoted = false;

	for (; *s != '\0'; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		else if (*s == '\n')
			break;
		else if (*s == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (*s == '(')
			parens++;
		else if (*s == ')' && parens > 0)
			parens--;
		else if (*s == '<')
			angles++;
		else if (*s == '>' && angles > 0)
			angles--;
		else if (*s == ',' && parens == 0 && angles == 0)
			break;
	}
	return s;
}

/* "..." around all of it goes, with its backslashes. */
static const char *
without_quotes(const char *s, struct arena *mem)
{
	size_t n = strlen(s);
	char *out, *to;

	if (n < 2 || s[0] != '"' || s[n - 1] != '"')
		return s;
	out = to = arena_strn(mem, s + 1, n - 2);
	for (const char *from = out; *from != '\0'; from++) {
		if (*from == '\\' && from[1] != '\0')
			from++;
		*to++ = *from;
	}
	*to = '\0';
	return out;
}

struct parsing {
	struct arena *mem;
	struct destination *list;
	size_t n;
	const char *why;
};

static bool
add(struct parsing *p, enum destination_kind kind, const char *text)
{
	struct destination *more;

	if (p->n >= DESTINATIONS_MAX || text[0] == '\0') {
		p->why = text[0] == '\0' ? "empty destination" : "too many destinations";
		return false;
	}
	if ((p->n & (p->n - 1)) == 0) {
		if ((more = arena_alloc(p->mem, (p->n ? p->n * 2 : 4) * sizeof(*more))) == NULL) {
			p->why = "destinations need too much memory";
			return false;
		}
		if (p->n > 0)
			memcpy(more, p->list, p->n * sizeof(*more));
		p->list = more;
	}
	p->list[p->n++] = (struct destination){ kind, text };
	return true;
}

static bool
add_addresses(struct parsing *p, const char *item)
{
	struct address_item *items;
	size_t n;

	if (!address_list(item, p->mem, &items, &n) || n == 0) {
		p->why = arena_fmt(p->mem, "bad address: %.200s", item);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (!add(p, TO_ADDRESS, items[i].address))
			return false;
	return true;
}

static bool
add_item(struct parsing *p, const char *item)
{
	const char *s = without_quotes(item, p->mem);

	if (s[0] == '|')
		return add(p, TO_COMMAND, without_quotes(text_trim(arena_str(p->mem, s + 1)), p->mem));
	if (s[0] == '/')
		return add(p, TO_FILE, s);
	if (text_starts(s, ":include:"))
		return add(
		    p, TO_INCLUDE, without_quotes(text_trim(arena_str(p->mem, s + strlen(":include:"))), p->mem));
	if (item[0] == '\\')
		return add(p, TO_MAILBOX, item + 1);
	return add_addresses(p, item);
}

bool
destinations_parse(const char *text, struct arena *mem, struct destination **out, size_t *n, const char **why)
{
	struct parsing p = { .mem = mem };
	bool line_start = true;

	for (const char *s = text; *s != '\0';) {
		const char *end;
		char *item;

		if (*s == ' ' || *s == '\t' || *s == '\r' || *s == ',' || *s == '\n') {
			line_start = line_start || *s == '\n';
			s++;
			continue;
		}
		if (*s == '#' && line_start) {
			s += strcspn(s, "\n");
			continue;
		}
		end = item_end(s);
		item = text_trim(arena_strn(mem, s, (size_t)(end - s)));
		if (!add_item(&p, item)) {
			*why = p.why;
			return false;
		}
		line_start = false;
		s = end;
	}
	*out = p.list;
	*n = p.n;
	return true;
}
