/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Berkeley DB hash: a key's hash names a bucket, which is a chain of pages with keys and values in turn.
 *
 * There are most + 1 buckets; the hash is cut to as many bits as that needs, and to one
 * less for a bucket that is not there yet.  spares[] says how far the buckets of each power of two are shifted by
 * pages that came between.  An item begins with its kind and ends where the one before it begins.
 */
#include "lib/table/index_db.h"

enum { KEYDATA = 1, OFFPAGE = 3, OFFPAGE_SIZE = 12 }; /* kinds of items; others are duplicates */
enum { AT_MOST = 72, AT_HIGH = 76, AT_LOW = 80, AT_CHECK = 92, AT_SPARES = 96 };

static uint32_t
hash_of(struct span key)
{
	uint32_t h = 0;

	for (size_t i = 0; i < key.n; i++)
		h = h * 16777619 ^ key.s[i];
	return h;
}

static bool
hash_is(const struct index *ix)
{
	return index_db_is(ix, 0x061561);
}

static const char *
hash_load(struct index *ix)
{
	static const char known[] = "%$sniglet^&"; /* and its NUL: the file says how its maker hashes that */
	const char *wrong = index_db_load(ix, 8, 9, 0);

	if (wrong != NULL)
		return wrong;
	ix->u.hash.most = index_32(ix->at + AT_MOST);
	ix->u.hash.high = index_32(ix->at + AT_HIGH);
	ix->u.hash.low = index_32(ix->at + AT_LOW);
	memcpy(ix->u.hash.spares, ix->at + AT_SPARES, sizeof(ix->u.hash.spares));
	if (index_32(ix->at + AT_CHECK) != hash_of((struct span){ (const uint8_t *)known, sizeof(known) }))
		return "its keys are hashed in a way that is not known here";
	if (ix->u.hash.most > ix->u.hash.high || ix->u.hash.low > ix->u.hash.most ||
	    (ix->u.hash.high & (ix->u.hash.high + 1)) != 0 || ix->u.hash.low != ix->u.hash.high >> 1 ||
	    ix->u.hash.most >= ix->size / ix->page)
		return "its first page is damaged";
	return NULL;
}

static uint32_t
bucket_page(const struct index *ix, uint32_t bucket)
{
	unsigned bits = bucket == 0 ? 0 : 32 - (unsigned)__builtin_clz(bucket);

	return bucket + ix->u.hash.spares[bits < 32 ? bits : 31];
}

/* A page of a bucket.  One that was never written is all zeros: *empty. */
static const uint8_t *
hash_page(const struct index *ix, uint32_t number, bool *empty)
{
	const uint8_t *p = index_db_page(ix, number);

	*empty = false;
	if (p != NULL)
		return (p[25] == DB_SORTED || p[25] == DB_UNSORTED) && index_db_items(p) % 2 == 0 ? p : NULL;
	if (number == 0 || number >= ix->size / ix->page)
		return NULL;
	p = ix->at + (size_t)number * ix->page;
	for (uint32_t i = 0; i < ix->page; i++)
		if (p[i] != 0)
			return NULL;
	*empty = true;
	return p;
}

static bool
item_of(const struct index *ix, const uint8_t *p, uint32_t i, struct arena *mem, struct span *out)
{
	uint32_t at = index_db_item(ix, p, i, 1), end = i > 0 ? index_db_item(ix, p, i - 1, 0) : ix->page;

	if (at == 0 || at >= end)
		return false;
	if (p[at] == KEYDATA) {
		*out = (struct span){ p + at + 1, end - at - 1 };
		return true;
	}
	return p[at] == OFFPAGE && end - at == OFFPAGE_SIZE &&
	    index_db_long(ix, index_32(p + at + 4), index_32(p + at + 8), mem, out);
}

static enum table_result
hash_find(const struct index *ix, struct span key, struct arena *mem, struct span *value, const char **why)
{
	uint32_t bucket = hash_of(key) & ix->u.hash.high, number;
	bool empty;

	number = bucket_page(ix, bucket > ix->u.hash.most ? bucket & ix->u.hash.low : bucket);
	*why = "a page of a bucket is damaged";
	for (size_t pages = 0; pages <= ix->size / ix->page; pages++) {
		const uint8_t *p = hash_page(ix, number, &empty);

		if (p == NULL)
			return TABLE_ERROR;
		for (uint32_t i = 0; i < index_db_items(p); i += 2) {
			struct span k;

			if (!item_of(ix, p, i, mem, &k))
				return TABLE_ERROR;
			if (index_compare(k, key) == 0)
				return item_of(ix, p, i + 1, mem, value) ? TABLE_FOUND : TABLE_ERROR;
		}
		if ((number = index_32(p + 16)) == 0)
			return TABLE_ABSENT;
	}
	return TABLE_ERROR;
}

/* place[0] is the bucket, place[1] the page, item[0] the key's. */
static enum table_result
hash_next(const struct index *ix, struct index_cursor *c, struct arena *mem, struct span *key, struct span *value,
    const char **why)
{
	bool empty;

	if (!c->begun)
		*c = (struct index_cursor){ .begun = true, .place = { 0, bucket_page(ix, 0) } };
	*why = "a page of a bucket is damaged";
	for (;;) {
		const uint8_t *p = hash_page(ix, (uint32_t)c->place[1], &empty);
		uint32_t i = (uint32_t)c->item[0];

		if (p == NULL)
			return TABLE_ERROR;
		if (i < index_db_items(p)) {
			c->item[0] += 2;
			return item_of(ix, p, i, mem, key) && item_of(ix, p, i + 1, mem, value) ? TABLE_FOUND
												: TABLE_ERROR;
		}
		c->item[0] = 0;
		if (++c->steps > 2 * ix->size / ix->page)
			return TABLE_ERROR;
		if ((c->place[1] = index_32(p + 16)) == 0) {
			if (c->place[0]++ >= ix->u.hash.most)
				return TABLE_ABSENT;
			c->place[1] = bucket_page(ix, (uint32_t)c->place[0]);
		}
	}
}

const struct index_format index_hash = {
	.name = "Berkeley DB hash",
	.nul = true,
	.is = hash_is,
	.load = hash_load,
	.get = hash_find,
	.next = hash_next,
};
