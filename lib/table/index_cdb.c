/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cdb: 256 pairs (place, slots) of 32-bit little-endian numbers; then the records,
 * (key length, value length, key, value); then the slots, (hash, place).
 * A file says nothing about itself: what is no other format and fits is one.
 */
#include "lib/table/index.h"

#include <endian.h>

enum { TABLES = 256, HEAD = TABLES * 8, FIRST_HASH = 5381, CACHE_LINE = 64 };

static uint32_t
number(const struct index *ix, uint64_t at)
{
	return le32toh(index_32(ix->at + at));
}

/* Where the records end and the slots begin. */
static uint64_t
slots_begin(const struct index *ix)
{
	uint64_t least = ix->size;

	for (unsigned i = 0; i < TABLES; i++)
		if (number(ix, i * 8) < least)
			least = number(ix, i * 8);
	return least;
}

static bool
cdb_is(const struct index *ix)
{
	return ix->size >= HEAD;
}

static const char *
cdb_load(struct index *ix)
{
	uint64_t at = slots_begin(ix), end = at;

	/* The tables stand one behind the other to the end of the file. */
	for (unsigned i = 0; i < TABLES; i++)
		end += (uint64_t)number(ix, i * 8 + 4) * 8;
	if (at < HEAD || end != ix->size)
		return "it is no table that is known here, or is not whole";
	return NULL;
}

/* A record whose parts all lie before end. */
static bool
record(const struct index *ix, uint64_t at, uint64_t end, struct span *key, struct span *value)
{
	uint64_t k, v;

	if (at < HEAD || at + 8 > end)
		return false;
	k = number(ix, at);
	v = number(ix, at + 4);
	if (k + v > end - at - 8)
		return false;
	*key = (struct span){ ix->at + at + 8, k };
	*value = (struct span){ key->s + k, v };
	return true;
}

/* Where the look-up of a key begins: one of the slots for keys with such a hash, which all lie within the file. */
struct begin {
	uint32_t hash, slots, slot;
	uint64_t table;
};

static enum table_result
begin(const struct index *ix, struct span key, struct begin *b, const char **why)
{
	uint32_t h = FIRST_HASH;

	for (size_t i = 0; i < key.n; i++)
		h = ((h << 5) + h) ^ key.s[i];
	b->hash = h;
	b->table = number(ix, h % TABLES * 8);
	b->slots = number(ix, h % TABLES * 8 + 4);
	if (b->slots == 0)
		return TABLE_ABSENT;
	*why = "a table of slots lies outside of the file";
	if (b->table > ix->size || b->slots > (ix->size - b->table) / 8)
		return TABLE_ERROR;
	b->slot = (h >> 8) % b->slots;
	return TABLE_FOUND;
}

static enum table_result
find(const struct index *ix, struct span key, const struct begin *b, struct span *value, const char **why)
{
	uint32_t slot = b->slot;

	for (uint32_t i = 0; i < b->slots; i++) {
		uint64_t at = b->table + (uint64_t)slot * 8;
		uint32_t place = number(ix, at + 4);
		struct span k, v;

		if (place == 0)
			return TABLE_ABSENT;
		if (number(ix, at) == b->hash) {
			*why = "a record lies outside of the file";
			if (!record(ix, place, ix->size, &k, &v))
				return TABLE_ERROR;
			if (index_compare(k, key) == 0) {
				*value = v;
				return TABLE_FOUND;
			}
		}
		slot = slot + 1 < b->slots ? slot + 1 : 0;
	}
	return TABLE_ABSENT;
}

static enum table_result
cdb_get(const struct index *ix, struct span key, struct arena *mem, struct span *value, const char **why)
{
	struct begin b;
	enum table_result r = begin(ix, key, &b, why);

	(void)mem;
	return r == TABLE_FOUND ? find(ix, key, &b, value, why) : r;
}

/* First all slots are on their way, then all records: where memory is slow, that is most of the time. */
static void
cdb_get_some(const struct index *ix, const struct span keys[], size_t n, struct index_found found[])
{
	struct begin b[TABLE_SOME];

	for (size_t i = 0; i < n; i++)
		if ((found[i].result = begin(ix, keys[i], &b[i], &found[i].why)) == TABLE_FOUND)
			__builtin_prefetch(ix->at + b[i].table + (uint64_t)b[i].slot * 8);
	for (size_t i = 0; i < n; i++)
		if (found[i].result == TABLE_FOUND) {
			/* No place is wrong: nothing is read there. */
			const uint8_t *record = ix->at + number(ix, b[i].table + (uint64_t)b[i].slot * 8 + 4);

			__builtin_prefetch(record);
			__builtin_prefetch(record + CACHE_LINE);
		}
	for (size_t i = 0; i < n; i++)
		if (found[i].result == TABLE_FOUND)
			found[i].result = find(ix, keys[i], &b[i], &found[i].value, &found[i].why);
}

static enum table_result
cdb_next(const struct index *ix, struct index_cursor *c, struct arena *mem, struct span *key, struct span *value,
    const char **why)
{
	uint64_t end = slots_begin(ix);

	(void)mem;
	if (!c->begun)
		*c = (struct index_cursor){ .begun = true, .place = { HEAD } };
	if (c->place[0] == end)
		return TABLE_ABSENT;
	if (!record(ix, c->place[0], end, key, value)) {
		*why = "a record reaches behind the others";
		return TABLE_ERROR;
	}
	c->place[0] += 8 + key->n + value->n;
	return TABLE_FOUND;
}

const struct index_format index_cdb = {
	.name = "cdb",
	.is = cdb_is,
	.load = cdb_load,
	.get = cdb_get,
	.get_some = cdb_get_some,
	.next = cdb_next,
};
