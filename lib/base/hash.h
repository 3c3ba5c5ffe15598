/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash - values found by a string, or by a string without regard to case.
 *
 *	struct hash h = HASH(false);
 *	hash_put(&h, "example.com", dest);	(the key is copied)
 *	dest = hash_get(&h, "example.com");	(NULL: not there)
 *
 * The order of hash_each() is that of insertion.  Keyed with a random seed,
 * so a client cannot choose colliding names.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_entry {
	char *key;
	void *value;
	uint64_t code;
	struct hash_entry *chain;	   /* in the same bucket */
	struct hash_entry *before, *after; /* in order of insertion */
};
struct hash {
	bool fold; /* keys that differ only in ASCII case are one */
	size_t n, nbuckets;
	struct hash_entry **buckets, *first, *last;
};
/* clang-format off */
#define HASH(fold_case) { .fold = (fold_case) }
/* clang-format on */

void *hash_get(const struct hash *, const char *key);
struct hash_entry *hash_find(const struct hash *, const char *key);
void *hash_put(struct hash *, const char *key, void *value); /* the value that was there before, or NULL */
void *hash_remove(struct hash *, const char *key);	     /* the value that was there, or NULL */
void hash_free(struct hash *, void (*free_value)(void *));   /* NULL: values stay the caller's */

#define HASH_EACH(e, h)                                                                                                \
	for (struct hash_entry *e = (h)->first, *e##_n; e != NULL && (e##_n = e->after, true); e = e##_n)

#endif
