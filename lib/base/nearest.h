/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest - which of many names did somebody mean who wrote another one?
 *
 *	struct nearest n = NEAREST("smptd_banner");
 *	for (size_t i = 0; i < conf_nparams; i++)
 *		nearest_try(&n, param_name(&conf_params[i]));
 *	if (n.name != NULL)
 *		... "did you mean \"%s\"?" ...
 *
 * Near is what at most NEAREST_MOST letters that are changed, added or dropped
 * make of the other, and less than half of the letters; of equally near ones
 * the first.  The names must live as long as the nearest is used.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

enum { NEAREST_MOST = 4 };

struct nearest {
	const char *word;
	const char *name; /* NULL: none is near */
	size_t distance;
};
/* clang-format off */
#define NEAREST(text) { .word = (text) }
/* clang-format on */

void nearest_try(struct nearest *, const char *name);

#endif
