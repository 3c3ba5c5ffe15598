/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual aliases: an address becomes several, and each of them is looked up
 * again.  They stand in one list; whatever is before the place that is looked
 * at is final.  The first address of an entry takes the place of the alias,
 * the others go to the end, so that a list of ten thousand costs ten thousand
 * look-ups and no copies.
 */
#include "lib/base/hash.h"
#include "lib/base/text.h"
#include "lib/mail/rewrite_inside.h"

#include <stdlib.h>
#include <string.h>

struct member {
	const char *address;
	long depth; /* aliases that led here */
};
struct expansion {
	struct rewriter *r;
	const char *alias; /* with which it began */
	struct trace *trace;
	struct arena *mem;
	struct verdict *why;
	struct member *list;
	size_t n, cap;
	struct hash settled; /* keys: aliases that have themselves in their entry, which are no aliases from then on */
};

static void
add(struct expansion *e, const char *address, long depth)
{
	if (e->n == e->cap) {
		e->cap = e->cap ? 2 * e->cap : 16;
		e->list = mem_grow(e->list, e->cap, sizeof(*e->list));
	}
	e->list[e->n++] = (struct member){ address, depth };
}

static enum fate
too_much(struct expansion *e, const char *what)
{
	return later(e->why, "4.6.0", "virtual_alias_maps: %s: %s", e->alias, what);
}

/* The addresses of one entry, in place of the i-th. */
static enum fate
replace(struct expansion *e, size_t i, const char *const *found, size_t n)
{
	const struct member alias = e->list[i];
	const struct conf *cf = e->r->cf;

	if ((long)(e->n + n - 1) > cf->virtual_alias_expansion_limit)
		return too_much(e, "more addresses than virtual_alias_expansion_limit");
	if (alias.depth + 1 >= cf->virtual_alias_recursion_limit)
		return too_much(e, "deeper than virtual_alias_recursion_limit");
	for (size_t k = 0; k < n; k++) {
		if ((long)strlen(found[k]) > cf->virtual_alias_address_length_limit)
			return too_much(e, "an address longer than virtual_alias_address_length_limit");
		if (text_same(found[k], alias.address))
			hash_put(&e->settled, alias.address, e);
		if (k == 0)
			e->list[i] = (struct member){ found[k], alias.depth + 1 };
		else
			add(e, found[k], alias.depth + 1);
	}
	return FATE_OK;
}

static enum fate
settle(struct expansion *e, size_t i)
{
	const char **found;
	size_t n;

	while (hash_get(&e->settled, e->list[i].address) == NULL) {
		switch (mapping_all(e->r->aliases, e->list[i].address, e->trace, e->mem, &found, &n, e->why)) {
		case TABLE_ERROR:
			return e->why->fate;
		case TABLE_ABSENT:
			return FATE_OK;
		case TABLE_FOUND:
			if (replace(e, i, found, n) != FATE_OK)
				return e->why->fate;
		}
	}
	return FATE_OK;
}

enum fate
rewrite_aliases(struct rewriter *r, const char *address, struct trace *trace, struct arena *mem, const char ***list,
    size_t *n, struct verdict *why)
{
	struct expansion e = {
		.r = r, .alias = address, .trace = trace, .mem = mem, .why = why, .settled = HASH(true)
	};
	enum fate fate = FATE_OK;
	const char **all;

	add(&e, address, 0);
	if (r != NULL && r->aliases != NULL)
		for (size_t i = 0; fate == FATE_OK && i < e.n; i++)
			fate = settle(&e, i);
	if (fate == FATE_OK && ((all = arena_alloc(mem, e.n * sizeof(*all))) == NULL || !arena_ok(mem)))
		fate = too_much(&e, "more memory than an envelope may take");
	if (fate == FATE_OK) {
		for (size_t i = 0; i < e.n; i++)
			all[i] = e.list[i].address;
		*list = all;
		*n = e.n;
	}
	hash_free(&e.settled, NULL);
	free(e.list);
	return fate;
}
