/* SPDX-License-Identifier: Apache-2.0 */
/* Which lines of main.cf have an effect. */
#include "lib/conf/conf.h"

#include "lib/base/text.h"
#include "lib/conf/conf_inside.h"
#include "lib/conf/legacy.h"
#include "lib/conf/mastercf.h"

#include <stdlib.h>
#include <string.h>

static void
mention(void *ctx, const char *name)
{
	hash_put(ctx, name, ctx); /* any value but NULL will do */
}

/* smtpd_restriction_classes and the like: lists of names that are parameters without a dollar sign. */
static void
mention_list(struct hash *seen, const char *list)
{
	char *copy = mem_str(list), *at = copy, *word;

	while ((word = text_word(&at, TEXT_LIST)) != NULL)
		mention(seen, word);
	free(copy);
}

static void
mention_all(const struct conf_loaded *l, const struct mastercf *m, struct hash *seen)
{
	HASH_EACH (h, &l->dict.entries) {
		const struct dict_entry *e = h->value;

		if (e->raw != NULL)
			macro_names(e->raw, mention, seen);
		if (e->raw != NULL && strcmp(e->name, "smtpd_restriction_classes") == 0)
			mention_list(seen, e->raw);
	}
	for (size_t i = 0; m != NULL && i < m->n; i++) {
		const struct mastercf_service *s = &m->services[i];

		/* A dollar sign in other arguments is for the program: $sender of pipe. */
		for (size_t o = 0; o < s->noverrides; o++) {
			macro_names(s->overrides[o], mention, seen);
			if (text_starts(s->overrides[o], "smtpd_restriction_classes="))
				mention_list(seen, strchr(s->overrides[o], '=') + 1);
		}
	}
}

static bool
has_service(const struct mastercf *m, const char *name, size_t len)
{
	for (size_t i = 0; m != NULL && i < m->n; i++)
		if (strncmp(m->services[i].name, name, len) == 0 && m->services[i].name[len] == '\0')
			return true;
	return false;
}

static bool
is_known(const struct mastercf *m, const char *name)
{
	const struct param *family;

	if (param_find(name) != NULL || param_legacy(name) != NULL)
		return true;
	family = param_family(name);
	return family != NULL && has_service(m, name, strlen(name) - strlen(param_name(family)));
}

static struct conf_line *
make(struct conf_loaded *l, const struct mastercf *m, const struct hash *seen)
{
	struct conf_line *lines = arena_alloc(&l->mem, (l->main.n + 1) * sizeof(*lines));

	for (size_t i = 0; lines != NULL && i < l->main.n; i++) {
		const struct maincf_line *from = &l->main.lines[i];
		const struct dict_entry *e = dict_entry(&l->dict, from->name);

		lines[i] = (struct conf_line){ .name = from->name, .value = from->value, .line = from->line };
		lines[i].known = is_known(m, from->name);
		lines[i].used = lines[i].known || hash_get(seen, from->name) != NULL;
		lines[i].overridden = e != NULL && e->line > from->line;
	}
	return lines;
}

const struct conf_line *
conf_lines(const struct conf *cf, size_t *n)
{
	struct conf_loaded *l = (struct conf_loaded *)cf;
	struct hash seen = HASH(false);
	struct buf ignored = BUF(4096);
	struct mastercf *m = NULL;

	if (l->lines == NULL) {
		m = mastercf_load(l->dir, &ignored);
		mention_all(l, m, &seen);
		l->lines = make(l, m, &seen);
		mastercf_free(&m);
	}
	hash_free(&seen, NULL);
	buf_free(&ignored);
	*n = l->lines != NULL ? l->main.n : 0;
	return l->lines;
}
