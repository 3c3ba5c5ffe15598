/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/hash.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_BUCKETS = 32 };

static uint64_t seed;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
make_seed(void)
{
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = 0x9e3779b97f4a7c15u ^ (uintptr_t)&seed;
}

/* FNV-1a over a seed, with a final mix: short keys, and nobody can read the codes. */
static uint64_t
code_of(const struct hash *h, const char *key)
{
	uint64_t c;

	pthread_once(&once, make_seed);
	c = seed ^ 0xcbf29ce484222325u;
	for (; *key != '\0'; key++) {
		unsigned char b = (unsigned char)*key;

		if (h->fold && b >= 'A' && b <= 'Z')
			b = (unsigned char)(b + 32);
		c = (c ^ b) * 0x100000001b3u;
		c ^= c >> 29;
	}
	c *= 0xbf58476d1ce4e5b9u;
	return c ^ c >> 32;
}

static struct hash_entry **
place(const struct hash *h, const char *key, uint64_t code)
{
	struct hash_entry **e;

	for (e = &h->buckets[code & (h->nbuckets - 1)]; *e != NULL; e = &(*e)->chain)
		if ((*e)->code == code && (h->fold ? text_same((*e)->key, key) : strcmp((*e)->key, key) == 0))
			break;
	return e;
}

static void
grow(struct hash *h)
{
	size_t n = h->nbuckets ? h->nbuckets * 2 : FIRST_BUCKETS;

	free(h->buckets);
	h->buckets = mem_zero(n, sizeof(*h->buckets));
	h->nbuckets = n;
	HASH_EACH (e, h) {
		e->chain = h->buckets[e->code & (n - 1)];
		h->buckets[e->code & (n - 1)] = e;
	}
}

void *
hash_get(const struct hash *h, const char *key)
{
	struct hash_entry *e;

	if (h->n == 0)
		return NULL;
	e = *place(h, key, code_of(h, key));
	return e != NULL ? e->value : NULL;
}

struct hash_entry *
hash_find(const struct hash *h, const char *key)
{
	return h->nbuckets > 0 ? *place(h, key, code_of(h, key)) : NULL;
}

void *
hash_put(struct hash *h, const char *key, void *value)
{
	uint64_t code = code_of(h, key);
	struct hash_entry **at, *e;
	void *old;

	if (h->n >= h->nbuckets)
		grow(h);
	at = place(h, key, code);
	if ((e = *at) != NULL) {
		old = e->value;
		e->value = value;
		return old;
	}
	e = *at = mem_zero(1, sizeof(*e));
	e->key = mem_str(key);
	e->value = value;
	e->code = code;
	e->before = h->last;
	if (h->last != NULL)
		h->last->after = e;
	else
		h->first = e;
	h->last = e;
	h->n++;
	return NULL;
}

void *
hash_remove(struct hash *h, const char *key)
{
	struct hash_entry **at, *e;
	void *value;

	if (h->n == 0 || (e = *(at = place(h, key, code_of(h, key)))) == NULL)
		return NULL;
	*at = e->chain;
	*(e->before != NULL ? &e->before->after : &h->first) = e->after;
	*(e->after != NULL ? &e->after->before : &h->last) = e->before;
	h->n--;
	value = e->value;
	free(e->key);
	free(e);
	return value;
}

void
hash_free(struct hash *h, void (*free_value)(void *))
{
	HASH_EACH (e, h) {
		if (free_value != NULL)
			free_value(e->value);
		free(e->key);
		free(e);
	}
	free(h->buckets);
	*h = (struct hash)HASH(h->fold);
}
