/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/postconf/warn.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/expand.h"
#include "lib/conf/legacy.h"
#include "lib/conf/maincf.h"
#include "lib/conf/mentions.h"
#include "lib/conf/params.h"
#include "lib/conf/undefined.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE = 1 << 20 };

static char *
path_of(const struct conf *cf)
{
	return mem_fmt("%s/main.cf", conf_get(cf, "config_directory"));
}

struct telling {
	const char *main_cf, *master_cf;
};

static void
tell_undefined(void *ctx, const struct undefined *u)
{
	const struct telling *t = ctx;

	log_warn("%s: undefined parameter: %s", u->service != NULL ? t->master_cf : t->main_cf, u->name);
}

void
warn_before(const struct conf *cf, const struct mastercf *m)
{
	char *path = path_of(cf);
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);
	struct hash last = HASH(false);

	log_warn_lines(conf_warnings(cf));
	if (m != NULL)
		log_warn_lines(m->left_out);
	for (size_t i = 0; i < n; i++) {
		const struct conf_line *before = hash_put(&last, lines[i].name, (void *)&lines[i]);

		if (before != NULL)
			log_warn("%s, line %d: overriding earlier entry: %s=%s", path, lines[i].line, before->name,
			    before->value);
	}
	hash_free(&last, NULL);
	undefined_each(cf, m, tell_undefined, &(struct telling){ path, m != NULL ? m->path : NULL });
	free(path);
}

/* Is it one of the user's own that main.cf sets, and that somebody uses? */
static bool
used_in_main(const struct conf *cf, const char *name)
{
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(lines[i].name, name) == 0)
			return lines[i].used;
	return false;
}

static void
unused_in_service(
    const struct conf *cf, const struct mastercf *m, const struct mastercf_service *s, const struct mentions *main)
{
	struct mentions own = MENTIONS;

	mentions_service(&own, s, true);
	for (size_t i = 0; i < s->noverrides; i++) {
		char *name = mem_str(s->overrides[i]);

		name[strcspn(name, "=")] = '\0';
		if (!mentions_known(m, name) && !mentions_has(&own, name) && !mentions_has(main, name) &&
		    !used_in_main(cf, name))
			log_warn("%s: unused parameter: %s", m->path, s->overrides[i]);
		free(name);
	}
	mentions_free(&own);
}

static void
unused_in_main(const struct conf *cf)
{
	char *path = path_of(cf);
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);

	for (size_t i = 0; i < n; i++)
		if (!lines[i].used && !lines[i].overridden)
			log_warn("%s: unused parameter: %s=%s", path, lines[i].name,
			    conf_source(cf, lines[i].name, NULL, NULL));
	free(path);
}

/* What main.cf has too is told there. */
static void
unused_override(const struct conf *cf, const struct mastercf *m, const char *text, const struct mentions *all)
{
	char *copy = mem_str(text), *path = path_of(cf), *name, *value;
	const char *why;
	bool told = false;
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);

	if (maincf_split(copy, &name, &value, &why) && !mentions_known(m, name) && !mentions_has(all, name)) {
		for (size_t i = 0; i < n && !told; i++)
			told = strcmp(lines[i].name, name) == 0;
		if (!told)
			log_warn("%s: unused parameter: %s=%s", path, name, value);
	}
	free(copy);
	free(path);
}

void
warn_after(const struct conf *cf, const struct mastercf *m, const struct request *r)
{
	struct mentions main = MENTIONS;
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);

	if (r->mode == 'p')
		unused_in_main(cf);
	for (size_t i = 0; i < n; i++)
		mentions_value(&main, lines[i].name, lines[i].value);
	for (size_t i = 0; m != NULL && i < m->n; i++)
		unused_in_service(cf, m, &m->services[i], &main);
	for (size_t i = 0; m != NULL && i < m->n; i++)
		mentions_service(&main, &m->services[i], false);
	for (size_t i = 0; i < r->noverrides; i++)
		mentions_value(&main, "", r->overrides[i]);
	for (size_t i = 0; r->mode == 'p' && i < r->noverrides; i++)
		unused_override(cf, m, r->overrides[i], &main);
	mentions_free(&main);
}

static void
tell_status(const char *path, const struct conf_line *l, const struct param *p)
{
	static const char *const words[] = { [PARAM_NO_EFFECT] = "has no effect",
		[PARAM_REFUSED] = "is refused",
		[PARAM_NOT_BUILT] = "is not built yet" };

	log_warn("%s, line %d: %s %s: %s", path, l->line, l->name, words[param_status(p)], param_note(p));
}

void
warn_status(const struct conf *cf)
{
	char *path = path_of(cf);
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);

	for (size_t i = 0; i < n; i++) {
		const struct param_legacy *old = param_legacy(lines[i].name);
		const struct param *p = param_find(lines[i].name);

		if (lines[i].overridden)
			continue;
		if (old != NULL && old->successor != NULL)
			log_warn(
			    "%s, line %d: support for parameter \"%s\" will be removed; instead, specify \"%s\" (%s)",
			    path, lines[i].line, old->name, old->successor, old->advice);
		else if (old != NULL)
			log_warn("%s, line %d: support for parameter \"%s\" will be removed; %s", path, lines[i].line,
			    old->name, old->advice);
		else if (p != NULL && param_status(p) != PARAM_WORKS)
			tell_status(path, &lines[i], p);
	}
	free(path);
}

void
warn_values(const struct conf *cf)
{
	struct buf value = BUF(VALUE), err = BUF(8192);
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);

	for (size_t i = 0; i < n; i++) {
		const struct param *p = param_find(lines[i].name);

		buf_clear(&value);
		if (!lines[i].overridden && (p == NULL || p->type != F_RAW) && strchr(lines[i].value, '$') != NULL &&
		    !conf_expand(cf, lines[i].value, NULL, NULL, &value, &err))
			log_fatal(1, "%s/main.cf, line %d: %s: %s", conf_get(cf, "config_directory"), lines[i].line,
			    lines[i].name, buf_str(&err));
	}
	buf_free(&value);
	buf_free(&err);
}
