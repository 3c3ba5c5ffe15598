/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare - the comparisons of ${{a} == {b} ? ...}: numbers when both sides
 * are digits, of any length; bytes otherwise; with "level" behind the sign,
 * compatibility levels (major, major.minor or major.minor.patch).
 */
#ifndef CONF_COMPARE_H
#define CONF_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

struct comparison {
	const char *sign;
	bool level;
	bool less, same, more; /* for which orders of the two it holds */
};

/* The longest one that text begins with; NULL: none. */
const struct comparison *comparison_find(const char *text, size_t n);

/* False: *bad is the side that is no compatibility level. */
bool comparison_holds(const struct comparison *, const char *a, const char *b, bool *holds, const char **bad);

#endif
