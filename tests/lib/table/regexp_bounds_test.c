/* SPDX-License-Identifier: Apache-2.0 */
/* How long a key may be for which an expression is matched. */
#include "lib/table/table.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

enum { FOR_ANY = 2000 };

/* The C library takes longer and longer for keys of patterns that refer back: the long ones are put off. */
static const struct {
	const char *rule;
	size_t longest; /* 0: the table is refused; FOR_ANY: there is no bound */
} references[] = {
	{ "/^(.*)\\1x/", 256 },
	{ "/(.+)@\\1/", 256 },
	{ "/(.*).*\\1x/", 128 },
	{ "/^(.*)(.*)\\1\\2x/", 48 },
	{ "/(a*)*\\1x/", 32 },
	{ "/((a*)*\\2)*x/", 0 },
	{ "/.*.*.*(.*).*.*\\1.*.*\\1.*\\1x/", 0 },
	{ "/(.)\\1\\1x/", FOR_ANY },
	{ "/([*+]\\*)\\1x/", FOR_ANY },
	{ "/\\(.*\\)\\1x/x", 256 },
	{ "/((.*)+)*x/", FOR_ANY },
};

static void
back_references(void **state)
{
	const struct table_env env = { 0 };
	char key[FOR_ANY + 1];

	(void)state;
	memset(key, 'a', sizeof(key));
	for (size_t i = 0; i < NITEMS(references); i++) {
		char *spec = mem_fmt("regexp:{ {%s yes} }", references[i].rule);
		size_t n = references[i].longest;
		struct buf err = BUF(4096);
		struct table *t = table_open(spec, TABLE_FOLD, &env, &err);
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		const char *value;

		if ((t == NULL) != (n == 0))
			fail_msg("%s: %s", spec, buf_str(&err));
		key[n] = '\0';
		if (t != NULL)
			assert_int_equal(table_get(t, key, &mem, &value, &why), TABLE_ABSENT);
		key[n] = 'a';
		if (t != NULL && n < FOR_ANY) {
			key[n + 1] = '\0';
			assert_int_equal(table_get(t, key, &mem, &value, &why), TABLE_ERROR);
			assert_non_null(strstr(why.text, "make it a pcre: table"));
			key[n + 1] = 'a';
		}
		table_free(&t);
		arena_free(&mem);
		buf_free(&err);
		free(spec);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(back_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
