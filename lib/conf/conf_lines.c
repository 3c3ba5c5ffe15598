/* SPDX-License-Identifier: Apache-2.0 */
/* Which lines of main.cf have an effect. */
#include "lib/conf/conf.h"

#include "lib/conf/conf_inside.h"
#include "lib/conf/mastercf.h"
#include "lib/conf/mentions.h"

static void
mention_all(const struct conf_loaded *l, const struct mastercf *m, struct mentions *seen)
{
	HASH_EACH (h, &l->dict.entries) {
		const struct dict_entry *e = h->value;

		if (e->raw != NULL)
			mentions_value(seen, e->name, e->raw);
	}
	for (size_t i = 0; m != NULL && i < m->n; i++)
		mentions_service(seen, &m->services[i], false);
}

static struct conf_line *
make(struct conf_loaded *l, const struct mastercf *m, const struct mentions *seen)
{
	struct conf_line *lines = arena_alloc(&l->mem, (l->main.n + 1) * sizeof(*lines));

	for (size_t i = 0; lines != NULL && i < l->main.n; i++) {
		const struct maincf_line *from = &l->main.lines[i];
		const struct dict_entry *e = dict_entry(&l->dict, from->name);

		lines[i] = (struct conf_line){ .name = from->name, .value = from->value, .line = from->line };
		lines[i].known = mentions_known(m, from->name);
		lines[i].used = lines[i].known || mentions_has(seen, from->name);
		lines[i].overridden = e != NULL && e->line > from->line;
	}
	return lines;
}

const struct conf_line *
conf_lines(const struct conf *cf, size_t *n)
{
	struct conf_loaded *l = (struct conf_loaded *)cf;
	struct mentions seen = MENTIONS;
	struct buf ignored = BUF(4096);
	struct mastercf *m = NULL;

	if (l->lines == NULL) {
		m = mastercf_load_lines(l->dir, &ignored);
		mention_all(l, m, &seen);
		l->lines = make(l, m, &seen);
		mastercf_free(&m);
	}
	mentions_free(&seen);
	buf_free(&ignored);
	*n = l->lines != NULL ? l->main.n : 0;
	return l->lines;
}
