/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list - doubly linked lists through a member of what is listed.
 *
 *	struct job { struct list_link link; ... };
 *	struct list jobs = LIST(jobs);
 *	list_append(&jobs, &j->link);
 *	LIST_EACH (struct job, j, link, &jobs) ...		(j may be taken out within)
 *
 * A list owns nothing.  A link that is in no list has next == NULL.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_link {
	struct list_link *prev, *next;
};
struct list {
	struct list_link head;
	size_t n;
};
/* clang-format off */
#define LIST(l) { .head = { &(l).head, &(l).head } }
#define LIST_OF(type, member, l) ((type *)(void *)((char *)(l) - offsetof(type, member)))
#define LIST_EACH(type, var, member, list)							\
	for (struct list_link *link_ = (list)->head.next, *next_ = link_->next;			\
	    link_ != &(list)->head; link_ = next_, next_ = link_->next)				\
		for (type *var = LIST_OF(type, member, link_); var != NULL; var = NULL)
/* clang-format on */

static inline void
list_init(struct list *l)
{
	l->head.prev = l->head.next = &l->head;
	l->n = 0;
}

static inline void
list_insert_after(struct list *l, struct list_link *after, struct list_link *x)
{
	x->prev = after;
	x->next = after->next;
	after->next->prev = x;
	after->next = x;
	l->n++;
}

static inline void
list_append(struct list *l, struct list_link *x)
{
	list_insert_after(l, l->head.prev, x);
}

static inline void
list_push(struct list *l, struct list_link *x)
{
	list_insert_after(l, &l->head, x);
}

static inline bool
list_has(const struct list_link *x)
{
	return x->next != NULL;
}

static inline void
list_remove(struct list *l, struct list_link *x)
{
	x->prev->next = x->next;
	x->next->prev = x->prev;
	x->prev = x->next = NULL;
	l->n--;
}

static inline struct list_link *
list_first(const struct list *l)
{
	return l->n > 0 ? l->head.next : NULL;
}

static inline struct list_link *
list_last(const struct list *l)
{
	return l->n > 0 ? l->head.prev : NULL;
}

#endif
