/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result - the text that a pattern's rule gives, with $1, ${2}, $(3) and $$ in it.
 *
 * Read once into pieces, so that a look-up only joins them.
 */
#ifndef TABLE_RESULT_H
#define TABLE_RESULT_H

#include "lib/table/pattern_rules.h"

struct piece {
	size_t group;	/* 0: text */
	size_t at, len; /* of text: where in result.text */
};
struct result {
	char *text; /* pieces of it, one after the other; with no groups it is the result itself */
	struct piece *pieces;
	size_t n;
	size_t last; /* the highest group that is named; 0: none */
};

/* False: err says what is wrong with the text. */
bool result_parse(struct result *, const char *text, struct buf *err);
/* What key's groups make of it; a group that took no part is empty. */
const char *result_make(const struct result *, const char *key, const struct group *, struct arena *);
void result_free(struct result *);

#endif
