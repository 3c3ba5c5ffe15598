/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/index.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static void
add(struct index *i, int name, long at)
{
	char id[QUEUEID_MAX];

	snprintf(id, sizeof(id), "m%d", name);
	index_add(i, id, at, INDEX_ANY);
}

static void
earliest_first(void **state)
{
	struct index *i = index_new(10000);
	struct index_entry e;
	long last = 0;
	int n = 0;

	(void)state;
	for (int k = 0; k < 5000; k++)
		add(i, k, k * 7919 % 5000);
	assert_int_equal(index_next(i), 0);
	while (index_pop(i, 2499, &e)) {
		assert_true(e.at >= last && e.at <= 2499);
		last = e.at;
		n++;
	}
	assert_int_equal(n, 2500);
	assert_int_equal(index_next(i), 2500);
	assert_true(index_complete(i));
	assert_false(index_low(i));
	index_free(&i);
}

static void
at_its_bound(void **state)
{
	struct index *i = index_new(1000);
	struct index_entry e;
	int n = 0;

	(void)state;
	for (int k = 0; k < 100000; k++) {
		add(i, k, 1 + (long)k * 7919 % 100000);
		assert_true(index_size(i) <= 1000);
	}
	assert_false(index_complete(i));
	/* What it has are the earliest of all: no gap. */
	while (index_pop(i, 1000000, &e)) {
		n++;
		assert_int_equal(e.at, n);
	}
	assert_true(n >= 500);
	assert_true(index_low(i));
	add(i, 7, 99999); /* later than what was dropped: its turn comes with the others' */
	assert_int_equal(index_size(i), 0);
	index_clear(i);
	assert_false(index_low(i));
	add(i, 7, 99999);
	assert_int_equal(index_size(i), 1);
	index_free(&i);
}

static void
a_flush_within_the_bound(void **state)
{
	struct index *i = index_new(100);
	struct index_entry e;
	int n = 0;

	(void)state;
	for (int k = 0; k < 50; k++)
		add(i, k, 1000 + k);
	assert_false(index_pop(i, 999, &e));
	index_all_due(i);
	while (index_pop(i, 0, &e))
		n++;
	assert_int_equal(n, 50);
	index_free(&i);
}

static void
sites(void **state)
{
	struct index *i = index_new(1000);
	struct index_entry e;
	size_t unknown, n;
	bool found = false;

	(void)state;
	index_add(i, "both", 1000, index_domain("a.example") | index_domain("b.example"));
	index_add(i, "other", 900, index_domain("c.example"));
	index_add(i, "unknown", 800, INDEX_ANY);
	n = index_site_due(i, index_domain("B.Example"), &unknown);
	assert_int_equal(unknown, 1);
	assert_true(n >= 1);
	while (index_pop(i, 0, &e))
		found = found || strcmp(e.id, "both") == 0;
	assert_true(found);
	assert_int_equal(index_next(i), 800);
	index_free(&i);
}

static void
the_filter_lets_few_wrong_ones_through(void **state)
{
	char name[32];
	int wrong = 0;

	(void)state;
	for (int k = 0; k < 1000; k++) {
		uint64_t wanted = index_domain("wanted.example");

		snprintf(name, sizeof(name), "d%d.example", k);
		wrong += (index_domain(name) & wanted) == wanted;
	}
	assert_true(wrong < 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(earliest_first),
		cmocka_unit_test(at_its_bound),
		cmocka_unit_test(a_flush_within_the_bound),
		cmocka_unit_test(sites),
		cmocka_unit_test(the_filter_lets_few_wrong_ones_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
