/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/maps.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const struct table_env direct = { 0 };

static const struct {
	const char *specs, *address;
	unsigned forms;
	bool ours;
	const char *want; /* value, key, extension; "-": absent, "!": failed */
} cases[] = {
	{ "inline:{a+x@d=1, a@d=2}", "a+x@d", MAPS_ALL, false, "1 a+x@d" },
	{ "inline:{a+x@d=1, a@d=2}", "A+X@D", MAPS_ALL, false, "1 A+X@D" },
	{ "inline:{a@d=2, @d=3}", "a+x@d", MAPS_ALL, false, "2 a@d +x" },
	{ "inline:{a+x=1, a=2, @d=3}", "a+x@d", MAPS_ALL, true, "1 a+x" },
	{ "inline:{a=2, @d=3}", "a+x@d", MAPS_ALL, true, "2 a +x" },
	{ "inline:{a=2, @d=3}", "a+x@d", MAPS_ALL, false, "3 @d" },
	{ "inline:{a=2, @d=3}", "a+x@d", MAPS_ADDRESS | MAPS_DOMAIN, true, "3 @d" },
	{ "inline:{a=2, @d=3}", "a+x@d", MAPS_ADDRESS, true, "-" },
	{ "inline:{a=2}", "a", MAPS_ADDRESS, false, "2 a" },
	{ "inline:{a=2}", "a", MAPS_USER, true, "-" },
	{ "inline:{b@d=1}", "a@d", MAPS_ALL, true, "-" },
	/* the more specific key, in whatever table it stands */
	{ "inline:{@d=3} inline:{a@d=2}", "a@d", MAPS_ALL, false, "2 a@d" },
	{ "inline:{a@d=1} inline:{a@d=2}", "a@d", MAPS_ALL, false, "1 a@d" },
	{ "inline:{{\"a b\"@d=1}}", "\"a b\"@d", MAPS_ALL, false, "1 \"a b\"@d" },
	{ "inline:{{a b@d=1}}", "\"a b\"@d", MAPS_ALL, false, "1 a b@d" },
	{ "inline:{a@xn--bcher-kva.example=1}", "a+x@b\303\274cher.example", MAPS_ALL, false,
	    "1 a@xn--bcher-kva.example +x" },
	{ "inline:{@b\303\274cher.example=1}", "a@xn--bcher-kva.example", MAPS_ALL, false, "1 @b\303\274cher.example" },
	{ "", "a@d", MAPS_ALL, true, "-" },
	/* what failed might have had the address: what others have does not count */
	{ "proxy:unix:passwd.byname inline:{a@d=1}", "a@d", MAPS_ALL, false, "!" },
};

static void
order(void **state)
{
	const struct table_env nobody = { .proxymap = "/nonexistent/proxymap" };

	(void)state;
	(void)direct;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct buf err = BUF(1000);
		struct table_list *l = table_list_open(cases[i].specs, TABLE_FOLD, &nobody, &err);
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		const struct maps_query q = { .what = "canonical_maps",
			.list = l,
			.address = cases[i].address,
			.delimiters = "+",
			.forms = cases[i].forms,
			.ours = cases[i].ours };
		struct maps_hit hit;
		const char *got = "-";

		if (l == NULL)
			fail_msg("%s: %s", cases[i].specs, buf_str(&err));
		switch (maps_find(&q, &mem, &hit, &why)) {
		case TABLE_FOUND:
			got = arena_fmt(&mem, "%s %s%s%s", hit.value, hit.key, hit.extension != NULL ? " " : "",
			    hit.extension != NULL ? hit.extension : "");
			break;
		case TABLE_ERROR:
			got = why.fate == FATE_LATER ? "!" : "failed without a reason";
			break;
		case TABLE_ABSENT:
			break;
		}
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s in %s: %s", cases[i].address, cases[i].specs, got);
		table_list_free(&l);
		arena_free(&mem);
	}
}

struct memory {
	struct trace trace;
	char text[500];
};

static void
remember(struct trace *t, const struct trace_step *s)
{
	struct memory *m = (struct memory *)(void *)t;

	snprintf(m->text + strlen(m->text), sizeof(m->text) - strlen(m->text), "%s %s %s %s->%s%s\n", s->what,
	    s->table != NULL ? table_spec(s->table) : "-", s->key != NULL ? s->key : "-", s->from, s->to,
	    s->failed ? " failed" : "");
}

static void
tracing(void **state)
{
	struct buf err = BUF(1000);
	struct table_list *l = table_list_open("inline:{x=y} inline:{a@d=1}", TABLE_FOLD, &direct, &err);
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct memory m = { .trace = { remember } };
	const struct maps_query q = { .what = "canonical_maps",
		.list = l,
		.address = "a+x@d",
		.delimiters = "+",
		.forms = MAPS_ALL,
		.trace = &m.trace };
	struct maps_hit hit;

	(void)state;
	assert_int_equal(maps_find(&q, &mem, &hit, &why), TABLE_FOUND);
	trace_note(&m.trace, "class", "d", "relay");
	trace_note(NULL, "class", "d", "relay");
	assert_string_equal(m.text, "canonical_maps inline:{a@d=1} a@d a@d->1\nclass - - d->relay\n");
	table_list_free(&l);
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(tracing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
