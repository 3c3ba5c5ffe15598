/* SPDX-License-Identifier: Apache-2.0 */
/* One next hop of one transport: when it may be used, when it is dead, when it is forgotten. */
#include "qmgr/sched_inside.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <stdlib.h>

int
destination_open_compare(const struct tree_node *x, const struct tree_node *y)
{
	return peer_place_compare(&TREE_OF(struct sched_destination, open_node, x)->first->by_place,
	    &TREE_OF(struct sched_destination, open_node, y)->first->by_place);
}

int
destination_age_compare(const struct tree_node *x, const struct tree_node *y)
{
	const struct age_place *a = TREE_OF(struct age_place, node, x), *b = TREE_OF(struct age_place, node, y);
	int by_age = peer_age_compare(&a->oldest->by_age, &b->oldest->by_age);

	if (by_age != 0)
		return by_age;
	/* Two destinations of one message. */
	return a->destination->serial < b->destination->serial ? -1 : a->destination->serial > b->destination->serial;
}

static struct sched_destination *
destination_new(struct sched_transport *t, const char *name)
{
	struct sched_destination *d = mem_zero(1, sizeof(*d));

	d->transport = t;
	d->name = mem_str(name);
	d->serial = ++t->sched->serial;
	window_start(&d->window, &t->settings.window);
	d->peers = (struct tree)TREE(peer_place_compare);
	for (int c = 0; c < CLASSES; c++) {
		d->ages[c] = (struct tree)TREE(peer_age_compare);
		d->by_age[c].destination = d;
	}
	d->alarm.destination = d;
	hash_put(&t->destinations, name, d);
	t->sched->ndestinations++;
	return d;
}

struct sched_destination *
destination_of(struct sched_transport *t, const char *name)
{
	struct sched_destination *d = hash_get(&t->destinations, name);
	struct sched *s = t->sched;

	if (d == NULL)
		return destination_new(t, name);
	if (list_has(&d->rest) && !d->dead) {
		list_remove(&s->idle, &d->rest);
		/* What was learnt long ago is worth nothing. */
		if (s->now - d->idle_since > IDLE_FORGET_MS)
			window_start(&d->window, &t->settings.window);
	}
	return d;
}

/* Frees what the destination has of its own; it stays in its transport's table. */
void
destination_free(struct sched_destination *d)
{
	struct sched *s = d->transport->sched;

	must_hold(d->peers.n == 0 && d->busy == 0 && !d->listed);
	if (list_has(&d->rest))
		list_remove(d->dead ? &s->dead : &s->idle, &d->rest);
	alarm_clear(s, &d->alarm);
	trouble_set(&d->trouble, NULL);
	s->ndestinations--;
	free(d->name);
	free(d);
}

/* Nothing waits and nothing runs: its window is remembered for a while. */
static void
rest(struct sched_destination *d)
{
	struct sched *s = d->transport->sched;

	if (d->busy > 0 || d->dead || list_has(&d->rest) || s->now < d->next)
		return;
	d->idle_since = s->now;
	list_append(&s->idle, &d->rest);
}

void
destinations_trim(struct sched *s)
{
	while (s->idle.n > s->limits.destinations) {
		struct sched_destination *d = LIST_OF(struct sched_destination, rest, list_first(&s->idle));

		hash_remove(&d->transport->destinations, d->name);
		destination_free(d);
	}
}

void
destination_unlist(struct sched_destination *d)
{
	struct sched_transport *t = d->transport;

	if (!d->listed)
		return;
	tree_remove(&t->open, &d->open_node);
	for (int c = 0; c < CLASSES; c++)
		if (tree_has(&d->by_age[c].node))
			tree_remove(&t->ages[c], &d->by_age[c].node);
	d->listed = false;
}

void
destination_list(struct sched_destination *d)
{
	struct sched_transport *t = d->transport;
	struct tree_node *x;

	if (d->peers.n == 0) {
		rest(d);
		return;
	}
	if (d->listed || d->dead || d->busy >= d->window.size || t->sched->now < d->next)
		return;
	d->first = TREE_OF(struct sched_peer, by_place, tree_first(&d->peers));
	tree_insert(&t->open, &d->open_node);
	for (int c = 0; c < CLASSES; c++) {
		if ((x = tree_first(&d->ages[c])) == NULL)
			continue;
		d->by_age[c].oldest = TREE_OF(struct sched_peer, by_age, x);
		tree_insert(&t->ages[c], &d->by_age[c].node);
	}
	d->listed = true;
}

struct drop *
drop_new(struct sched *s, const struct sched_trouble *why)
{
	struct drop *d = mem_zero(1, sizeof(*d));

	list_init(&d->rcpts);
	trouble_set(&d->trouble, why);
	list_append(&s->drops, &d->link);
	return d;
}

void
drop_all(struct drop *d, struct list *rcpts)
{
	for (struct list_link *l; (l = list_first(rcpts)) != NULL;) {
		struct sched_rcpt *r = LIST_OF(struct sched_rcpt, link, l);

		list_remove(rcpts, l);
		list_append(&d->rcpts, l);
		r->in = &d->rcpts;
		r->peer = NULL;
	}
}

void
destination_drop(struct sched_destination *d, const struct sched_trouble *why)
{
	struct drop *drop = drop_new(d->transport->sched, why);
	struct tree_node *x;

	while ((x = tree_first(&d->peers)) != NULL) {
		struct sched_peer *p = TREE_OF(struct sched_peer, by_place, x);
		struct job *j = p->job;
		long entries = peer_entries(p);

		drop_all(drop, &p->rcpts);
		peer_remove(p);
		job_resized(j, -entries);
	}
}

void
destination_died(struct sched_destination *d, const struct sched_trouble *why)
{
	struct sched *s = d->transport->sched;

	d->dead = true;
	trouble_set(&d->trouble, why);
	destination_drop(d, why);
	if (list_has(&d->rest))
		list_remove(&s->idle, &d->rest);
	list_append(&s->dead, &d->rest);
	alarm_set(s, &d->alarm, s->now + s->limits.dead_ms);
	/* So many dead ones are remembered; the one that is dead for longest is tried again. */
	if (s->dead.n > (size_t)s->limits.rcpts)
		destination_revive(LIST_OF(struct sched_destination, rest, list_first(&s->dead)));
}

void
destination_revive(struct sched_destination *d)
{
	struct sched *s = d->transport->sched;

	must_hold(d->dead);
	d->dead = false;
	list_remove(&s->dead, &d->rest);
	alarm_clear(s, &d->alarm);
	trouble_set(&d->trouble, NULL);
	window_start(&d->window, &d->transport->settings.window);
	destination_list(d);
}
