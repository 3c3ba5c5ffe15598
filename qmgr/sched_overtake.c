/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who goes first: messages stand in the order of their arrival, and a small
 * one may overtake a large one that can afford it.
 *
 * Each delivery earns its message 1/slot_cost of a slot, so that a message is
 * delayed by at most one delivery in slot_cost, however many others overtake.
 * An overtaking message pays a slot for each of its deliveries, from what
 * the overtaken one has earned.  It need not wait until all of that is there:
 * discount (per cent) and loan (slots) are given in advance.  Among those that the
 * message could ever pay for, the one with the most waiting time for each
 * of its deliveries comes first, whether or not the slots are there yet; else one
 * delivery would always beat two.
 */
#include "qmgr/sched_inside.h"

#include "lib/base/log.h"

/* Places are numbers with gaps: between two neighbours there is room for hundreds. */
#define GAP ((uint64_t)1 << 32)

static uint64_t
label_before(const struct sched_transport *t, const struct job *place)
{
	const struct list_link *l = place->in_order.prev;

	return l == &t->order.head ? 0 : LIST_OF(struct job, in_order, l)->label;
}

/* All get new numbers; their order, and so that of all trees, stays. */
static void
number_all(struct sched_transport *t)
{
	uint64_t label = 0;

	LIST_EACH (struct job, j, in_order, &t->order)
		j->label = label += GAP;
}

void
job_placed_last(struct job *j)
{
	struct sched_transport *t = j->transport;
	struct list_link *last = list_last(&t->order), *place = last;
	uint64_t seq = j->message->seq;

	/* Nearly always the last; a later slice of an older message finds its place. */
	while (place != NULL && place != &t->order.head && LIST_OF(struct job, in_order, place)->message->seq > seq)
		place = place->prev;
	if (place != last) {
		job_moved_before(j, LIST_OF(struct job, in_order, place->next));
		return;
	}
	if (last != NULL && LIST_OF(struct job, in_order, last)->label > UINT64_MAX - GAP)
		number_all(t);
	j->label = (last != NULL ? LIST_OF(struct job, in_order, last)->label : 0) + GAP;
	list_append(&t->order, &j->in_order);
}

/* Its peers stand by its place: out, and in again. */
static void
peers_out(struct job *j)
{
	LIST_EACH (struct sched_peer, p, in_job, &j->peers) {
		destination_unlist(p->destination);
		tree_remove(&p->destination->peers, &p->by_place);
	}
}

static void
peers_in(struct job *j)
{
	LIST_EACH (struct sched_peer, p, in_job, &j->peers) {
		tree_insert(&p->destination->peers, &p->by_place);
		destination_list(p->destination);
	}
}

void
job_moved_before(struct job *j, struct job *place)
{
	struct sched_transport *t = j->transport;
	uint64_t before;

	must_hold(j != place);
	peers_out(j);
	if (list_has(&j->in_order))
		list_remove(&t->order, &j->in_order);
	if (place->label - label_before(t, place) < 2)
		number_all(t);
	before = label_before(t, place);
	/* Near the one before: the next to be put here comes behind this one. */
	j->label = before + 1 + (place->label - before - 2) / 16;
	list_insert_after(&t->order, place->in_order.prev, &j->in_order);
	peers_in(j);
}

/* Whole slots; rounded down, also below zero. */
static long
slots(long earned, long cost)
{
	return earned >= 0 ? earned / cost : -((-earned + cost - 1) / cost);
}

static long
size_of(const struct job *j)
{
	return j->entries + j->message->unread;
}

/*
 * The job of size class c that waits for longest, apart from current.  Where
 * current itself stands first for a destination, look at who stands behind it
 * there; a large one is first in so many that a few must do.
 */
static struct job *
oldest_other(const struct sched_transport *t, unsigned c, const struct job *current)
{
	struct tree_node *x = tree_first(&t->ages[c]), *behind;
	struct job *best = NULL, *j;

	for (int steps = 0; x != NULL && steps < 16; steps++, x = tree_next(x)) {
		struct sched_peer *p = TREE_OF(struct age_place, node, x)->oldest;

		behind = p->job == current ? tree_next(&p->by_age) : &p->by_age;
		j = behind != NULL ? TREE_OF(struct sched_peer, by_age, behind)->job : NULL;
		if (j != NULL && (best == NULL || j->message->seq < best->message->seq))
			best = j;
		if (p->job != current)
			break;
	}
	return best;
}

/* The best of those that current could pay for in the end: none of them is of a larger class. */
static struct job *
candidate(const struct sched_transport *t, const struct job *current, long most)
{
	struct job *best = NULL;
	double score, best_score = -1;

	for (unsigned c = 0; c <= current->class_; c++) {
		struct job *j = oldest_other(t, c, current);

		if (j == NULL || size_of(j) > most)
			continue;
		score = (double)(t->sched->now - j->message->since + 1) / (double)size_of(j);
		if (score > best_score) {
			best = j;
			best_score = score;
		}
	}
	return best;
}

static void
adopt(struct job *parent, struct job *child)
{
	if (child->parent != NULL)
		list_remove(&child->parent->children, &child->in_parent);
	child->parent = parent;
	list_append(&parent->children, &child->in_parent);
}

bool
job_overtaken(struct sched_transport *t, struct job *current)
{
	const struct sched_settings *set = &t->settings;
	long most = slots(current->earned + current->entries, set->slot_cost), need, now_needed;
	struct job *j;

	if (most <= set->minimum_slots || (j = candidate(t, current, most)) == NULL)
		return false;
	need = size_of(j);
	now_needed = need * (100 - set->slot_discount) / 100 - set->slot_loan;
	if (slots(current->earned, set->slot_cost) < now_needed)
		return false;
	current->earned -= need * set->slot_cost;
	adopt(current, j);
	j->paid = need;
	job_moved_before(j, current);
	return true;
}

void
job_selected(struct job *j)
{
	j->earned++;
	/* It turned out larger than it seemed: that, too, is paid by the one that was overtaken. */
	if (j->parent != NULL && --j->paid < 0)
		j->parent->earned -= j->transport->settings.slot_cost;
}

void
job_unselected(struct job *j)
{
	j->earned--;
	if (j->parent != NULL && j->paid++ < 0)
		j->parent->earned += j->transport->settings.slot_cost;
}
