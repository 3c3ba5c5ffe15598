/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/nearest.h"

#include "lib/base/mem.h"

#include <stdint.h>
#include <string.h>

enum { LONGEST = 127 };

/* The number of letters to change, add or drop; Levenshtein's distance, up to a length that names have. */
static size_t
distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t row[LONGEST + 1], before, here;

	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		before = row[0];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			here = before + (a[i - 1] != b[j - 1]);
			before = row[j];
			if (row[j] + 1 < here)
				here = row[j] + 1;
			if (row[j - 1] + 1 < here)
				here = row[j - 1] + 1;
			row[j] = here;
		}
	}
	return row[m];
}

void
nearest_try(struct nearest *near, const char *name)
{
	size_t n = strlen(near->word), m = strlen(name), d;

	if (n > LONGEST || m > LONGEST || (n > m ? n - m : m - n) > NEAREST_MOST)
		return;
	d = distance(near->word, n, name, m);
	if (d > NEAREST_MOST || 2 * d >= n || (near->name != NULL && d >= near->distance))
		return;
	near->name = name;
	near->distance = d;
}
