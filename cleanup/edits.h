/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edits - what milters want of the header, applied while its fields pass.
 *
 * The edits are those of lib/ipc/cleanup.def, in the order in which they came;
 * each works on what those before it have left, as if the header were a list.
 * But the header may be too large to be a list in memory, so each edit is a
 * stage that fields run through, once, at the end:
 *
 *	edits_insert(&e, 0, "X-Spam", "yes", &mem);
 *	...
 *	edits_start(&e);
 *	while (fields_next(...))
 *		edits_pass(&e, &f, take, ctx);
 *	edits_end(&e, take, ctx);
 *	edits_free(&e);
 *
 * Places: an index of edits_insert counts our own Received (0 is above it),
 * as milters expect of a Sendmail; edits_change never finds it.
 *
 * Lines: a value is folded with CRLF; any other line break is taken for one,
 * and a line that would not be a folded one is made to be, so that no value
 * makes a second field.  Limits: EDITS_MAX edits.
 */
#ifndef CLEANUP_EDITS_H
#define CLEANUP_EDITS_H

#include "cleanup/fields.h"
#include "lib/base/mem.h"

enum { EDITS_MAX = 1000 };

struct edit;
struct edits {
	struct edit *list;
	size_t n;
};

/* NULL, or what is wrong with it. */
const char *edits_add(struct edits *, const char *name, const char *value, struct arena *);
const char *edits_insert(struct edits *, long index, const char *name, const char *value, struct arena *);
/* The index-th (from 1) of that name; an empty value deletes; past the last it is added. */
const char *edits_change(struct edits *, long index, const char *name, const char *value, struct arena *);

void edits_start(struct edits *);
void edits_pass(struct edits *, const struct field_text *, field_taker *, void *ctx);
void edits_end(struct edits *, field_taker *, void *ctx);
void edits_free(struct edits *);

#endif
