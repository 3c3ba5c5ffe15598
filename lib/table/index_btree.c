/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Berkeley DB btree: inner pages of (length, kind, page below, count, key), and leaves of
 * (length, kind, octets), key and value in turn; the leaves are a chain.
 */
#include "lib/table/index_db.h"

enum { KEYDATA = 1, LONG = 3, DELETED = 0x80 }; /* kinds of items; 2 is a duplicate */
enum { INNER_HEAD = 12, ITEM_HEAD = 3, LONG_SIZE = 12, AT_ROOT = 88, AT_NEXT = 16 };

static bool
btree_is(const struct index *ix)
{
	return index_db_is(ix, 0x053162);
}

static const char *
btree_load(struct index *ix)
{
	const char *wrong = index_db_load(ix, 9, 10, 0);

	if (wrong == NULL) {
		ix->u.root = index_32(ix->at + AT_ROOT);
		if (index_db_page(ix, ix->u.root) == NULL)
			wrong = "its first page is damaged";
	}
	return wrong;
}

/* An item of a leaf; *deleted: it is not there any more. */
static bool
item_of(const struct index *ix, const uint8_t *p, uint32_t i, struct arena *mem, struct span *out, bool *deleted)
{
	uint32_t at = index_db_item(ix, p, i, ITEM_HEAD);
	unsigned kind;

	if (at == 0)
		return false;
	kind = p[at + 2] & ~DELETED;
	*deleted = p[at + 2] & DELETED;
	if (kind == KEYDATA) {
		*out = (struct span){ p + at + ITEM_HEAD, index_16(p + at) };
		return out->n <= ix->page - at - ITEM_HEAD;
	}
	return kind == LONG && at + LONG_SIZE <= ix->page &&
	    index_db_long(ix, index_32(p + at + 4), index_32(p + at + 8), mem, out);
}

static bool
inner_key(const struct index *ix, const uint8_t *p, uint32_t i, struct arena *mem, struct span *out, uint32_t *below)
{
	uint32_t at = index_db_item(ix, p, i, INNER_HEAD);
	struct span in;

	if (at == 0)
		return false;
	in = (struct span){ p + at + INNER_HEAD, index_16(p + at) };
	*below = index_32(p + at + 4);
	*out = in;
	if (in.n > ix->page - at - INNER_HEAD)
		return false;
	if ((p[at + 2] & ~DELETED) == KEYDATA)
		return true;
	return (p[at + 2] & ~DELETED) == LONG && in.n == LONG_SIZE &&
	    index_db_long(ix, index_32(in.s + 4), index_32(in.s + 8), mem, out);
}

/* The page below the last key that is not behind ours; whatever the first one says, it is before all keys. */
static bool
choose_below(const struct index *ix, const uint8_t *p, struct span key, struct arena *mem, uint32_t *below)
{
	uint32_t low = 1, high = index_db_items(p);
	struct span k;

	if (high == 0)
		return false;
	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (!inner_key(ix, p, mid, mem, &k, below))
			return false;
		if (index_compare(k, key) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return inner_key(ix, p, low - 1, mem, &k, below);
}

static enum table_result
in_leaf(const struct index *ix, const uint8_t *p, struct span key, struct arena *mem, struct span *value)
{
	uint32_t low = 0, high = index_db_items(p) / 2;
	bool gone, gone_value;
	struct span k;

	while (low < high) {
		uint32_t mid = (low + high) / 2;
		int c;

		if (!item_of(ix, p, mid * 2, mem, &k, &gone))
			return TABLE_ERROR;
		if ((c = index_compare(k, key)) == 0) {
			if (!item_of(ix, p, mid * 2 + 1, mem, value, &gone_value))
				return TABLE_ERROR;
			return gone || gone_value ? TABLE_ABSENT : TABLE_FOUND;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return TABLE_ABSENT;
}

static enum table_result
btree_get(const struct index *ix, struct span key, struct arena *mem, struct span *value, const char **why)
{
	uint32_t number = ix->u.root;

	*why = "a page of the tree is damaged";
	for (unsigned depth = 0; depth < INDEX_DEEP; depth++) {
		const uint8_t *p = index_db_page(ix, number);

		if (p == NULL)
			return TABLE_ERROR;
		if (p[25] == DB_LEAF)
			return index_db_items(p) % 2 == 0 ? in_leaf(ix, p, key, mem, value) : TABLE_ERROR;
		if (p[25] != DB_INTERNAL || !choose_below(ix, p, key, mem, &number))
			return TABLE_ERROR;
	}
	return TABLE_ERROR;
}

static bool
first_leaf(const struct index *ix, uint64_t *number)
{
	const uint8_t *p;
	uint32_t at, below = ix->u.root;

	for (unsigned depth = 0; depth < INDEX_DEEP; depth++) {
		if ((p = index_db_page(ix, below)) == NULL)
			return false;
		*number = below;
		if (p[25] == DB_LEAF)
			return true;
		if (p[25] != DB_INTERNAL || index_db_items(p) == 0 || (at = index_db_item(ix, p, 0, INNER_HEAD)) == 0)
			return false;
		below = index_32(p + at + 4);
	}
	return false;
}

/* place[0] is the leaf, item[0] the key's. */
static enum table_result
btree_next(const struct index *ix, struct index_cursor *c, struct arena *mem, struct span *key, struct span *value,
    const char **why)
{
	bool gone, gone_value;

	*why = "a page of the tree is damaged";
	if (!c->begun) {
		*c = (struct index_cursor){ .begun = true };
		if (!first_leaf(ix, &c->place[0]))
			return TABLE_ERROR;
	}
	for (;;) {
		const uint8_t *p = index_db_page(ix, (uint32_t)c->place[0]);
		uint32_t i = (uint32_t)c->item[0];

		if (p == NULL || p[25] != DB_LEAF || index_db_items(p) % 2 != 0)
			return TABLE_ERROR;
		if (i < index_db_items(p)) {
			c->item[0] += 2;
			if (!item_of(ix, p, i, mem, key, &gone) || !item_of(ix, p, i + 1, mem, value, &gone_value))
				return TABLE_ERROR;
			if (!gone && !gone_value)
				return TABLE_FOUND;
			continue;
		}
		if (++c->steps > ix->size / ix->page)
			return TABLE_ERROR;
		c->item[0] = 0;
		if ((c->place[0] = index_32(p + AT_NEXT)) == 0)
			return TABLE_ABSENT;
	}
}

const struct index_format index_btree = {
	.name = "Berkeley DB btree",
	.nul = true,
	.is = btree_is,
	.load = btree_load,
	.get = btree_get,
	.next = btree_next,
};
