/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/result.h"

#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

static bool
is_name(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

static void
add_piece(struct result *r, struct piece p)
{
	if (p.group == 0 && p.len == 0)
		return;
	r->pieces = mem_grow(r->pieces, r->n + 1, sizeof(p));
	r->pieces[r->n++] = p;
}

/* "1}" behind "${", or "1" behind "$": the end of it; NULL: err. */
static const char *
take_group(const char *at, size_t *group, struct buf *err)
{
	char close = *at == '{' ? '}' : *at == '(' ? ')' : '\0', name[16];
	const char *start = at + (close != '\0'), *end = start;
	long number;

	if (close != '\0') {
		if ((end = strchr(start, close)) == NULL) {
			buf_fmt(err, "\"$%.20s\" is not closed", at);
			return NULL;
		}
	} else {
		while (is_name(*end))
			end++;
	}
	if (end == start) {
		buf_fmt(err, "a \"$\" without a number; write $$ for a dollar sign");
		return NULL;
	}
	if ((size_t)(end - start) < sizeof(name)) {
		memcpy(name, start, (size_t)(end - start));
		name[end - start] = '\0';
		if (text_number(name, 1, PATTERN_RULES_GROUPS - 1, &number)) {
			*group = (size_t)number;
			return end + (close != '\0');
		}
	}
	buf_fmt(err, "\"%.*s\" is not the number of a group; write ${1} before a letter, $$ for a dollar sign",
	    (int)(end - start > 20 ? 20 : end - start), start);
	return NULL;
}

bool
result_parse(struct result *r, const char *text, struct buf *err)
{
	char *to = mem_alloc(strlen(text) + 1);
	struct piece p = { 0 };

	*r = (struct result){ .text = to };
	while (*text != '\0') {
		struct piece g = { 0 };

		if (*text != '$' || text[1] == '$') {
			text += *text == '$';
			*to++ = *text++;
			p.len++;
			continue;
		}
		if ((text = take_group(text + 1, &g.group, err)) == NULL) {
			result_free(r);
			return false;
		}
		add_piece(r, p);
		add_piece(r, g);
		p = (struct piece){ .at = (size_t)(to - r->text) };
		if (g.group > r->last)
			r->last = g.group;
	}
	*to = '\0';
	add_piece(r, p);
	return true;
}

const char *
result_make(const struct result *r, const char *key, const struct group *groups, struct arena *mem)
{
	size_t n = 0;
	char *out, *to;

	if (r->last == 0)
		return arena_str(mem, r->text);
	for (size_t i = 0; i < r->n; i++) {
		const struct piece *p = &r->pieces[i];

		n += p->group == 0 ? p->len : (size_t)(groups[p->group].end - groups[p->group].start);
	}
	if ((out = to = arena_alloc(mem, n + 1)) == NULL)
		return "";
	for (size_t i = 0; i < r->n; i++) {
		const struct piece *p = &r->pieces[i];
		const struct group *g = &groups[p->group];
		size_t len = p->group == 0 ? p->len : (size_t)(g->end - g->start);

		memcpy(to, p->group == 0 ? r->text + p->at : g->start < 0 ? "" : key + g->start, len);
		to += len;
	}
	*to = '\0';
	return out;
}

void
result_free(struct result *r)
{
	free(r->text);
	free(r->pieces);
	*r = (struct result){ 0 };
}
