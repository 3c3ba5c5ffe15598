/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/conf.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/conf_inside.h"

#include <limits.h>
#include <string.h>

const char *
conf_get(const struct conf *cf, const char *name)
{
	const struct conf_loaded *l = (const struct conf_loaded *)cf;
	struct dict_entry *e = dict_entry_for(&l->dict, name);
	struct buf err = BUF(8192);

	if (e == NULL)
		return NULL;
	if (e->row != NULL && e->row->type == F_RAW)
		return e->raw;
	if (e->value == NULL && !dict_expand((struct conf_dict *)&l->dict, e, &err)) /* lenient ones only */
		log_warn("%s", buf_str(&err));
	buf_free(&err);
	return e->value;
}

static long
number(const struct conf *cf, const char *name, enum field_type type, long dflt)
{
	const char *text = conf_get(cf, name), *why;
	struct arena mem = ARENA(4096);
	const struct param *row = param_find(name);
	struct field f = { .name = name, .type = type, .least = 0, .most = LONG_MAX };
	long n = dflt;

	if (row != NULL)
		f.dflt = param_field(row).dflt; /* for its unit of time */
	if (text != NULL && !field_parse(&f, text, &mem, &n, &why)) {
		log_warn("%s: %s; using %ld", name, why, dflt);
		n = dflt;
	}
	arena_free(&mem);
	return n;
}

long
conf_get_long(const struct conf *cf, const char *name, long dflt)
{
	return number(cf, name, F_SIZE, dflt);
}

long
conf_get_time(const struct conf *cf, const char *name, long dflt)
{
	return number(cf, name, F_TIME, dflt);
}

bool
conf_expand(const struct conf *cf, const char *text, conf_lookup *lookup, void *ctx, struct buf *out, struct buf *err)
{
	const struct conf_loaded *l = (const struct conf_loaded *)cf;

	return dict_text(&l->dict, text, lookup, ctx, out, err);
}

const char *
conf_source(const struct conf *cf, const char *name, const char **file, int *line)
{
	const struct conf_loaded *l = (const struct conf_loaded *)cf;
	struct dict_entry *e = dict_entry(&l->dict, name);
	const struct param *family = e == NULL ? param_family(name) : NULL;
	struct buf err = BUF(8192);
	const char *raw = NULL;

	if (e != NULL && (raw = dict_raw(&l->dict, e, &err)) == NULL)
		log_warn("%s", buf_str(&err));
	else if (family != NULL)
		raw = param_field(family).dflt;
	buf_free(&err);
	if (file != NULL)
		*file = e != NULL ? e->file : "default";
	if (line != NULL)
		*line = e != NULL ? e->line : 0;
	return raw;
}

const char *
conf_warnings(const struct conf *cf)
{
	const struct conf_loaded *l = (const struct conf_loaded *)cf;

	return l->main.warnings != NULL ? l->main.warnings : "";
}

const char *
conf_dict_get(const struct conf_dict *d, const char *name)
{
	struct buf value = BUF(MACRO_VALUE);
	const char *kept = NULL;

	must_hold(d->err != NULL); /* within a conf_compute function */
	if (dict_entry_for(d, name) != NULL && dict_value(d, name, &value, d->err))
		kept = arena_strn(d->mem, buf_str(&value), value.len);
	buf_free(&value);
	return kept;
}

bool
conf_dict_has(const struct conf_dict *d, const char *name)
{
	const struct dict_entry *e = dict_entry(d, name);

	return e != NULL && strcmp(e->file, "default") != 0;
}
