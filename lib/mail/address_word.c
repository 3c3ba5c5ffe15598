/* SPDX-License-Identifier: Apache-2.0 */
/* Words of addresses, and what they make: local parts, domains, source routes. */
#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/mail/address_inside.h"

#include <string.h>

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind what ends with that byte, backslashes minded; NULL: it has no end. */
static const char *
closing(const char *s, char end)
{
	for (s++; *s != end; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		if (*s == '\0')
			return NULL;
	}
	return s + 1;
}

static const char *
comment_end(const char *s)
{
	size_t depth = 0;

	do {
		if (*s == '\\' && s[1] != '\0')
			s++;
		else if (*s == '(')
			depth++;
		else if (*s == ')')
			depth--;
		else if (*s == '\0')
			return NULL;
		s++;
	} while (depth > 0);
	return s;
}

static const char *
skip(const char *s)
{
	const char *end;

	for (;;) {
		while (blank(*s))
			s++;
		if (*s != '(' || (end = comment_end(s)) == NULL)
			return s;
		s = end;
	}
}

void
word_at(const char *from, struct word *w)
{
	const char *s = skip(from), *end = s;

	*w = (struct word){ .kind = WORD_BAD, .s = s, .spaced = s > from };
	if (*s == '\0') {
		w->kind = WORD_END;
	} else if (address_atext(*s)) {
		w->kind = WORD_ATOM;
		while (address_atext(*end))
			end++;
	} else if (*s == '"' || *s == '[') {
		if ((end = closing(s, *s == '"' ? '"' : ']')) != NULL)
			w->kind = *s == '"' ? WORD_QUOTED : WORD_LITERAL;
	} else if (strchr("@.,;:<>", *s) != NULL) {
		w->kind = WORD_SIGN;
		w->sign = *s;
		end = s + 1;
	} else {
		end = *s == '(' ? NULL : s + 1;
	}
	w->len = end != NULL ? (size_t)(end - s) : strlen(s);
}

void
word_next(struct word *w)
{
	word_at(w->s + w->len, w);
}

bool
word_is(const struct word *w, char sign)
{
	return w->kind == WORD_SIGN && w->sign == sign;
}

/* What is within the quotes, folding undone; false: a byte that must not be there. */
static bool
unquote(const struct word *w, unsigned rules, struct buf *out)
{
	for (const char *s = w->s + 1; s < w->s + w->len - 1; s++) {
		if (*s == '\\')
			s++;
		else if ((*s == '\r' || *s == '\n') && !(rules & SPEC_ONE_LINE))
			continue;
		if (*s == '\t' && !(rules & SPEC_ONE_LINE))
			buf_putc(out, ' ');
		else if ((unsigned char)*s < ' ' || *s == 127)
			return false;
		else
			buf_putc(out, *s);
	}
	return true;
}

/* In a command, what stands apart is something else even after a dot: "joe@example.com. SIZE=10". */
static bool
parameter(const struct word *w, unsigned rules)
{
	return (rules & SPEC_ONE_LINE) && w->kind == WORD_ATOM && w->spaced;
}

/* RFC 5321: no blanks, no empty words, and a quoted string stands alone. */
static bool
too_loose(const struct word *w, bool first, bool word_due, bool after_quoted)
{
	if (!first && (w->spaced || after_quoted || w->kind == WORD_QUOTED))
		return true;
	return word_is(w, '.') && word_due;
}

/* Words and dots, as far as they belong together: also "a..b" and ".a", there are such mailboxes. */
static bool
local_part(struct word *w, unsigned rules, struct buf *out, const char **end)
{
	bool word_due = true, first = true, quoted = false;

	for (; w->kind == WORD_ATOM || w->kind == WORD_QUOTED || word_is(w, '.'); word_next(w)) {
		if ((rules & SPEC_STRICT) && too_loose(w, first, word_due, quoted))
			return false;
		if (!first && parameter(w, rules))
			break;
		if (!word_is(w, '.') && !word_due)
			break;
		quoted = w->kind == WORD_QUOTED;
		if (!quoted)
			buf_add(out, w->s, w->len);
		else if (!unquote(w, rules, out))
			return false;
		word_due = word_is(w, '.');
		first = false;
		*end = w->s + w->len;
	}
	return !first && !((rules & SPEC_STRICT) && word_due);
}

static bool
domain_part(struct word *w, unsigned rules, struct buf *out, const char **end)
{
	bool word_due = true;

	if (w->kind == WORD_LITERAL) {
		buf_add(out, w->s, w->len);
		*end = w->s + w->len;
		word_next(w);
		return true;
	}
	for (; word_due ? w->kind == WORD_ATOM : word_is(w, '.'); word_next(w)) {
		if ((rules & SPEC_STRICT) && w->spaced)
			return false;
		if (parameter(w, rules) && out->len > 0)
			break;
		buf_add(out, w->s, w->len);
		*end = w->s + w->len;
		word_due = !word_due;
	}
	return out->len > 0;
}

static bool
domain_good(struct buf *domain, unsigned rules)
{
	bool dot = domain->len > 1 && domain->s[domain->len - 1] == '.', ok;

	if (!buf_ok(domain) || (dot && (rules & SPEC_STRICT)))
		return false;
	if (dot)
		domain->s[domain->len - 1] = '\0';
	ok = address_domain_ok(buf_str(domain), (rules & SPEC_UTF8) != 0);
	if (dot)
		domain->s[domain->len - 1] = '.';
	return ok;
}

static bool
put_together(const struct buf *local, const struct buf *domain, unsigned rules, struct arena *mem, const char **address)
{
	enum { LOCAL_MAX = 64 };
	const char *quoted, *a;

	if (!buf_ok(local) || (local->len == 0 && domain->len == 0))
		return false;
	quoted = address_quote_local(buf_str(local), mem);
	if ((rules & SPEC_STRICT) && strlen(quoted) > LOCAL_MAX)
		return false;
	a = domain->len > 0 ? arena_fmt(mem, "%s@%s", quoted, domain->s) : quoted;
	if (!arena_ok(mem) || strlen(a) > ADDRESS_MAX || ((rules & SPEC_UTF8) ? !address_utf8_ok(a) : !text_ascii(a)))
		return false;
	*address = a;
	return true;
}

bool
address_spec(struct word *w, unsigned rules, struct arena *mem, const char **address, const char **end)
{
	struct buf local = BUF(ADDRESS_MAX), domain = BUF(ADDRESS_MAX);
	bool ok = local_part(w, rules, &local, end);

	if (ok && word_is(w, '@')) {
		ok = !((rules & SPEC_STRICT) && w->spaced);
		word_next(w);
		ok = ok && !((rules & SPEC_STRICT) && w->spaced) && domain_part(w, rules, &domain, end) &&
		    domain_good(&domain, rules);
	}
	ok = ok && put_together(&local, &domain, rules, mem, address);
	buf_free(&local);
	buf_free(&domain);
	return ok;
}

bool
address_route(struct word *w, unsigned rules)
{
	struct buf domain = BUF(ADDRESS_MAX);
	const char *end;
	bool ok = true;

	if (!word_is(w, '@'))
		return true;
	while (ok && word_is(w, '@')) {
		buf_clear(&domain);
		word_next(w);
		ok = !((rules & SPEC_STRICT) && w->spaced) && domain_part(w, rules, &domain, &end) &&
		    domain_good(&domain, rules);
		/* obs-route: empty elements between commas */
		while (ok && word_is(w, ','))
			word_next(w);
	}
	buf_free(&domain);
	if (!ok || !word_is(w, ':'))
		return false;
	word_next(w);
	return true;
}
