/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nested - tables that are made of tables: pipemap, unionmap and debug.
 *
 * "{type:name, type:{ a = b, c = d }}"; a table may also stand in braces of its own.
 */
#ifndef TABLE_NESTED_H
#define TABLE_NESTED_H

#include "lib/table/table.h"

struct nested {
	struct table **tables;
	size_t n;
};

/* table_open() of a table within another one: only so many deep. */
struct table *nested_table(const char *spec, unsigned flags, const struct table_env *, struct buf *err);
/* False: err; type is the one that asks, for messages. */
bool nested_open(
    struct nested *, const char *type, const char *name, unsigned flags, const struct table_env *, struct buf *err);
bool nested_patterns(const struct nested *);	   /* is one of them of patterns, or behind a server? */
const char *nested_trouble(const struct nested *); /* of the first one that has any */
bool nested_changed(const struct nested *);
void nested_close(struct nested *);

#endif
