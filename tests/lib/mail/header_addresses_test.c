/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/header_addresses.h"

#include "tests/support/test.h"

#include <string.h>

/* j@c.example becomes new@n.example, fail@... fails, the rest stays. */
static enum fate
map(void *ctx, const char *address, struct arena *mem, const char **out, struct verdict *why)
{
	(void)ctx;
	if (strncmp(address, "fail", 4) == 0)
		return later(why, "4.3.0", "failed");
	*out = strcmp(address, "j@c.example") == 0   ? arena_str(mem, "new@n.example")
	    : strcmp(address, "none@c.example") == 0 ? ""
						     : address;
	return FATE_OK;
}

static const struct {
	const char *from, *want; /* NULL: nothing changes */
} cases[] = {
	{ " j@c.example", " new@n.example" },
	{ " other@c.example, k@c.example", NULL },
	{ "", NULL },
	{ " none@c.example", NULL },
	{ " \"J C\" <j@c.example> (a comment)", " \"J C\" <new@n.example> (a comment)" },
	{ " =?utf-8?q?J=C3=B6?= <j@c.example>,\r\n other@x.example (com (nested) ment), j@c.example",
	    " =?utf-8?q?J=C3=B6?= <new@n.example>,\r\n other@x.example (com (nested) ment), new@n.example" },
	{ " group: j@c.example, k@c.example;, j@c.example", " group: new@n.example, k@c.example;, new@n.example" },
	{ " undisclosed:;", NULL },
	{ " <@route.example:j@c.example>, \"j\"@c.example, j @ c.example",
	    " <new@n.example>, new@n.example, new@n.example" },
	{ " j(x)@(y)c.example", " new@n.example (x) (y)" },
	{ " j(x \\) (z))@c.example", " new@n.example (x \\) (z))" },
	{ " \"j\"(\"a)@c.example", " new@n.example (\"a)" },
	{ " <>, , j@c.example", " <>, , new@n.example" },
	{ " junk <<j@c.example>>", NULL },
	{ " \"unclosed <j@c.example>", NULL },
	{ " (j@c.example) k@c.example", NULL },
	{ " \"j@c.example\" <j@c.example>", " \"j@c.example\" <new@n.example>" },
};

static void
addresses_change_in_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct arena mem = ARENA(1 << 20);
		struct verdict why = VERDICT(&mem);
		struct buf out = BUF(10000);

		assert_int_equal(header_addresses_map(cases[i].from, map, NULL, &mem, &out, &why), FATE_OK);
		if (strcmp(buf_str(&out), cases[i].want != NULL ? cases[i].want : "") != 0)
			fail_msg("<%s> gives <%s>, not <%s>", cases[i].from, buf_str(&out), cases[i].want);
		buf_free(&out);
		arena_free(&mem);
	}
}

static void
a_failure_ends_it(void **state)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct buf out = BUF(10000);

	(void)state;
	assert_int_equal(header_addresses_map(" j@c.example, fail@x", map, NULL, &mem, &out, &why), FATE_LATER);
	assert_int_equal(out.len, 0);
	buf_free(&out);
	arena_free(&mem);
}

static void
names(void **state)
{
	(void)state;
	assert_int_equal(header_addresses_of("tO", 2), HEADER_RECIPIENTS);
	assert_int_equal(header_addresses_of("Reply-To", 8), HEADER_SENDERS);
	assert_int_equal(header_addresses_of("Reply-To", 7), HEADER_NO_ADDRESSES);
	assert_int_equal(header_addresses_of("Delivered-To", 12), HEADER_NO_ADDRESSES);
	assert_int_equal(header_addresses_of("", 0), HEADER_NO_ADDRESSES);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_change_in_place),
		cmocka_unit_test(a_failure_ends_it),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
