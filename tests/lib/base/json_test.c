/* SPDX-License-Identifier: Apache-2.0 */
/* JSON is what RFC 8259 says, whatever bytes a text has. */
#include "lib/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static char *text;
static size_t size;

static FILE *
begin(void)
{
	return open_memstream(&text, &size);
}

static void
is(FILE *f, const char *wanted)
{
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, wanted);
	free(text);
}

static void
strings(void **state)
{
	static const struct {
		const char *plain, *json;
	} rows[] = {
		{ "", "\"\"\n" }, { "a \"b\" \\c", "\"a \\\"b\\\" \\\\c\"\n" },
		{ "tab\tline\n\001\177", "\"tab\\u0009line\\u000a\\u0001\\u007f\"\n" },
		{ "gr\303\274n \342\202\254 \360\237\230\200", "\"gr\303\274n \342\202\254 \360\237\230\200\"\n" },
		{ "\374 \303", "\"? ?\"\n" }, { "\300\257 \340\200\257", "\"?? ???\"\n" }, /* overlong */
		{ "\355\240\200 \364\220\200\200 \377", "\"??? ???? ?\"\n" }, /* a surrogate; above U+10FFFF */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json j = JSON(begin());

		json_text(&j, NULL, rows[i].plain);
		is(j.out, rows[i].json);
	}
}

static void
structure(void **state)
{
	struct json j = JSON(begin());

	(void)state;
	json_object(&j, NULL);
	json_text(&j, "name", "x");
	json_number(&j, "n", -7);
	json_bool(&j, "yes", true);
	json_array(&j, "list");
	json_object(&j, NULL);
	json_end(&j);
	json_text(&j, NULL, "two");
	json_array(&j, NULL);
	json_end(&j);
	json_end(&j);
	json_bool(&j, "no", false);
	json_end(&j);
	json_array(&j, NULL);
	json_end(&j);
	is(j.out, "{\"name\": \"x\", \"n\": -7, \"yes\": true, \"list\": [{}, \"two\", []], \"no\": false}\n[]\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(strings), cmocka_unit_test(structure) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
