/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/edits.h"
#include "tests/support/test.h"

#include <string.h>

static void
got(void *ctx, const struct field_text *f)
{
	struct buf *b = ctx;

	buf_fmt(b, "[%s]", f->text);
}

/* "+Name=value" adds, "0+Name=value" inserts, "2Name=value" changes. */
static const char *
apply(struct edits *e, const char *how, struct arena *mem)
{
	const char *eq = strchr(how, '='), *wrong;
	char name[64] = "";
	long index = 0;

	if (*how >= '0' && *how <= '9')
		index = *how++ - '0';
	else
		index = -1;
	if (*how == '+') {
		memcpy(name, how + 1, (size_t)(eq - how) - 1);
		wrong = index < 0 ? edits_add(e, name, eq + 1, mem) : edits_insert(e, index, name, eq + 1, mem);
	} else {
		memcpy(name, how, (size_t)(eq - how));
		wrong = edits_change(e, index, name, eq + 1, mem);
	}
	return wrong;
}

static const struct {
	const char *what, *edits[5], *want;
} cases[] = {
	{ "nothing", { NULL }, "[R: us][A: 1][B: 2][A: 3]" },
	{ "added at the end", { "+X=y" }, "[R: us][A: 1][B: 2][A: 3][X: y]" },
	{ "in order", { "+X=y", "+Y=z" }, "[R: us][A: 1][B: 2][A: 3][X: y][Y: z]" },
	{ "before all others", { "0+X=y" }, "[X: y][R: us][A: 1][B: 2][A: 3]" },
	{ "below our own Received", { "1+X=y" }, "[R: us][X: y][A: 1][B: 2][A: 3]" },
	{ "each insertion counts for the next", { "0+X=y", "0+Y=z" }, "[Y: z][X: y][R: us][A: 1][B: 2][A: 3]" },
	{ "and the next", { "0+X=y", "1+Y=z" }, "[X: y][Y: z][R: us][A: 1][B: 2][A: 3]" },
	{ "behind the last", { "9+X=y" }, "[R: us][A: 1][B: 2][A: 3][X: y]" },
	{ "at the end exactly", { "4+X=y" }, "[R: us][A: 1][B: 2][A: 3][X: y]" },
	{ "the first of a name", { "1A=x" }, "[R: us][A: x][B: 2][A: 3]" },
	{ "the second, in another case", { "2a=x" }, "[R: us][A: 1][B: 2][a: x]" },
	{ "past the last: added", { "3A=x" }, "[R: us][A: 1][B: 2][A: 3][A: x]" },
	{ "deleted", { "1A=" }, "[R: us][B: 2][A: 3]" },
	{ "deleted, then the next is the first", { "1A=", "1A=" }, "[R: us][B: 2]" },
	{ "deleted past the last: nothing", { "3A=" }, "[R: us][A: 1][B: 2][A: 3]" },
	{ "our own Received is not theirs", { "1R=x" }, "[R: us][A: 1][B: 2][A: 3][R: x]" },
	{ "what was added can be changed", { "+X=y", "1X=z" }, "[R: us][A: 1][B: 2][A: 3][X: z]" },
	{ "what was inserted can be deleted", { "0+X=y", "1X=" }, "[R: us][A: 1][B: 2][A: 3]" },
	{ "an added one is counted", { "+A=4", "3A=5" }, "[R: us][A: 1][B: 2][A: 3][A: 5]" },
	{ "folded with CRLF", { "+X=a\r\n\tb" }, "[R: us][A: 1][B: 2][A: 3][X: a\r\n\tb]" },
	{ "folded with LF", { "+X=a\n b" }, "[R: us][A: 1][B: 2][A: 3][X: a\r\n b]" },
	{ "no second field", { "+X=a\r\nEvil: b" }, "[R: us][A: 1][B: 2][A: 3][X: a\r\n\tEvil: b]" },
	{ "no body", { "+X=a\r\n\r\nEvil" }, "[R: us][A: 1][B: 2][A: 3][X: a\r\n\tEvil]" },
	{ "no bare CR", { "+X=a\rb" }, "[R: us][A: 1][B: 2][A: 3][X: a\r\n\tb]" },
	{ "no line end at the end", { "+X=a\r\n" }, "[R: us][A: 1][B: 2][A: 3][X: a]" },
	{ "a blank of its own", { "+X= a" }, "[R: us][A: 1][B: 2][A: 3][X: a]" },
};

static void
as_a_list(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct field_text fields[] = { field_text("R: us", 5), field_text("A: 1", 4), field_text("B: 2", 4),
			field_text("A: 3", 4) };
		struct arena mem = ARENA(1 << 20);
		struct buf out = BUF(4096);
		struct edits e = { 0 };

		fields[0].ours = true;
		for (size_t k = 0; k < NITEMS(cases[i].edits) && cases[i].edits[k] != NULL; k++)
			assert_null(apply(&e, cases[i].edits[k], &mem));
		/* Twice: edits do not wear out. */
		for (int round = 0; round < 2; round++) {
			buf_clear(&out);
			edits_start(&e);
			for (size_t k = 0; k < NITEMS(fields); k++)
				edits_pass(&e, &fields[k], got, &out);
			edits_end(&e, got, &out);
			if (strcmp(buf_str(&out), cases[i].want) != 0)
				fail_msg("%s: %s", cases[i].what, buf_str(&out));
		}
		edits_free(&e);
		arena_free(&mem);
		buf_free(&out);
	}
}

static void
refused(void **state)
{
	struct arena mem = ARENA(1 << 22);
	struct edits e = { 0 };

	(void)state;
	assert_non_null(edits_add(&e, "", "x", &mem));
	assert_non_null(edits_add(&e, "a b", "x", &mem));
	assert_non_null(edits_add(&e, "a:", "x", &mem));
	assert_non_null(edits_add(&e, "a\r\nb", "x", &mem));
	assert_non_null(edits_add(&e, "\xc3\xa9", "x", &mem));
	assert_non_null(edits_insert(&e, -1, "a", "x", &mem));
	assert_non_null(edits_change(&e, 0, "a", "x", &mem));
	for (int i = 0; i < EDITS_MAX; i++)
		assert_null(edits_add(&e, "a", "x", &mem));
	assert_non_null(edits_add(&e, "a", "x", &mem));
	edits_free(&e);
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_a_list),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
