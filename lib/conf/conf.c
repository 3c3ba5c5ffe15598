/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/conf.h"

#include "lib/base/text.h"
#include "lib/conf/conf_inside.h"
#include "lib/conf/level.h"

#include <stdlib.h>
#include <string.h>

enum { CONF_MEMORY = 64 << 20 };

static bool
read_main(struct conf_loaded *l, struct buf *err)
{
	struct buf bytes = BUF(CFTEXT_FILE);
	bool ok = cftext_read(l->path, &bytes, err) && maincf_parse(l->path, &bytes, &l->mem, &l->main, err);

	buf_free(&bytes);
	for (size_t i = 0; ok && i < l->main.n; i++)
		dict_set(&l->dict, l->main.lines[i].name, l->main.lines[i].value, l->path, l->main.lines[i].line);
	return ok;
}

static bool
override(struct conf_loaded *l, const char *text, struct buf *err)
{
	char *copy = arena_str(&l->mem, text), *name, *value;
	const char *why;

	if (arena_ok(&l->mem) && !maincf_split(copy, &name, &value, &why)) {
		buf_fmt(err, "-o %.100s: %s", text, why);
		return false;
	}
	if (arena_ok(&l->mem))
		dict_set(&l->dict, name, value, "-o", 0);
	return true;
}

/* Everything that has a value, from the least to the most important. */
static bool
collect(struct conf_loaded *l, const struct conf_args *a, struct buf *err)
{
	if (!a->defaults_only && !read_main(l, err))
		return false;
	if (!a->defaults_only)
		dict_set(&l->dict, "config_directory", l->dir, "-c", 0);
	if (a->stress)
		dict_set(&l->dict, "stress", "yes", "-o", 0);
	for (size_t i = 0; i < a->noverrides; i++)
		if (!override(l, a->overrides[i], err))
			return false;
	if (a->few)
		l->dict.defaults_later = true;
	else
		dict_defaults(&l->dict);
	return true;
}

static bool
store(struct conf_loaded *l, const struct dict_entry *e, struct buf *err)
{
	const struct field f = param_field(e->row);
	bool family = f.name[0] == '_'; /* has no member, but must be right all the same */
	const char *why;
	long scratch;

	if (f.type == F_STR || f.type == F_RAW) {
		if (!family)
			*(const char **)(void *)((char *)&l->conf + f.at) = f.type == F_RAW ? e->raw : e->value;
		return true;
	}
	if (field_parse(&f, e->value, &l->mem, family ? (void *)&scratch : &l->conf, &why))
		return true;
	dict_place(e, err);
	buf_fmt(err, ": %s", why);
	return false;
}

/* RAW: expanded at use, but what is wrong for everybody is wrong now.  Filters are sets of bytes. */
static bool
check_raw(struct conf_loaded *l, struct dict_entry *e, struct buf *err)
{
	struct buf value = BUF(MACRO_VALUE);
	bool ok = dict_raw(&l->dict, e, err) != NULL;

	if (ok && strcmp(e->file, "default") != 0 && !text_ends(e->name, "_filter"))
		ok = dict_value(&l->dict, e->name, &value, err);
	buf_free(&value);
	return ok;
}

/* Many defaults ask for it; so the one who is to blame is told before they are. */
static bool
check_level(struct conf_loaded *l, struct buf *err)
{
	struct dict_entry *e = dict_entry(&l->dict, "compatibility_level");

	if (!dict_expand(&l->dict, e, err))
		return false;
	if (level_ok(e->value))
		return true;
	dict_place(e, err);
	buf_fmt(err, ": malformed compatibility level: \"%.40s\" (3.6 or 3.6.1 is wanted)", e->value);
	return false;
}

static bool
evaluate(struct conf_loaded *l, struct buf *err)
{
	if (!check_level(l, err))
		return false;
	HASH_EACH (h, &l->dict.entries) {
		struct dict_entry *e = h->value;
		bool raw = e->row != NULL && e->row->type == F_RAW;

		if (raw ? !check_raw(l, e, err) : !dict_expand(&l->dict, e, err))
			return false;
		if (e->row != NULL && !store(l, e, err))
			return false;
	}
	if (arena_ok(&l->mem))
		return true;
	buf_fmt(err, "%s: the configuration is too large; shorten it", l->path);
	return false;
}

const struct conf *
conf_load(const struct conf_args *a, struct buf *err)
{
	struct conf_loaded *l = mem_zero(1, sizeof(*l));
	const struct conf *cf = &l->conf;

	l->mem = (struct arena)ARENA(CONF_MEMORY);
	l->dict = (struct conf_dict){ .entries = HASH(false), .mem = &l->mem, .open = true };
	l->conf.dict = &l->dict;
	l->dir = arena_str(&l->mem, a->dir);
	l->path = arena_fmt(&l->mem, "%s/main.cf", a->dir);
	if (!collect(l, a, err) || (!a->lenient && !evaluate(l, err)))
		conf_free(&cf);
	else
		l->dict.open = a->lenient;
	return cf;
}

void
conf_free(const struct conf **cf)
{
	struct conf_loaded *l = (struct conf_loaded *)*cf;

	if (l == NULL)
		return;
	dict_free(&l->dict);
	maincf_free(&l->main);
	arena_free(&l->mem);
	free(l);
	*cf = NULL;
}
