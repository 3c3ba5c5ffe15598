/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/entries.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_SLOTS = 1024 };

/* No source decides where its keys lie: the seed is a new one for each process. */
static uint64_t
code_of(const char *key, size_t n)
{
	static _Atomic uint64_t seed;
	uint64_t h;

	while (seed == 0) {
		uint64_t s = 1;

		if (getrandom(&s, sizeof(s), GRND_NONBLOCK) == sizeof(s) || s != 0)
			seed = s | 1;
	}
	h = seed ^ n;
	for (; n >= 8; n -= 8, key += 8) {
		uint64_t w;

		memcpy(&w, key, 8);
		h = (h ^ w) * 0x9E3779B97F4A7C15u;
		h ^= h >> 32;
	}
	for (; n > 0; n--, key++)
		h = (h ^ (unsigned char)*key) * 0x9E3779B97F4A7C15u;
	return (h ^ h >> 29) * 0xBF58476D1CE4E5B9u >> 20;
}

static size_t
find_slot(const struct entries *e, const char *key, size_t n)
{
	size_t i = code_of(key, n) & (e->nslots - 1);

	for (; e->slots[i] != 0; i = (i + 1) & (e->nslots - 1)) {
		const struct entry *x = &e->all[e->slots[i] - 1];

		if (x->key_length == n && memcmp(x->key, key, n) == 0)
			break;
	}
	return i;
}

static void
more_slots(struct entries *e)
{
	free(e->slots);
	e->nslots = e->nslots == 0 ? FIRST_SLOTS : e->nslots * 4;
	e->slots = mem_zero(e->nslots, sizeof(*e->slots));
	for (size_t i = 0; i < e->n; i++)
		e->slots[find_slot(e, e->all[i].key, e->all[i].key_length)] = (uint32_t)i + 1;
}

struct entry *
entries_put(struct entries *e, const char *key, const char *value, bool *is_new)
{
	size_t n = strlen(key), slot;
	struct entry *x;

	must_hold(e->n < UINT32_MAX - 1 && (e->slots != NULL || e->n == 0));
	if (e->n * 2 >= e->nslots)
		more_slots(e);
	slot = find_slot(e, key, n);
	*is_new = e->slots[slot] == 0;
	if (!*is_new) {
		x = &e->all[e->slots[slot] - 1];
		*is_new = x->value == NULL;
	} else {
		if (e->n == e->room) {
			e->room = e->room == 0 ? FIRST_SLOTS : e->room * 2;
			e->all = mem_grow(e->all, e->room, sizeof(*e->all));
		}
		x = &e->all[e->n++];
		*x = (struct entry){ .key = key, .key_length = (uint32_t)n };
		e->slots[slot] = (uint32_t)e->n;
	}
	if (*is_new)
		entries_set(e, x, value);
	return x;
}

void
entries_set(struct entries *e, struct entry *x, const char *value)
{
	if (x->value != NULL) {
		e->left--;
		e->octets -= x->key_length + x->value_length;
	}
	x->value = value;
	x->value_length = value != NULL ? (uint32_t)strlen(value) : 0;
	if (value != NULL) {
		e->left++;
		e->octets += x->key_length + x->value_length;
	}
}

bool
entries_remove(struct entries *e, const char *key)
{
	size_t n = strlen(key), slot;
	bool was = false;

	if (e->nslots == 0 || e->slots[slot = find_slot(e, key, n)] == 0)
		return false;
	was = e->all[e->slots[slot] - 1].value != NULL;
	entries_set(e, &e->all[e->slots[slot] - 1], NULL);
	return was;
}

static int
by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c;

	if (x->front != y->front)
		return x->front < y->front ? -1 : 1;
	c = memcmp(x->key, y->key, x->key_length < y->key_length ? x->key_length : y->key_length);
	return c != 0 ? c : x->key_length < y->key_length ? -1 : x->key_length > y->key_length;
}

void
entries_sort(struct entries *e)
{
	free(e->slots);
	e->slots = NULL;
	e->nslots = 0;
	for (size_t i = 0; i < e->n; i++) {
		struct entry *x = &e->all[i];

		x->front = 0;
		memcpy(&x->front, x->key, x->key_length < 8 ? x->key_length : 8);
		x->front = be64toh(x->front);
	}
	if (e->n > 1)
		qsort(e->all, e->n, sizeof(*e->all), by_key);
}

void
entries_free(struct entries *e)
{
	free(e->all);
	free(e->slots);
	*e = (struct entries){ 0 };
}
