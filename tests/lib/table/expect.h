/* SPDX-License-Identifier: Apache-2.0 */
/* expect - a table of any type, opened where the test runs, and what it answers. */
#ifndef TESTS_LIB_TABLE_EXPECT_H
#define TESTS_LIB_TABLE_EXPECT_H

#include "lib/table/table.h"
#include "tests/support/test.h"

#include <string.h>

static const struct table_env direct = { 0 };
enum { FLAGS = TABLE_FOLD | TABLE_REGEXP_OK };

static inline struct table *
opened(const char *spec, unsigned flags)
{
	struct buf err = BUF(4096);
	struct table *t = table_open(spec, flags, &direct, &err);

	if (t == NULL)
		fail_msg("%s: %s", spec, buf_str(&err));
	return t;
}

/* value NULL: absent; "ERROR": that. */
static inline void
expect(const char *spec, unsigned flags, const char *key, const char *value)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct table *t = opened(spec, flags);
	const char *got = NULL;
	enum table_result r = table_get(t, key, &mem, &got, &why);

	got = r == TABLE_ERROR ? "ERROR" : r == TABLE_ABSENT ? NULL : got;
	if (value == NULL ? got != NULL : got == NULL || strcmp(got, value) != 0)
		fail_msg("%s, key \"%s\": wanted %s, got %s %s", spec, key, value != NULL ? value : "nothing",
		    got != NULL ? got : "nothing", why.text);
	if (r == TABLE_ERROR)
		assert_int_equal(why.fate, FATE_LATER);
	table_free(&t);
	arena_free(&mem);
}

#endif
