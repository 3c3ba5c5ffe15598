/* SPDX-License-Identifier: Apache-2.0 */
/* Messages within a transport, and their recipients for each destination. */
#include "qmgr/sched_inside.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <stdlib.h>

static int
compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

int
peer_place_compare(const struct tree_node *x, const struct tree_node *y)
{
	const struct sched_peer *a = TREE_OF(struct sched_peer, by_place, x),
				*b = TREE_OF(struct sched_peer, by_place, y);
	int by_job = compare(a->job->label, b->job->label);

	return by_job != 0 ? by_job : compare(a->turn, b->turn);
}

int
peer_age_compare(const struct tree_node *x, const struct tree_node *y)
{
	return compare(TREE_OF(struct sched_peer, by_age, x)->job->message->seq,
	    TREE_OF(struct sched_peer, by_age, y)->job->message->seq);
}

int
job_unread_compare(const struct tree_node *x, const struct tree_node *y)
{
	return compare(
	    TREE_OF(struct job, unread_node, x)->message->seq, TREE_OF(struct job, unread_node, y)->message->seq);
}

struct job *
job_of(struct sched_message *m, struct sched_transport *t)
{
	struct job *j;

	LIST_EACH (struct job, known, in_message, &m->jobs)
		if (known->transport == t)
			return known;
	j = mem_zero(1, sizeof(*j));
	j->message = m;
	j->transport = t;
	list_init(&j->peers);
	list_init(&j->children);
	list_append(&m->jobs, &j->in_message);
	t->sched->njobs++;
	job_placed_last(j);
	if (m->unread > 0)
		tree_insert(&t->unread, &j->unread_node);
	return j;
}

void
job_free(struct job *j)
{
	struct sched_transport *t = j->transport;

	must_hold(j->peers.n == 0);
	if (tree_has(&j->unread_node))
		tree_remove(&t->unread, &j->unread_node);
	if (j->parent != NULL)
		list_remove(&j->parent->children, &j->in_parent);
	LIST_EACH (struct job, child, in_parent, &j->children) {
		list_remove(&j->children, &child->in_parent);
		child->parent = NULL;
	}
	list_remove(&t->order, &j->in_order);
	list_remove(&j->message->jobs, &j->in_message);
	t->sched->njobs--;
	free(j);
}

/* 1, 2.., 4.., 8.., 16.., 64.., 256.., 1024..  entries */
static unsigned
class_of(long entries)
{
	unsigned c = 0;

	for (; entries > 1 && c < 4; entries /= 2)
		c++;
	for (; entries > 3 && c >= 4 && c < CLASSES - 1; entries /= 4)
		c++;
	return c;
}

void
job_resized(struct job *j, long change)
{
	unsigned c;

	j->entries += change;
	must_hold(j->entries >= 0);
	if ((c = class_of(j->entries + j->message->unread)) == j->class_)
		return;
	LIST_EACH (struct sched_peer, p, in_job, &j->peers) {
		struct sched_destination *d = p->destination;

		destination_unlist(d);
		tree_remove(&d->ages[j->class_], &p->by_age);
		tree_insert(&d->ages[c], &p->by_age);
		destination_list(d);
	}
	j->class_ = c;
}

long
peer_entries(const struct sched_peer *p)
{
	long batch = p->job->transport->settings.batch;

	return ((long)p->rcpts.n + batch - 1) / batch;
}

static int
peer_is_of(const struct tree_node *x, const void *job)
{
	return compare(TREE_OF(struct sched_peer, by_place, x)->job->label, ((const struct job *)job)->label);
}

struct sched_peer *
peer_of(struct job *j, struct sched_destination *d)
{
	struct tree_node *x = tree_find(&d->peers, j, peer_is_of);
	struct sched_peer *p;

	if (x != NULL)
		return TREE_OF(struct sched_peer, by_place, x);
	p = mem_zero(1, sizeof(*p));
	p->job = j;
	p->destination = d;
	p->turn = ++j->turns;
	list_init(&p->rcpts);
	list_append(&j->peers, &p->in_job);
	destination_unlist(d);
	tree_insert(&d->peers, &p->by_place);
	tree_insert(&d->ages[j->class_], &p->by_age);
	destination_list(d);
	return p;
}

void
peer_remove(struct sched_peer *p)
{
	struct sched_destination *d = p->destination;

	must_hold(p->rcpts.n == 0);
	destination_unlist(d);
	tree_remove(&d->peers, &p->by_place);
	tree_remove(&d->ages[p->job->class_], &p->by_age);
	list_remove(&p->job->peers, &p->in_job);
	free(p);
	destination_list(d);
}

void
peer_turn(struct sched_peer *p)
{
	struct sched_destination *d = p->destination;

	if (p->rcpts.n == 0) {
		peer_remove(p);
		return;
	}
	destination_unlist(d);
	tree_remove(&d->peers, &p->by_place);
	p->turn = ++p->job->turns;
	tree_insert(&d->peers, &p->by_place);
	destination_list(d);
}
