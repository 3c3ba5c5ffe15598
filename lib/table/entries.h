/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entries - what is to be in a table, each key once, in the order in which the keys came.
 *
 *	struct entries e = { 0 };
 *	switch (entries_put(&e, key, value, line)) ...
 *	entries_sort(&e);
 *	entries_free(&e);
 *
 * Keys and values are the caller's, and must stay.  A value that is NULL has been taken out again.
 */
#ifndef TABLE_ENTRIES_H
#define TABLE_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct entry {
	uint64_t front; /* the first 8 octets of the key, to sort by; set by entries_sort() */
	const char *key, *value;
	uint32_t key_length, value_length;
};
struct entries {
	struct entry *all;
	size_t n, room;	     /* n: with those that were taken out */
	size_t left, octets; /* without them; octets of keys and values */
	uint32_t *slots;     /* number of an entry + 1 by its key's hash; gone after entries_sort() */
	size_t nslots;
};

/* The entry of that key: new, or as it was before, for the caller to change with entries_set(). */
struct entry *entries_put(struct entries *, const char *key, const char *value, bool *is_new);
void entries_set(struct entries *, struct entry *, const char *value);
bool entries_remove(struct entries *, const char *key);
void entries_sort(struct entries *); /* by the keys' octets; none can be added afterwards */
void entries_free(struct entries *);

#endif
