/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/tree.h"

#include "tests/support/test.h"

#include <stdlib.h>

enum { N = 2000 };

struct thing {
	struct tree_node node;
	int key;
};

static int
by_key(const struct tree_node *x, const struct tree_node *y)
{
	return TREE_OF(struct thing, node, x)->key - TREE_OF(struct thing, node, y)->key;
}

static int
against(const struct tree_node *x, const void *key)
{
	return TREE_OF(struct thing, node, x)->key / 10 - *(const int *)key;
}

static int
depth(const struct tree_node *x)
{
	int l = x != NULL ? depth(x->left) : 0, r = x != NULL ? depth(x->right) : 0;

	return x == NULL ? 0 : 1 + (l > r ? l : r);
}

/* Ascending, and as many as there should be. */
static void
check(const struct tree *t, size_t n)
{
	size_t seen = 0;
	int last = -1;

	for (struct tree_node *x = tree_first(t); x != NULL; x = tree_next(x), seen++) {
		assert_true(TREE_OF(struct thing, node, x)->key > last);
		last = TREE_OF(struct thing, node, x)->key;
	}
	assert_int_equal(seen, n);
	assert_int_equal(t->n, n);
}

static void
order_is_kept(void **state)
{
	static struct thing things[N];
	struct tree t = TREE(by_key);

	(void)state;
	/* 7919 is prime: every key once, in a mixed order. */
	for (int i = 0; i < N; i++) {
		things[i].key = i * 7919 % N;
		tree_insert(&t, &things[i].node);
	}
	check(&t, N);
	for (int i = 0; i < N; i += 2)
		tree_remove(&t, &things[i].node);
	check(&t, N / 2);
	for (int i = 0; i < N; i += 2)
		assert_false(tree_has(&things[i].node));
	for (int i = 1; i < N; i += 2)
		tree_remove(&t, &things[i].node);
	check(&t, 0);
	assert_null(tree_first(&t));
}

static void
sorted_input_does_not_make_a_list_of_it(void **state)
{
	static struct thing things[N];
	struct tree t = TREE(by_key);

	(void)state;
	for (int i = 0; i < N; i++) {
		things[i].key = i;
		tree_insert(&t, &things[i].node);
	}
	/* log2(2000) is 11; a treap is rarely three times as deep. */
	assert_true(depth(t.root) < 40);
}

static void
find_gives_the_first_that_matches(void **state)
{
	static struct thing things[100];
	struct tree t = TREE(by_key);
	int key = 4, none = 10;

	(void)state;
	for (int i = 0; i < 100; i++) {
		things[i].key = i * 37 % 100;
		tree_insert(&t, &things[i].node);
	}
	assert_int_equal(TREE_OF(struct thing, node, tree_find(&t, &key, against))->key, 40);
	assert_null(tree_find(&t, &none, against));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_kept),
		cmocka_unit_test(sorted_input_does_not_make_a_list_of_it),
		cmocka_unit_test(find_gives_the_first_that_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
