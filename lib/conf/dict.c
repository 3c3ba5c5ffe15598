/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/dict.h"

#include "lib/base/log.h"
#include "lib/conf/computed.h"
#include "lib/conf/mailname.h"

#include <string.h>

enum { ERROR_TEXT = 8192 };

struct dict_chain {
	const struct dict_chain *up;
	const char *name;
	int depth;
};

/* One question from outside, down to the last name that it leads to. */
struct question {
	const struct conf_dict *d;
	conf_lookup *lookup; /* may be NULL */
	void *ctx;
	bool told; /* the error says already which entry is to blame */
};

/* The text that is being expanded for it right now. */
struct expansion {
	struct question *q;
	const struct dict_chain *chain;
};

void
dict_set(struct conf_dict *d, const char *name, const char *raw, const char *file, int line)
{
	struct dict_entry *e = hash_get(&d->entries, name);

	if (e == NULL) {
		if ((e = arena_alloc(d->mem, sizeof(*e))) == NULL)
			return;
		e->row = param_find(name);
		e->name = e->row != NULL ? param_name(e->row) : arena_str(d->mem, name);
		if (e->row == NULL)
			e->row = param_family(name);
		hash_put(&d->entries, e->name, e);
	}
	e->raw = raw;
	e->value = NULL;
	e->file = file;
	e->line = line;
}

static void
set_default(struct conf_dict *d, const struct param *row)
{
	const struct field f = param_field(row);

	dict_set(d, f.name, computed_find(f.name) != NULL ? NULL : f.dflt, "default", 0);
}

void
dict_defaults(struct conf_dict *d)
{
	for (size_t i = 0; i < conf_nparams; i++)
		if (hash_get(&d->entries, param_name(&conf_params[i])) == NULL)
			set_default(d, &conf_params[i]);
}

struct dict_entry *
dict_entry(const struct conf_dict *d, const char *name)
{
	struct dict_entry *e = hash_get(&d->entries, name);
	const struct param *row;

	if (e != NULL || !d->defaults_later || (row = param_find(name)) == NULL)
		return e;
	set_default((struct conf_dict *)d, row);
	return hash_get(&d->entries, name);
}

struct dict_entry *
dict_entry_for(const struct conf_dict *d, const char *name)
{
	struct dict_entry *e = dict_entry(d, name);
	const struct param *family;

	if (e == NULL && (family = param_family(name)) != NULL)
		e = dict_entry(d, param_field(family).dflt + 1); /* behind the '$' */
	return e;
}

void
dict_place(const struct dict_entry *e, struct buf *out)
{
	if (e->line > 0)
		buf_fmt(out, "%s, line %d: %s", e->file, e->line, e->name);
	else if (strcmp(e->file, "default") == 0)
		buf_fmt(out, "default of %s", e->name);
	else
		buf_fmt(out, "%s %s=%.100s", e->file, e->name, e->raw != NULL ? e->raw : "");
}

static bool
circle(const struct dict_entry *e, const struct dict_chain *chain, struct buf *err)
{
	const struct dict_chain *names[8];
	size_t n = 0;

	for (const struct dict_chain *c = chain; c != NULL && n < NITEMS(names); c = c->up) {
		names[n++] = c;
		if (strcmp(c->name, e->name) == 0)
			break;
	}
	dict_place(e, err);
	buf_puts(err, ": refers to itself: ");
	while (n > 0)
		buf_fmt(err, "%s -> ", names[--n]->name);
	buf_fmt(err, "%s; take one of these references out", e->name);
	return false;
}

static bool value_of(void *ctx, const char *name, struct buf *out, struct buf *err);

static bool
computed(const struct conf_dict *d, const struct dict_chain *chain, const char *name, struct buf *out, struct buf *err)
{
	/* The function asks through conf_dict_get(), which has no other way to know who is asking. */
	struct conf_dict *mutable = (struct conf_dict *)d;
	const struct dict_chain *chain_before = d->chain;
	struct buf *err_before = d->err;
	size_t errors = err->len;

	must_hold(d->open);
	mutable->chain = chain;
	mutable->err = err;
	computed_find(name)(d, out);
	mutable->chain = chain_before;
	mutable->err = err_before;
	return err->len == errors && buf_ok(out);
}

static const char *
raw_text(const struct conf_dict *d, struct dict_entry *e, const struct dict_chain *chain, struct buf *err)
{
	struct buf text = BUF(MACRO_VALUE);

	if (e->raw == NULL && computed(d, chain, e->name, &text, err))
		e->raw = arena_strn(d->mem, buf_str(&text), text.len);
	buf_free(&text);
	return e->raw;
}

const char *
dict_raw(const struct conf_dict *d, struct dict_entry *e, struct buf *err)
{
	const struct dict_chain chain = { .up = d->chain, .name = e->name };

	return raw_text(d, e, &chain, err);
}

/* Is e being expanded already, or is it too deep? */
static bool
reachable(const struct dict_entry *e, const struct dict_chain *chain, struct buf *err)
{
	for (const struct dict_chain *c = chain; c != NULL; c = c->up)
		if (strcmp(c->name, e->name) == 0)
			return circle(e, chain, err);
	if (chain == NULL || chain->depth < MACRO_DEPTH)
		return true;
	dict_place(e, err);
	buf_fmt(err, ": reached through %d other names; use fewer", MACRO_DEPTH);
	return false;
}

/* Appends what e says, expanded, within the names of x->chain. */
static bool
expand_entry(const struct expansion *x, struct dict_entry *e, struct buf *out, struct buf *err)
{
	const struct dict_chain chain = {
		.up = x->chain, .name = e->name, .depth = x->chain != NULL ? x->chain->depth + 1 : 1
	};
	struct expansion inner = { .q = x->q, .chain = &chain };
	struct buf what = BUF(ERROR_TEXT);
	const char *raw;
	bool ok;

	if (!reachable(e, x->chain, err) || (raw = raw_text(x->q->d, e, &chain, err)) == NULL) {
		x->q->told = true;
		return false;
	}
	if (!(ok = macro_expand(raw, value_of, &inner, out, &what))) {
		if (!x->q->told) {
			dict_place(e, err);
			buf_puts(err, ": ");
		}
		buf_puts(err, what.len > 0 ? buf_str(&what) : "the value becomes too long; shorten it");
		x->q->told = true;
	}
	buf_free(&what);
	return ok;
}

static bool
keep(const struct conf_dict *d, struct dict_entry *e, const char *value, struct buf *err)
{
	struct buf first = BUF(MACRO_VALUE);
	bool ok = true;

	if (mailname_wanted(e->name, value)) {
		struct buf what = BUF(ERROR_TEXT);

		if (!(ok = mailname_read(value, &first, &what))) {
			dict_place(e, err);
			buf_fmt(err, ": %s", buf_str(&what));
		}
		buf_free(&what);
		value = buf_str(&first);
	}
	if (ok) {
		/* Most values have nothing to expand, and each process holds a thousand of them twice. */
		e->value = e->raw != NULL && strcmp(value, e->raw) == 0 ? e->raw : arena_str(d->mem, value);
		if (!(ok = arena_ok(d->mem)))
			buf_puts(err, "the configuration is too large; shorten it");
	}
	buf_free(&first);
	return ok;
}

/* What is kept is the same for everybody: no names of a caller's own in it. */
static bool
expand_and_keep(const struct conf_dict *d, const struct dict_chain *chain, struct dict_entry *e, struct buf *err)
{
	struct question q = { .d = d };
	struct expansion x = { .q = &q, .chain = chain };
	struct buf value = BUF(MACRO_VALUE);
	bool ok = true;

	/* Most values, quickly: there is nothing to expand. */
	if (e->raw != NULL && strchr(e->raw, '$') == NULL && !mailname_wanted(e->name, e->raw))
		e->value = e->raw;
	else
		ok = expand_entry(&x, e, &value, err) && keep(d, e, buf_str(&value), err);
	buf_free(&value);
	return ok;
}

static bool
raw_type(const struct dict_entry *e)
{
	return e->row != NULL && e->row->type == F_RAW;
}

static bool
entry_value(const struct expansion *x, struct dict_entry *e, struct buf *out, struct buf *err)
{
	if (e->value == NULL && x->q->d->open && !raw_type(e) && !expand_and_keep(x->q->d, x->chain, e, err)) {
		x->q->told = true;
		return false;
	}
	if (e->value == NULL)
		return expand_entry(x, e, out, err);
	buf_puts(out, e->value);
	return true;
}

/* macro_value: ctx is a struct expansion. */
static bool
value_of(void *ctx, const char *name, struct buf *out, struct buf *err)
{
	const struct expansion *x = ctx;
	const char *mine = x->q->lookup != NULL ? x->q->lookup(x->q->ctx, name) : NULL;
	struct dict_entry *e = mine == NULL ? dict_entry_for(x->q->d, name) : NULL;

	if (e != NULL)
		return entry_value(x, e, out, err);
	if (mine != NULL)
		buf_puts(out, mine);
	return true;
}

bool
dict_value(const struct conf_dict *d, const char *name, struct buf *out, struct buf *err)
{
	struct question q = { .d = d };
	struct expansion x = { .q = &q, .chain = d->chain };

	return value_of(&x, name, out, err);
}

bool
dict_expand(struct conf_dict *d, struct dict_entry *e, struct buf *err)
{
	must_hold(d->open);
	return e->value != NULL || expand_and_keep(d, NULL, e, err);
}

bool
dict_text(const struct conf_dict *d, const char *text, conf_lookup *lookup, void *ctx, struct buf *out, struct buf *err)
{
	struct question q = { .d = d, .lookup = lookup, .ctx = ctx };
	struct expansion x = { .q = &q };
	size_t errors = err->len;
	bool ok = macro_expand(text, value_of, &x, out, err);

	if (!ok && err->len == errors)
		buf_puts(err, "the text becomes too long");
	return ok;
}

void
dict_free(struct conf_dict *d)
{
	hash_free(&d->entries, NULL);
}
