/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/edits.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 1 << 18 };
enum kind { ADD, INSERT, CHANGE };

struct edit {
	enum kind kind;
	long index;
	const char *name;
	struct field_text field; /* the new field; text NULL: none */
	long passed;		 /* fields that count, so far */
	bool done;
};

static bool
name_ok(const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p > 126 || *p == ':')
			return false;
	return p > s && p - s <= 998;
}

/* "Name: value", each line after the first one with a blank at its start, no line break at the end. */
static const char *
make_field(const char *name, const char *value, struct arena *mem)
{
	struct buf b = BUF(VALUE_MAX);
	size_t n = strlen(value);
	const char *text;

	while (n > 0 && (value[n - 1] == '\n' || value[n - 1] == '\r'))
		n--;
	buf_fmt(&b, "%s:%s", name, *value == ' ' || *value == '\t' ? "" : " ");
	for (const char *p = value, *end = value + n; p < end; p++) {
		if (*p != '\r' && *p != '\n') {
			buf_putc(&b, *p);
			continue;
		}
		while (p + 1 < end && (p[1] == '\r' || p[1] == '\n'))
			p++;
		buf_puts(&b, p[1] == ' ' || p[1] == '\t' ? "\r\n" : "\r\n\t");
	}
	text = buf_ok(&b) ? arena_strn(mem, buf_str(&b), b.len) : NULL;
	buf_free(&b);
	return text != NULL && arena_ok(mem) ? text : NULL;
}

static const char *
add(struct edits *e, const struct edit *what, const char *value, struct arena *mem)
{
	struct edit one = *what;

	if (e->n >= EDITS_MAX)
		return "too many edits of the header";
	if (!name_ok(what->name) || what->index < 0)
		return "bad name or place of a header edit";
	if (value != NULL) {
		if ((one.field.text = make_field(what->name, value, mem)) == NULL)
			return "value of a header edit is too long";
		one.field = field_text(one.field.text, strlen(one.field.text));
	}
	one.name = arena_str(mem, what->name);
	e->list = mem_grow(e->list, e->n + 1, sizeof(*e->list));
	e->list[e->n++] = one;
	return arena_ok(mem) ? NULL : "the header edits are too large";
}

const char *
edits_add(struct edits *e, const char *name, const char *value, struct arena *mem)
{
	return add(e, &(struct edit){ .kind = ADD, .name = name }, value, mem);
}

const char *
edits_insert(struct edits *e, long index, const char *name, const char *value, struct arena *mem)
{
	return add(e, &(struct edit){ .kind = INSERT, .index = index, .name = name }, value, mem);
}

const char *
edits_change(struct edits *e, long index, const char *name, const char *value, struct arena *mem)
{
	if (index < 1)
		return "bad name or place of a header edit";
	return add(
	    e, &(struct edit){ .kind = CHANGE, .index = index, .name = name }, *value != '\0' ? value : NULL, mem);
}

void
edits_start(struct edits *e)
{
	for (size_t i = 0; i < e->n; i++) {
		e->list[i].passed = 0;
		e->list[i].done = false;
	}
}

/* A field as it comes out of stage i - 1. */
static void
pass(struct edits *e, size_t i, const struct field_text *f, field_taker *take, void *ctx)
{
	for (; i < e->n; i++) {
		struct edit *s = &e->list[i];

		if (s->kind == INSERT && s->passed++ == s->index) {
			s->done = true;
			pass(e, i + 1, &s->field, take, ctx);
		} else if (s->kind == CHANGE && !f->ours && field_is(f, s->name) && ++s->passed == s->index) {
			s->done = true;
			if (s->field.text == NULL)
				return;
			f = &s->field;
		}
	}
	take(ctx, f);
}

void
edits_pass(struct edits *e, const struct field_text *f, field_taker *take, void *ctx)
{
	pass(e, 0, f, take, ctx);
}

void
edits_end(struct edits *e, field_taker *take, void *ctx)
{
	for (size_t i = 0; i < e->n; i++)
		if (!e->list[i].done && e->list[i].field.text != NULL)
			pass(e, i + 1, &e->list[i].field, take, ctx);
}

void
edits_free(struct edits *e)
{
	free(e->list);
	*e = (struct edits){ 0 };
}
