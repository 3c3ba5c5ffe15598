/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/words.h"

#include "lib/base/text.h"
#include "lib/base/token.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	const char *want; /* the tokens, each in [] */
} tokens[] = {
	{ "", "" },
	{ " , \t\n", "" },
	{ "permit", "[permit]" },
	{ "a,b c\td\ne", "[a][b][c][d][e]" },
	{ "check_x inline:{ {a@ = REJECT x}, b@=OK } permit", "[check_x][inline:{ {a@ = REJECT x}, b@=OK }][permit]" },
	{ "{ check_x, y } z", "[check_x, y][z]" },
	{ "{a} {b}", "[a][b]" },
	{ "{a}{b}", "[{a}{b}]" },
	{ "{a", "[{a]" },
	{ "a} b", "[a}][b]" },
	{ "{}", "[]" },
};

static void
lists_are_cut_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(tokens); i++) {
		char *copy = mem_str(tokens[i].text), *cursor = copy, *token;
		struct buf got = BUF(1000);

		while ((token = token_next(&cursor)) != NULL)
			buf_fmt(&got, "[%s]", token);
		assert_string_equal(buf_str(&got), tokens[i].want);
		buf_free(&got);
		free(copy);
	}
}

static const struct {
	const char *list, *word;
	bool has;
} words[] = {
	{ "", "GET", false },
	{ "CONNECT GET, POST", "get", true },
	{ "CONNECT GET, POST", "GETS", false },
	{ "CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}}", "noop", false },
	{ "CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}}", ".", true },
	{ "CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}}", "\x16\x03", true },
	{ "regexp:{ {/^a/i x} {/^B/ x} }", "alpha", true },
	{ "regexp:{ {/^a/i x} {/^B/ x} }", "Alpha", false },
	{ "regexp:{ {/^a/i x} {/^B/ x} }", "beta", true },
	{ "regexp:{ {!/^[a-z]+$/ x} }", "noop", false },
	{ "regexp:{ {!/^[a-z]+$/ x} }", "no-op", true },
	{ "regexp:{ {/a\\/b/ x} }", "a/b", true },
	{ "inline:{foo=x}", "FOO", true },
	{ "inline:{foo=x}", "bar", false },
};

static void
words_are_found(void **state)
{
	const struct table_env env = { .cf = NULL };

	(void)state;
	for (size_t i = 0; i < NITEMS(words); i++) {
		struct buf err = BUF(1000);
		struct arena mem = ARENA(10000);
		struct words *w = words_open("p", words[i].list, &env, &err);

		assert_non_null(w);
		assert_int_equal(words_get(w, words[i].word, &mem), words[i].has ? TABLE_FOUND : TABLE_ABSENT);
		words_free(&w);
		assert_null(w);
		arena_free(&mem);
		buf_free(&err);
	}
}

static void
nonsense_is_told(void **state)
{
	static const char *const lists[] = { "regexp:{ /a/ x }", "regexp:{ {/a/ x}", "regexp:/nonexistent/x",
		"nosuch:type" };
	const struct table_env env = { .cf = NULL };

	(void)state;
	for (size_t i = 0; i < NITEMS(lists); i++) {
		struct buf err = BUF(1000);

		assert_null(words_open("smtpd_forbidden_commands", lists[i], &env, &err));
		assert_true(text_starts(buf_str(&err), "smtpd_forbidden_commands: "));
		assert_true(err.len > strlen("smtpd_forbidden_commands: "));
		buf_free(&err);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_cut_up),
		cmocka_unit_test(words_are_found),
		cmocka_unit_test(nonsense_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
