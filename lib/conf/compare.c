/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/compare.h"

#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { LEVEL_PARTS = 3, LEVEL_DIGITS = 9 };

/* clang-format off */
static const struct comparison comparisons[] = { /* no sign is followed by a longer one that begins with it */
	{ .sign = "==level", .level = true, .same = true },
	{ .sign = "!=level", .level = true, .less = true, .more = true },
	{ .sign = "<=level", .level = true, .less = true, .same = true },
	{ .sign = ">=level", .level = true, .same = true, .more = true },
	{ .sign = "<level",  .level = true, .less = true },
	{ .sign = ">level",  .level = true, .more = true },
	{ .sign = "==", .same = true },
	{ .sign = "!=", .less = true, .more = true },
	{ .sign = "<=", .less = true, .same = true },
	{ .sign = ">=", .same = true, .more = true },
	{ .sign = "<",  .less = true },
	{ .sign = ">",  .more = true },
};
/* clang-format on */

const struct comparison *
comparison_find(const char *text, size_t n)
{
	for (size_t i = 0; i < NITEMS(comparisons); i++) {
		size_t len = strlen(comparisons[i].sign);

		if (len <= n && memcmp(comparisons[i].sign, text, len) == 0)
			return &comparisons[i];
	}
	return NULL;
}

static bool
all_digits(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

static int
by_text(const char *a, const char *b)
{
	size_t n, m;

	if (!all_digits(a) || !all_digits(b))
		return strcmp(a, b);
	a += strspn(a, "0");
	b += strspn(b, "0");
	n = strlen(a);
	m = strlen(b);
	return n != m ? (n < m ? -1 : 1) : strcmp(a, b);
}

/* "3", "3.6", "3.6.1"; parts that are not there are 0. */
static bool
level_parse(const char *s, long parts[LEVEL_PARTS])
{
	size_t n;

	memset(parts, 0, LEVEL_PARTS * sizeof(*parts));
	for (int i = 0; i < LEVEL_PARTS; i++) {
		n = strspn(s, "0123456789");
		if (n == 0 || n > LEVEL_DIGITS)
			return false;
		parts[i] = strtol(s, NULL, 10);
		s += n;
		if (*s == '\0')
			return true;
		if (*s++ != '.')
			return false;
	}
	return false;
}

static int
by_level(const long a[LEVEL_PARTS], const long b[LEVEL_PARTS])
{
	for (int i = 0; i < LEVEL_PARTS; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

bool
comparison_holds(const struct comparison *how, const char *a, const char *b, bool *holds, const char **bad)
{
	long left[LEVEL_PARTS], right[LEVEL_PARTS];
	int order;

	if (!how->level) {
		order = by_text(a, b);
	} else if (!level_parse(a, left)) {
		*bad = a;
		return false;
	} else if (!level_parse(b, right)) {
		*bad = b;
		return false;
	} else {
		order = by_level(left, right);
	}
	*holds = order < 0 ? how->less : order > 0 ? how->more : how->same;
	return true;
}
