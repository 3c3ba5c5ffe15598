/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/index.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 64, LOW_PART = 8 };

struct index {
	struct index_entry *heap; /* by time, [0] is the earliest */
	size_t n, cap, most;
	long horizon; /* nothing at or after this time is taken; LONG_MAX: complete */
};

struct index *
index_new(size_t most)
{
	struct index *i = mem_zero(1, sizeof(*i));

	i->most = most > FIRST ? most : FIRST;
	i->horizon = LONG_MAX;
	return i;
}

void
index_free(struct index **ip)
{
	if (*ip != NULL)
		free((*ip)->heap);
	free(*ip);
	*ip = NULL;
}

static void
sift_up(struct index *i, size_t at)
{
	struct index_entry e = i->heap[at];

	for (; at > 0 && i->heap[(at - 1) / 2].at > e.at; at = (at - 1) / 2)
		i->heap[at] = i->heap[(at - 1) / 2];
	i->heap[at] = e;
}

static void
sift_down(struct index *i, size_t at)
{
	struct index_entry e = i->heap[at];
	size_t child;

	while ((child = 2 * at + 1) < i->n) {
		if (child + 1 < i->n && i->heap[child + 1].at < i->heap[child].at)
			child++;
		if (i->heap[child].at >= e.at)
			break;
		i->heap[at] = i->heap[child];
		at = child;
	}
	i->heap[at] = e;
}

static int
by_time(const void *x, const void *y)
{
	const struct index_entry *a = x, *b = y;

	return a->at < b->at ? -1 : a->at > b->at;
}

/* The earlier half stays.  What is sorted is a heap. */
static void
halve(struct index *i)
{
	qsort(i->heap, i->n, sizeof(*i->heap), by_time);
	i->n /= 2;
	i->horizon = i->heap[i->n].at;
}

void
index_add(struct index *i, const char *id, long at, uint64_t domains)
{
	struct index_entry *e;

	if (at >= i->horizon)
		return;
	if (i->n == i->most) {
		halve(i);
		if (at >= i->horizon)
			return;
	}
	if (i->n == i->cap) {
		i->cap = i->cap ? i->cap * 2 : FIRST;
		if (i->cap > i->most)
			i->cap = i->most;
		i->heap = mem_grow(i->heap, i->cap, sizeof(*i->heap));
	}
	e = &i->heap[i->n++];
	*e = (struct index_entry){ .at = at, .domains = domains };
	memcpy(e->id, id, strnlen(id, QUEUEID_MAX - 1));
	sift_up(i, i->n - 1);
}

bool
index_pop(struct index *i, long now, struct index_entry *out)
{
	if (i->n == 0 || i->heap[0].at > now)
		return false;
	*out = i->heap[0];
	i->heap[0] = i->heap[--i->n];
	if (i->n > 0)
		sift_down(i, 0);
	return true;
}

long
index_next(const struct index *i)
{
	return i->n > 0 ? i->heap[0].at : -1;
}

size_t
index_size(const struct index *i)
{
	return i->n;
}

bool
index_complete(const struct index *i)
{
	return i->horizon == LONG_MAX;
}

bool
index_low(const struct index *i)
{
	return !index_complete(i) && i->n < i->most / LOW_PART;
}

void
index_clear(struct index *i)
{
	i->n = 0;
	i->horizon = LONG_MAX;
}

void
index_all_due(struct index *i)
{
	for (size_t k = 0; k < i->n; k++)
		i->heap[k].at = 0;
}

size_t
index_site_due(struct index *i, uint64_t domain, size_t *unknown)
{
	size_t n = 0;

	*unknown = 0;
	for (size_t k = 0; k < i->n; k++) {
		if (i->heap[k].domains == INDEX_ANY) {
			++*unknown;
		} else if ((i->heap[k].domains & domain) == domain) {
			i->heap[k].at = 0;
			n++;
		}
	}
	/* The least of all go up one by one: those before are in order already. */
	for (size_t k = 0; n > 0 && k < i->n; k++)
		sift_up(i, k);
	return n;
}

uint64_t
index_domain(const char *domain)
{
	char *lower = mem_str(domain);
	uint32_t h;

	text_lower(lower);
	h = crc32c(0, lower, strlen(lower));
	free(lower);
	return (uint64_t)1 << (h & 63) | (uint64_t)1 << (h >> 6 & 63) | (uint64_t)1 << (h >> 12 & 63);
}
