/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared - the tables that proxymap, or proxywrite, holds; used by all of its threads at once.
 *
 * A table is opened when it is first asked for, under a mutex, and stays; the
 * tables themselves are safe to use from any thread.
 */
#ifndef PROXYMAP_SHARED_H
#define PROXYMAP_SHARED_H

#include "lib/table/table.h"

bool shared_open(const struct conf *, void **state, struct buf *err);
void shared_allow_named(void *state); /* the tables of named.h, too; before the first question */
bool shared_open_to_write(const struct conf *, void **state, struct buf *err);
bool shared_changed(void *state);
void shared_close(void *state);

bool shared_allows(void *state, const char *spec); /* its list, and what named.h says */
const char *shared_list(void *state);		   /* the parameter that it must be in */

/* NULL: *why, in mem, says what is wrong with it; the next request tries again. */
struct table *shared_table(void *state, const char *spec, unsigned flags, struct arena *mem, const char **why);

#endif
