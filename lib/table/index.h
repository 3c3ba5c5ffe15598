/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index - the file formats of tables, read without their libraries.
 *
 * A daemon reads tables that other programs wrote, or that somebody damaged, and
 * must not die of them; the libraries of Berkeley DB and LMDB do, want their own
 * locks or a path to reopen, and cost each process a page table.  Reading is the small part
 * of what they do: here each place is checked against the file's size before
 * it is looked at, and nothing is kept but the map.  Writing is theirs (make.h).
 *
 *	struct index ix = { .at = map, .size = st.st_size };
 *	if (!index_load(&ix, "src.db", &err)) ...
 *	index_get(&ix, SPAN("key", 3), &mem, &value, &why)
 *
 * Formats: Berkeley DB 5.3 hash (version 8, 9) and btree (version 9, 10), in this machine's
 * byte order, without checksums, encryption and duplicates; LMDB 0.9; cdb.
 * Thread-safe: nothing changes after index_load().
 */
#ifndef TABLE_INDEX_H
#define TABLE_INDEX_H

#include "lib/table/table.h"

#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *s;
	size_t n;
};

enum { INDEX_DEEP = 32 }; /* levels of a tree */

/* Where index_next() stands; all zeros: before the first. */
struct index_cursor {
	bool begun;
	unsigned depth;
	uint64_t place[INDEX_DEEP], item[INDEX_DEEP], steps;
};

struct index {
	const uint8_t *at;
	size_t size;
	const struct index_format *format;
	uint32_t page; /* size of one */
	union {
		struct {
			uint32_t most, high, low, spares[32];
		} hash;
		uint32_t root;
	} u;
};

struct index_found {
	enum table_result result;
	struct span value; /* when found */
	const char *why;   /* when TABLE_ERROR */
};

struct index_format {
	const char *name; /* "Berkeley DB hash" */
	bool nul;	  /* Postfix stores keys and values with a NUL behind them */
	bool (*is)(const struct index *);
	const char *(*load)(struct index *); /* NULL, or what is wrong */
	enum table_result (*get)(
	    const struct index *, struct span key, struct arena *, struct span *value, const char **why);
	/* The same for at most TABLE_SOME keys; NULL: as good as one after another. */
	void (*get_some)(const struct index *, const struct span keys[], size_t n, struct index_found[]);
	/* The next in the order of the file; TABLE_ABSENT: no more. */
	enum table_result (*next)(const struct index *, struct index_cursor *, struct arena *, struct span *key,
	    struct span *value, const char **why);
};

bool index_load(struct index *, struct buf *err);

/* Every entry, in the order of the file, without the NULs; TABLE_ABSENT: that was all.  Keys and values are the visitor's to copy. */
struct map;
enum table_result index_each(const struct index *, const struct map *, table_visit *, void *ctx, const char **why);
bool index_each_of(int fd, table_visit *, void *ctx, struct buf *err); /* of a file that nobody changes; false: *err */

/* For the formats: numbers at any place, in this machine's byte order. */
static inline uint16_t
index_16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
index_32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t
index_64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The octets first, then the shorter one: the order of both libraries' trees. */
static inline int
index_compare(struct span a, struct span b)
{
	int c = memcmp(a.s, b.s, a.n < b.n ? a.n : b.n);

	return c != 0 ? c : a.n < b.n ? -1 : a.n > b.n;
}

extern const struct index_format index_hash, index_btree, index_lmdb, index_cdb;

#endif
