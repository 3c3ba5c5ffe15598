/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/tree.h"

#include "lib/base/log.h"

/* xorshift: the weights need no secrecy, nobody chooses them. */
static uint32_t
next_weight(struct tree *t)
{
	uint32_t x = t->state != 0 ? t->state : 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return t->state = x;
}

/* The pointer that leads to x. */
static struct tree_node **
place_of(struct tree *t, struct tree_node *x)
{
	if (x->up == NULL)
		return &t->root;
	return x->up->left == x ? &x->up->left : &x->up->right;
}

/* x takes the place of its parent, which becomes its child. */
static void
rotate_up(struct tree *t, struct tree_node *x)
{
	struct tree_node *p = x->up, **place = place_of(t, p), *moved;

	if (p->left == x) {
		moved = p->left = x->right;
		x->right = p;
	} else {
		moved = p->right = x->left;
		x->left = p;
	}
	if (moved != NULL)
		moved->up = p;
	x->up = p->up;
	p->up = x;
	*place = x;
}

void
tree_insert(struct tree *t, struct tree_node *x)
{
	struct tree_node **at = &t->root, *up = NULL;

	must_hold(!tree_has(x));
	while (*at != NULL) {
		up = *at;
		at = t->compare(x, up) < 0 ? &up->left : &up->right;
	}
	*x = (struct tree_node){ .up = up, .weight = next_weight(t) };
	*at = x;
	t->n++;
	while (x->up != NULL && x->up->weight < x->weight)
		rotate_up(t, x);
}

void
tree_remove(struct tree *t, struct tree_node *x)
{
	struct tree_node *child;

	must_hold(tree_has(x) && t->n > 0);
	while (x->left != NULL && x->right != NULL)
		rotate_up(t, x->left->weight > x->right->weight ? x->left : x->right);
	child = x->left != NULL ? x->left : x->right;
	*place_of(t, x) = child;
	if (child != NULL)
		child->up = x->up;
	*x = (struct tree_node){ 0 };
	t->n--;
}

struct tree_node *
tree_first(const struct tree *t)
{
	struct tree_node *x = t->root;

	while (x != NULL && x->left != NULL)
		x = x->left;
	return x;
}

struct tree_node *
tree_next(const struct tree_node *x)
{
	struct tree_node *y = x->right;

	if (y != NULL) {
		while (y->left != NULL)
			y = y->left;
		return y;
	}
	for (y = x->up; y != NULL && y->right == x; y = y->up)
		x = y;
	return y;
}

struct tree_node *
tree_find(const struct tree *t, const void *key, int (*match)(const struct tree_node *, const void *key))
{
	struct tree_node *x = t->root, *found = NULL;

	while (x != NULL) {
		int where = match(x, key);

		if (where == 0)
			found = x;
		x = where < 0 ? x->right : x->left;
	}
	return found;
}
