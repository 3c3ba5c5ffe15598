/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index_db - what hash and btree files of Berkeley DB 5.3 have in common.
 *
 * Page 0 says what the file is.  Each page begins with a log number (8 octets), its own number, those
 * of the pages before and behind it in its chain, how many items it has, where its free room ends,
 * its level and its kind (26 octets in all); then stand the places of the items.
 */
#ifndef TABLE_INDEX_DB_H
#define TABLE_INDEX_DB_H

#include "lib/table/index.h"

enum { DB_HEAD = 26 };
enum { DB_INTERNAL = 3, DB_LEAF = 5, DB_OVERFLOW = 7, DB_UNSORTED = 2, DB_SORTED = 13 }; /* kinds of pages */

bool index_db_is(const struct index *, uint32_t magic);
const char *index_db_load(struct index *, unsigned oldest, unsigned newest, uint32_t plain_flags);

/* NULL: it lies outside of the file, or is another one. */
const uint8_t *index_db_page(const struct index *, uint32_t number);
/* Place of item i, of at least n octets; 0: outside of the page. */
uint32_t index_db_item(const struct index *, const uint8_t *page, uint32_t i, uint32_t n);

/* A long key or value in a chain of pages of its own, put together in mem. */
bool index_db_long(const struct index *, uint32_t number, uint32_t length, struct arena *, struct span *);

static inline unsigned
index_db_items(const uint8_t *page)
{
	return index_16(page + 20);
}

#endif
