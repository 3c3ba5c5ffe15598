/* SPDX-License-Identifier: Apache-2.0 */
/* Which parameters there are: of the table, of the services in master.cf, of the user's own. */
#include "commands/postconf/postconf.h"

#include "lib/base/mem.h"
#include "lib/conf/mentions.h"
#include "lib/conf/params.h"

#include <stdlib.h>
#include <string.h>

struct names {
	const char **v;
	size_t n;
};

static void
add(struct names *l, const char *name)
{
	if ((l->n & (l->n - 1)) == 0)
		l->v = mem_grow(l->v, l->n ? 2 * l->n : 1, sizeof(*l->v));
	l->v[l->n++] = name;
}

static void
add_families(struct names *l, const struct mastercf_service *s, struct arena *mem)
{
	for (size_t f = 0; f < param_nfamilies; f++) {
		const char *name;

		if (!mentions_family(s, &param_families[f]))
			continue;
		name = arena_fmt(mem, "%s%s", s->name, param_name(&param_families[f]));
		if (param_find(name) == NULL)
			add(l, name);
	}
}

static void
add_own(struct names *l, const struct conf *cf, const struct request *r)
{
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);

	for (size_t i = 0; i < n; i++)
		if (lines[i].used && param_find(lines[i].name) == NULL && param_family(lines[i].name) == NULL)
			add(l, lines[i].name);
	for (size_t i = 0; i < r->noverrides; i++) {
		char *name = arena_str(r->mem, r->overrides[i]);

		name[strcspn(name, " \t=")] = '\0';
		if (param_find(name) == NULL)
			add(l, name);
	}
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **
names_all(const struct conf *cf, const struct mastercf *m, const struct request *r, size_t *n)
{
	struct names l = { 0 };
	size_t kept = 0;

	for (size_t i = 0; (r->classes & CLASS_BUILTIN) && i < conf_nparams; i++)
		add(&l, param_name(&conf_params[i]));
	for (size_t i = 0; m != NULL && (r->classes & CLASS_SERVICE) && i < m->n; i++)
		add_families(&l, &m->services[i], r->mem);
	if ((r->classes & CLASS_USER) && !r->defaults)
		add_own(&l, cf, r);
	if (l.n > 0)
		qsort(l.v, l.n, sizeof(*l.v), by_bytes);
	for (size_t i = 0; i < l.n; i++)
		if (kept == 0 || strcmp(l.v[kept - 1], l.v[i]) != 0)
			l.v[kept++] = l.v[i];
	*n = kept;
	return l.v;
}
