/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LMDB 0.9, for 64 bits: pages of a tree that are never changed while a reader may see them.
 *
 * Pages 0 and 1 are the two last commits; the one with the higher number is the tree to
 * read.  A page begins with its number (8 octets), 2 that are not used, flags, and
 * the ends of its two parts: places of its nodes, which grow from the front, and the nodes, which grow from the back.
 */
#include "lib/table/index.h"

enum { HEAD = 16, NODE = 8 };
enum { BRANCH = 1, LEAF = 2, OVERFLOW = 4, META = 8 }; /* of a page */
enum { BIG = 1, SUB = 2, DUPLICATES = 4 };	       /* of a node */

static const uint32_t magic = 0xBEEFC0DE;

/* In a meta page. */
enum { AT_MAGIC = HEAD, AT_VERSION = HEAD + 4, AT_FREE = HEAD + 24, AT_MAIN = AT_FREE + 48, AT_LAST = AT_MAIN + 48 };
enum { DB_PAGE = 0, DB_FLAGS = 4, DB_ROOT = 40 };

static bool
lmdb_is(const struct index *ix)
{
	return ix->size >= AT_LAST + 16 && index_32(ix->at + AT_MAGIC) == magic;
}

static const uint8_t *
page_at(const struct index *ix, uint64_t number)
{
	const uint8_t *p;

	if (number >= ix->size / ix->page)
		return NULL;
	p = ix->at + number * ix->page;
	return index_64(p) == number ? p : NULL;
}

/* The last commit; it may be a newer one at each look, for Postfix changes these files in place. */
static const uint8_t *
last_commit(const struct index *ix, const char **why)
{
	const uint8_t *best = NULL;

	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *p = page_at(ix, i);

		if (p != NULL && (index_16(p + 10) & META) && index_32(p + AT_MAGIC) == magic &&
		    (best == NULL || index_64(p + AT_LAST + 8) > index_64(best + AT_LAST + 8)))
			best = p;
	}
	*why = "its first pages are damaged";
	if (best == NULL || index_32(best + AT_FREE + DB_PAGE) != ix->page)
		return NULL;
	*why = "the file ends too early";
	if (index_64(best + AT_LAST) >= ix->size / ix->page)
		return NULL;
	*why = "its keys have an order of their own, or duplicates";
	return index_16(best + AT_MAIN + DB_FLAGS) != 0 ? NULL : best;
}

static const char *
lmdb_load(struct index *ix)
{
	const char *why;

	if (index_32(ix->at + AT_VERSION) != 1)
		return "a version of LMDB that is not known here";
	ix->page = index_32(ix->at + AT_FREE + DB_PAGE);
	if (ix->page < 512 || ix->page > 65536 || (ix->page & (ix->page - 1)) != 0)
		return "its first page is damaged";
	return last_commit(ix, &why) == NULL ? why : NULL;
}

static unsigned
items_of(const uint8_t *p)
{
	return (unsigned)(index_16(p + 12) - HEAD) / 2;
}

/* A page of the tree, its kind and its places as they must be. */
static const uint8_t *
tree_page(const struct index *ix, uint64_t number)
{
	const uint8_t *p = page_at(ix, number);

	if (p == NULL || (index_16(p + 10) != BRANCH && index_16(p + 10) != LEAF) || index_16(p + 12) < HEAD ||
	    index_16(p + 12) > index_16(p + 14) || index_16(p + 14) > ix->page || items_of(p) == 0)
		return NULL;
	return p;
}

static const uint8_t *
node_at(const struct index *ix, const uint8_t *p, uint64_t i, struct span *key)
{
	uint32_t at = index_16(p + HEAD + 2 * i), n;

	if (at < index_16(p + 14) || at + NODE > ix->page)
		return NULL;
	n = index_16(p + at + 6);
	*key = (struct span){ p + at + NODE, n };
	return at + NODE + n <= ix->page ? p + at : NULL;
}

static uint64_t
child_of(const uint8_t *node)
{
	return index_32(node) | (uint64_t)index_16(node + 4) << 32;
}

static bool
value_of(const struct index *ix, const uint8_t *p, const uint8_t *node, struct span key, struct span *value)
{
	uint64_t n = index_32(node), room = (uint64_t)(p + ix->page - (key.s + key.n)), number;
	unsigned flags = index_16(node + 4);

	if (flags & (SUB | DUPLICATES))
		return false;
	if (!(flags & BIG)) {
		*value = (struct span){ key.s + key.n, n };
		return n <= room;
	}
	if (room < 8)
		return false;
	number = index_64(key.s + key.n);
	if ((p = page_at(ix, number)) == NULL || !(index_16(p + 10) & OVERFLOW))
		return false;
	*value = (struct span){ p + HEAD, n };
	return n <= ix->size - number * ix->page - HEAD;
}

/* The last item of a branch that is not behind the key, the first of a leaf that is not before it. */
static bool
search(const struct index *ix, const uint8_t *p, struct span key, uint64_t *item, bool *same)
{
	bool leaf = index_16(p + 10) & LEAF;
	uint64_t low = leaf ? 0 : 1, high = items_of(p);
	struct span k;

	*same = false;
	while (low < high) {
		uint64_t mid = (low + high) / 2;
		int c;

		if (node_at(ix, p, mid, &k) == NULL)
			return false;
		c = index_compare(k, key);
		if (c == 0)
			*same = true;
		if (leaf ? c < 0 : c <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	*item = leaf ? low : low - 1;
	return true;
}

static enum table_result
lmdb_get(const struct index *ix, struct span key, struct arena *mem, struct span *value, const char **why)
{
	const uint8_t *meta = last_commit(ix, why), *p, *node;
	uint64_t number, item;
	struct span k;
	bool same;

	(void)mem;
	if (meta == NULL)
		return TABLE_ERROR;
	number = index_64(meta + AT_MAIN + DB_ROOT);
	if (number == UINT64_MAX)
		return TABLE_ABSENT;
	*why = "a page of the tree is damaged";
	for (unsigned depth = 0; depth < INDEX_DEEP; depth++) {
		if ((p = tree_page(ix, number)) == NULL || !search(ix, p, key, &item, &same))
			return TABLE_ERROR;
		if (index_16(p + 10) & LEAF) {
			if (!same)
				return TABLE_ABSENT;
			node = node_at(ix, p, item, &k);
			return node != NULL && value_of(ix, p, node, k, value) ? TABLE_FOUND : TABLE_ERROR;
		}
		if ((node = node_at(ix, p, item, &k)) == NULL)
			return TABLE_ERROR;
		number = child_of(node);
	}
	return TABLE_ERROR;
}

/* From the page on top of the cursor, which is looked at again, down to the first leaf below it. */
static const uint8_t *
descend(const struct index *ix, struct index_cursor *c)
{
	const uint8_t *p, *node;
	struct span k;

	for (;;) {
		if (++c->steps > 2 * (ix->size / ix->page) || (p = tree_page(ix, c->place[c->depth])) == NULL)
			return NULL;
		if (index_16(p + 10) & LEAF)
			return p;
		if (c->depth + 1 >= INDEX_DEEP || (node = node_at(ix, p, c->item[c->depth], &k)) == NULL)
			return NULL;
		c->depth++;
		c->place[c->depth] = child_of(node);
		c->item[c->depth] = 0;
	}
}

static enum table_result
lmdb_next(const struct index *ix, struct index_cursor *c, struct arena *mem, struct span *key, struct span *value,
    const char **why)
{
	const uint8_t *p, *node, *meta;

	(void)mem;
	if (!c->begun) {
		if ((meta = last_commit(ix, why)) == NULL)
			return TABLE_ERROR;
		*c = (struct index_cursor){ .begun = true, .place = { index_64(meta + AT_MAIN + DB_ROOT) } };
		if (c->place[0] == UINT64_MAX)
			return TABLE_ABSENT;
		p = descend(ix, c);
	} else {
		p = tree_page(ix, c->place[c->depth]);
		c->item[c->depth]++;
		while (p != NULL && c->item[c->depth] >= items_of(p)) {
			if (c->depth == 0)
				return TABLE_ABSENT;
			c->depth--;
			c->item[c->depth]++;
			p = tree_page(ix, c->place[c->depth]);
		}
		if (p != NULL && !(index_16(p + 10) & LEAF))
			p = descend(ix, c);
	}
	*why = "a page of the tree is damaged";
	if (p == NULL || (node = node_at(ix, p, c->item[c->depth], key)) == NULL)
		return TABLE_ERROR;
	return value_of(ix, p, node, *key, value) ? TABLE_FOUND : TABLE_ERROR;
}

const struct index_format index_lmdb = {
	.name = "LMDB",
	.nul = true,
	.is = lmdb_is,
	.load = lmdb_load,
	.get = lmdb_get,
	.next = lmdb_next,
};
