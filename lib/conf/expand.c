/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/expand.h"

#include "lib/base/idn.h"
#include "lib/base/mem.h"
#include "lib/conf/compare.h"

#include <string.h>

enum { NAME_MAX_ = 255, EXCERPT = 40 };

struct span {
	const char *s, *end;
};
struct job {
	macro_value *value;
	void *ctx;
	struct buf *err;
	int depth;
};

static bool expand(struct job *, struct span, struct buf *out);

static bool
wrong(struct job *j, const char *what, struct span at)
{
	int n = at.end - at.s > EXCERPT ? EXCERPT : (int)(at.end - at.s);

	buf_fmt(j->err, "%s at \"%.*s\"", what, n, at.s);
	return false;
}

static bool
name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

static void
skip_blanks(struct span *t)
{
	while (t->s < t->end && blank(*t->s))
		t->s++;
}

/* t begins with an opening bracket: *inside is what it holds, t moves behind the closing one. */
static bool
take_bracket(struct span *t, struct span *inside)
{
	char open = *t->s, close = open == '{' ? '}' : ')';
	int depth = 0;

	for (const char *s = t->s; s < t->end; s++) {
		depth += *s == open;
		if (*s == close && --depth == 0) {
			*inside = (struct span){ t->s + 1, s };
			t->s = s + 1;
			return true;
		}
	}
	return false;
}

static bool
take_braced(struct job *j, struct span *t, struct span *inside)
{
	skip_blanks(t);
	if (t->s == t->end || *t->s != '{')
		return wrong(j, "{text} expected", *t);
	return take_bracket(t, inside) ? true : wrong(j, "missing '}'", *t);
}

static bool
name_value(struct job *j, struct span name, struct buf *out)
{
	char text[NAME_MAX_ + 1];
	size_t n = (size_t)(name.end - name.s);

	if (n == 0)
		return wrong(j, "empty macro name (write $$ for a dollar sign)", name);
	if (n > NAME_MAX_)
		return wrong(j, "macro name is too long", name);
	memcpy(text, name.s, n);
	text[n] = '\0';
	return j->value(j->ctx, text, out, j->err);
}

/* The condition of a macro: {a} == {b}, or a name.  Its value goes to *out: "true" or "" for the former. */
static bool
comparison(struct job *j, struct span *t, struct buf *out)
{
	struct buf left = BUF(MACRO_VALUE), right = BUF(MACRO_VALUE);
	struct span a = { 0 }, b = { 0 };
	const struct comparison *how;
	bool ok = false, holds;
	const char *bad;

	if (!take_braced(j, t, &a))
		return false;
	skip_blanks(t);
	if ((how = comparison_find(t->s, (size_t)(t->end - t->s))) == NULL)
		return wrong(j, "one of == != < <= > >= expected", *t);
	t->s += strlen(how->sign);
	if (!take_braced(j, t, &b))
		return false;
	if (expand(j, a, &left) && expand(j, b, &right)) {
		ok = comparison_holds(how, buf_str(&left), buf_str(&right), &holds, &bad);
		if (!ok)
			buf_fmt(j->err, "malformed compatibility level: \"%.40s\" (3.6 or 3.6.1 is wanted)", bad);
		else if (holds)
			buf_puts(out, "true");
	}
	buf_free(&left);
	buf_free(&right);
	return ok;
}

/* The operators, which stand before their text as names before "?" do. */
static const char to_ascii[] = "domain_to_ascii";

static bool
is_operator(const char *name, size_t n, const char *after, const char *end)
{
	return n == strlen(to_ascii) && strncmp(name, to_ascii, n) == 0 && after < end && *after == '{';
}

static bool
domain_to_ascii(struct job *j, struct span *t, struct buf *out)
{
	struct buf domain = BUF(MACRO_VALUE);
	struct arena mem = ARENA(MACRO_VALUE);
	struct span inside = { 0 };
	const char *ascii;
	bool ok;

	if (!take_braced(j, t, &inside))
		return false;
	if ((ok = expand(j, inside, &domain))) {
		if ((ok = (ascii = idn_ascii(buf_str(&domain), &mem)) != NULL && arena_ok(&mem)))
			buf_puts(out, ascii);
		else
			buf_fmt(j->err, "\"%.100s\" has no form in ASCII; write it as xn--...", buf_str(&domain));
	}
	arena_free(&mem);
	buf_free(&domain);
	return ok;
}

static bool
condition(struct job *j, struct span *t, struct buf *out)
{
	struct span name;

	skip_blanks(t);
	if (t->s < t->end && *t->s == '{')
		return comparison(j, t, out);
	for (name = (struct span){ t->s, t->s }; name.end < t->end && name_byte(*name.end); name.end++)
		;
	t->s = name.end;
	if (is_operator(name.s, (size_t)(name.end - name.s), t->s, t->end))
		return domain_to_ascii(j, t, out);
	skip_blanks(t);
	if (t->s < t->end && *t->s != '?' && *t->s != ':')
		return wrong(j, "a name has letters, digits and '_'; '?' or ':' or its end expected", *t);
	return name_value(j, name, out);
}

/*
 * The texts behind '?' and ':'.  One in braces ends with them, one without
 * goes to the end of the macro, a ':' in it included.
 */
static bool
branches(struct job *j, struct span t, struct span *yes, struct span *no)
{
	char mark = *t.s++;
	struct span *first = mark == '?' ? yes : no, rest = t;

	skip_blanks(&t);
	if (t.s == t.end || *t.s != '{') {
		*first = rest;
		return true;
	}
	if (!take_braced(j, &t, first))
		return false;
	skip_blanks(&t);
	if (t.s == t.end)
		return true;
	if (mark == ':' || *t.s != ':')
		return wrong(j, mark == ':' ? "end of the macro expected" : "':' expected", t);
	t.s++;
	return branches(j, (struct span){ t.s - 1, t.end }, yes, no);
}

/* What stands between the brackets of ${...}. */
static bool
macro(struct job *j, struct span t, struct buf *out)
{
	struct span yes = { 0 }, no = { 0 };
	struct buf value = BUF(MACRO_VALUE);
	bool ok = condition(j, &t, &value);

	skip_blanks(&t);
	if (ok && t.s == t.end) {
		buf_add(out, buf_str(&value), value.len);
		if (!buf_ok(&value))
			out->bad = true;
	} else if (ok && *t.s != '?' && *t.s != ':') {
		ok = wrong(j, "'?' or ':' expected", t);
	} else if (ok) {
		ok = branches(j, t, &yes, &no) && expand(j, value.len > 0 ? yes : no, out);
	}
	buf_free(&value);
	return ok;
}

/* *t is behind the dollar sign. */
static bool
dollar(struct job *j, struct span *t, struct buf *out)
{
	struct span inside = { 0 }, whole = { t->s - 1, t->end };

	if (t->s < t->end && *t->s == '$') {
		buf_putc(out, *t->s++);
		return true;
	}
	if (t->s < t->end && (*t->s == '{' || *t->s == '(')) {
		if (!take_bracket(t, &inside))
			return wrong(j, "closing bracket is missing", whole);
		return macro(j, inside, out);
	}
	for (inside = (struct span){ t->s, t->s }; inside.end < t->end && name_byte(*inside.end); inside.end++)
		;
	if (inside.end == inside.s)
		return wrong(j, "empty macro name (write $$ for a dollar sign)", whole);
	t->s = inside.end;
	return name_value(j, inside, out);
}

static bool
expand(struct job *j, struct span t, struct buf *out)
{
	const char *next;
	bool ok = true;

	if (t.s == NULL)
		return true;
	if (++j->depth > MACRO_DEPTH)
		return wrong(j, "macros are nested too deeply", t);
	while (ok && t.s < t.end) {
		next = memchr(t.s, '$', (size_t)(t.end - t.s));
		if (next == NULL)
			next = t.end;
		buf_add(out, t.s, (size_t)(next - t.s));
		t.s = next;
		if (t.s < t.end) {
			t.s++;
			ok = dollar(j, &t, out);
		}
	}
	j->depth--;
	return ok && buf_ok(out);
}

bool
macro_expand(const char *text, macro_value *value, void *ctx, struct buf *out, struct buf *err)
{
	struct job j = { .value = value, .ctx = ctx, .err = err };

	return expand(&j, (struct span){ text, text + strlen(text) }, out);
}

void
macro_names(const char *text, void (*mention)(void *, const char *), void *ctx)
{
	char name[NAME_MAX_ + 1];
	size_t n;

	while ((text = strchr(text, '$')) != NULL) {
		if (*++text == '$') {
			text++;
			continue;
		}
		if (*text == '{' || *text == '(')
			text++;
		while (blank(*text))
			text++;
		for (n = 0; name_byte(text[n]); n++)
			;
		if (n > 0 && n <= NAME_MAX_ && !is_operator(text, n, text + n, text + n + 1)) {
			memcpy(name, text, n);
			name[n] = '\0';
			mention(ctx, name);
		}
	}
}
