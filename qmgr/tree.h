/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree - an ordered set through a member of what is ordered.
 *
 *	struct tree waiting = TREE(by_time);
 *	tree_insert(&waiting, &d->node);
 *	first = tree_first(&waiting);		(the least; NULL: empty)
 *	d = TREE_OF(struct thing, node, first);
 *	tree_remove(&waiting, first);
 *
 * A treap: each step costs O(log n).  What is in the tree must not change its
 * order; take it out first.  compare() must tell all members apart.  The tree
 * owns nothing; a node that is in no tree is all zeros.
 */
#ifndef QMGR_TREE_H
#define QMGR_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_node {
	struct tree_node *left, *right, *up;
	uint32_t weight; /* 0: in no tree */
};
struct tree {
	struct tree_node *root;
	int (*compare)(const struct tree_node *, const struct tree_node *);
	size_t n;
	uint32_t state; /* of the weights' sequence */
};
/* clang-format off */
#define TREE(by) { .compare = (by) }
#define TREE_OF(type, member, node) ((type *)(void *)((char *)(node) - offsetof(type, member)))
/* clang-format on */

void tree_insert(struct tree *, struct tree_node *);
void tree_remove(struct tree *, struct tree_node *);
struct tree_node *tree_first(const struct tree *);
/* The first one that match() gives 0 for: below 0 for what stands before the wanted ones, above 0 behind. */
struct tree_node *
tree_find(const struct tree *, const void *key, int (*match)(const struct tree_node *, const void *key));
struct tree_node *tree_next(const struct tree_node *); /* in order; NULL: that was the last */

static inline bool
tree_has(const struct tree_node *x)
{
	return x->weight != 0;
}

#endif
