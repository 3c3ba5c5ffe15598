/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses where they occur: in SMTP commands and in header fields. */
#include "lib/base/text.h"
#include "lib/mail/address_inside.h"

#include <stdlib.h>
#include <string.h>

/* From < to >, w moves behind that; where the address stands, for lists. */
static bool
angle(struct word *w, unsigned rules, bool empty_ok, struct arena *mem, const char **address, const char **at,
    const char **end)
{
	word_next(w);
	if ((rules & SPEC_STRICT) && w->spaced)
		return false;
	*at = *end = w->s;
	if (word_is(w, '>') && empty_ok) {
		*address = "";
	} else if (!address_route(w, rules) || !address_spec(w, rules, mem, address, end) || !word_is(w, '>') ||
	    ((rules & SPEC_STRICT) && w->spaced)) {
		return false;
	}
	return true;
}

/*
 * Is this "Joe Doe <joe@example.com>"?  w moves to the <.  A parameter that
 * follows a bare address may have a < in its value, but also has a =.
 */
static bool
phrase_before_angle(struct word *w)
{
	struct word at = *w;

	while (
	    at.kind == WORD_QUOTED || word_is(&at, '.') || (at.kind == WORD_ATOM && memchr(at.s, '=', at.len) == NULL))
		word_next(&at);
	if (!word_is(&at, '<'))
		return false;
	*w = at;
	return true;
}

static bool
strict_path(const char **text, unsigned rules, bool empty_ok, struct arena *mem, const char **address)
{
	const char *at, *end, *s = *text;
	struct word w;

	while (*s == ' ' || *s == '\t')
		s++;
	word_at(s, &w);
	if (w.spaced || !word_is(&w, '<') || !angle(&w, rules, empty_ok, mem, address, &at, &end))
		return false;
	s = w.s + w.len;
	if (*s != ' ' && *s != '\t' && *s != '\0')
		return false;
	s += strspn(s, " \t");
	if (*s == '(')
		return false;
	*text = s;
	return true;
}

static bool
loose_path(const char **text, unsigned rules, bool empty_ok, struct arena *mem, const char **address)
{
	const char *at, *end;
	struct word w;

	word_at(*text, &w);
	if (phrase_before_angle(&w)) {
		if (!angle(&w, rules, empty_ok, mem, address, &at, &end))
			return false;
		word_next(&w);
	} else if (!address_spec(&w, rules, mem, address, &end)) {
		return false;
	}
	/* A parameter, or nothing. */
	if (w.kind != WORD_END && (w.kind != WORD_ATOM || !w.spaced))
		return false;
	*text = w.s;
	return true;
}

bool
address_path(
    const char **text, bool strict, bool empty_ok, bool utf8, struct arena *mem, const char **address, const char **why)
{
	const unsigned rules = SPEC_ONE_LINE | (strict ? SPEC_STRICT : 0) | (utf8 ? SPEC_UTF8 : 0);
	const char *found, *rest = *text;

	if (!(strict ? strict_path : loose_path)(&rest, rules, empty_ok, mem, &found)) {
		*why = empty_ok ? "Bad sender address syntax" : "Bad recipient address syntax";
		return false;
	}
	*address = found;
	*text = rest;
	return true;
}

/* The words from one place to another as a display name. */
static const char *
display_name(const char *from, const char *to, struct arena *mem)
{
	char *name = arena_alloc(mem, (size_t)(to - from) + 1), *out = name;
	struct word w;

	if (name == NULL)
		return "";
	for (word_at(from, &w); w.s < to; word_next(&w)) {
		if (out > name && !word_is(&w, '.') && w.spaced)
			*out++ = ' ';
		if (w.kind != WORD_QUOTED) {
			memcpy(out, w.s, w.len);
			out += w.len;
			continue;
		}
		for (const char *s = w.s + 1; s < w.s + w.len - 1; s++) {
			if (*s == '\\')
				s++;
			if (*s != '\r' && *s != '\n')
				*out++ = *s;
		}
	}
	*out = '\0';
	text_printable(name);
	return name;
}

static bool
ends_item(const struct word *w)
{
	return w->kind == WORD_END || word_is(w, ',') || word_is(w, ';');
}

struct items {
	struct address_item *list;
	size_t n, cap;
};

static void
add_item(struct items *items, struct address_item item)
{
	if (items->n == items->cap) {
		items->cap = items->cap ? items->cap * 2 : 8;
		items->list = mem_grow(items->list, items->cap, sizeof(*items->list));
	}
	items->list[items->n++] = item;
}

/* One item that starts at from; w moves to what ends it.  A group's name and its colon are an item without address. */
static void
one_item(const char *text, struct word *w, struct arena *mem, struct items *items)
{
	const unsigned rules = SPEC_UTF8;
	const char *from = w->s, *at = from, *end = from;
	struct address_item item = { .name = "" };
	struct word first = *w;
	bool good;

	while (!ends_item(w) && !word_is(w, ':') && !word_is(w, '<'))
		word_next(w);
	if (word_is(w, ':')) {
		word_next(w);
		return;
	}
	if (word_is(w, '<')) {
		item.name = display_name(from, w->s, mem);
		good = angle(w, rules, false, mem, &item.address, &at, &end);
	} else {
		good = address_spec(&first, rules, mem, &item.address, &end) && first.s == w->s;
	}
	/* What else there is before the next comma is of no use. */
	while (!ends_item(w))
		word_next(w);
	if (!good)
		return;
	item.at = (size_t)(at - text);
	item.len = (size_t)(end - at);
	add_item(items, item);
}

bool
address_list(const char *text, struct arena *mem, struct address_item **out, size_t *n)
{
	struct items items = { 0 };
	struct address_item *list = NULL;
	struct word w;
	bool ok;

	word_at(text, &w);
	while (w.kind != WORD_END && arena_ok(mem) && items.n <= ADDRESS_LIST_MAX) {
		if (ends_item(&w))
			word_next(&w);
		else
			one_item(text, &w, mem, &items);
	}
	ok = arena_ok(mem) && items.n <= ADDRESS_LIST_MAX &&
	    (list = arena_alloc(mem, items.n * sizeof(*list) + 1)) != NULL;
	if (ok) {
		if (items.n > 0)
			memcpy(list, items.list, items.n * sizeof(*list));
		*out = list;
		*n = items.n;
	}
	free(items.list);
	return ok;
}

/* "@example.com", which is all of the item. */
static bool
bare_domain(struct word *w, struct arena *mem, const char **address)
{
	const char *from = w->s, *end;
	size_t n;

	word_next(w);
	for (end = w->s; !w->spaced && (w->kind == WORD_ATOM || w->kind == WORD_LITERAL || word_is(w, '.'));
	     word_next(w))
		end = w->s + w->len;
	n = (size_t)(end - from);
	*address = arena_strn(mem, from, n);
	return n > 1 && n <= ADDRESS_MAX && address_domain_ok(*address + 1, true);
}

/* Is this the name of a group with its colon?  Then w moves behind it. */
static bool
group_name(struct word *w)
{
	struct word at = *w;

	while (at.kind == WORD_ATOM || at.kind == WORD_QUOTED)
		word_next(&at);
	if (!word_is(&at, ':') || at.s == w->s)
		return false;
	word_next(&at);
	*w = at;
	return true;
}

static bool
entry_item(struct word *w, struct arena *mem, const char **address)
{
	const unsigned rules = SPEC_UTF8;
	const char *at, *end;

	if (word_is(w, '@'))
		return bare_domain(w, mem, address);
	if (!word_is(w, '<') && !phrase_before_angle(w))
		return address_spec(w, rules, mem, address, &end);
	if (!angle(w, rules, true, mem, address, &at, &end))
		return false;
	word_next(w);
	return true;
}

bool
address_entry(const char *text, struct arena *mem, const char ***out, size_t *n)
{
	struct items items = { 0 };
	struct word w;
	bool ok = true;

	word_at(text, &w);
	while (ok && w.kind != WORD_END) {
		struct address_item item = { .name = "" };

		if (ends_item(&w)) {
			word_next(&w);
		} else if (!group_name(&w)) {
			ok = entry_item(&w, mem, &item.address) && items.n < ADDRESS_LIST_MAX &&
			    (ends_item(&w) || w.spaced);
			if (ok)
				add_item(&items, item);
		}
	}
	ok = ok && arena_ok(mem) && (*out = arena_alloc(mem, items.n * sizeof(**out) + 1)) != NULL;
	for (size_t i = 0; ok && i < items.n; i++)
		(*out)[i] = items.list[i].address;
	*n = items.n;
	free(items.list);
	return ok;
}
