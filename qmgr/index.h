/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index - which deferred messages are due when: a bounded hint, the files are the truth.
 *
 *	struct index *i = index_new(100000);
 *	index_add(i, id, 1790000000, index_domain("example.com"));
 *	while (index_pop(i, now, &e))
 *		... e.id is due, unless its file says otherwise ...
 *	if (index_low(i))
 *		index_clear(i), and add all files again
 *
 * At its bound it keeps the earlier half; what is later than those is not
 * taken any more, and the index is no longer complete, until it is cleared
 * and filled again.  A message may be in it twice, or no longer be there.
 *
 * domains is a Bloom filter of 64 bits over the recipients' domains: a
 * domain whose bits are not all set is not among them.  INDEX_ANY: unknown.
 */
#ifndef QMGR_INDEX_H
#define QMGR_INDEX_H

#include "lib/mail/queueid.h"

#include <stdint.h>

#define INDEX_ANY UINT64_MAX

struct index_entry {
	long at; /* seconds since 1970 */
	uint64_t domains;
	char id[QUEUEID_MAX];
};
struct index;

struct index *index_new(size_t most);
void index_free(struct index **);
void index_add(struct index *, const char *id, long at, uint64_t domains);
bool index_pop(struct index *, long now, struct index_entry *out); /* the earliest, if it is due */
long index_next(const struct index *);				   /* when the earliest is due; -1: it is empty */
size_t index_size(const struct index *);
bool index_complete(const struct index *);
bool index_low(const struct index *); /* not complete, and nearly used up */
void index_clear(struct index *);     /* empty and complete */

void index_all_due(struct index *);
/* Those that may have the domain are due now; *unknown counts those whose domains are not known, which stay. */
size_t index_site_due(struct index *, uint64_t domain, size_t *unknown);

uint64_t index_domain(const char *domain); /* the bits of one, without regard to case */

#endif
