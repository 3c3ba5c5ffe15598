/* SPDX-License-Identifier: Apache-2.0 */
/* Transports as a whole, time, and what can be seen from outside. */
#include "qmgr/sched_inside.h"

#include "lib/base/log.h"

struct sched_transport *
sched_transport_next(struct sched *s, const struct sched_transport *t)
{
	struct list_link *l = t == NULL ? list_first(&s->transports) : t->link.next;

	if (l == NULL || l == &s->transports.head)
		return NULL;
	return LIST_OF(struct sched_transport, link, l);
}

const char *
sched_transport_name(const struct sched_transport *t)
{
	return t->name;
}

void **
sched_transport_owner(struct sched_transport *t)
{
	return &t->owner;
}

size_t
sched_open(const struct sched_transport *t)
{
	return t->dead ? 0 : t->open.n;
}

void
sched_transport_down(struct sched *s, struct sched_transport *t, const struct sched_trouble *why, long ms, long now)
{
	s->now = now;
	t->dead = true;
	trouble_set(&t->trouble, why);
	alarm_set(s, &t->alarm, now + ms);
	HASH_EACH (e, &t->destinations) {
		struct sched_destination *d = e->value;

		if (d->peers.n > 0) {
			destination_drop(d, why);
			destination_list(d);
		}
	}
	destinations_trim(s);
}

static void
transport_up(struct sched_transport *t)
{
	t->dead = false;
	trouble_set(&t->trouble, NULL);
}

static void
wake(struct alarm *a)
{
	if (a->transport != NULL)
		transport_up(a->transport);
	else if (a->destination->dead)
		destination_revive(a->destination);
	else
		destination_list(a->destination);
}

long
sched_tick(struct sched *s, long now)
{
	struct tree_node *first;

	s->now = now;
	while ((first = tree_first(&s->alarms)) != NULL) {
		struct alarm *a = TREE_OF(struct alarm, node, first);

		if (a->at > now) {
			destinations_trim(s);
			return a->at - now;
		}
		tree_remove(&s->alarms, first);
		wake(a);
	}
	destinations_trim(s);
	return -1;
}

void
sched_forgive(struct sched *s, long now)
{
	s->now = now;
	LIST_EACH (struct sched_transport, t, link, &s->transports) {
		if (t->dead) {
			transport_up(t);
			alarm_clear(s, &t->alarm);
		}
	}
	while (s->dead.n > 0)
		destination_revive(LIST_OF(struct sched_destination, rest, list_first(&s->dead)));
}

long
sched_rcpts(const struct sched *s)
{
	return s->in_memory;
}

const char *
sched_destination_name(const struct sched_destination *d)
{
	return d->name;
}

long
sched_window(const struct sched_destination *d)
{
	return d->window.size;
}

const struct sched_destination *
sched_busiest(const struct sched *s, size_t *messages)
{
	const struct sched_destination *most = NULL;

	*messages = 0;
	LIST_EACH (struct sched_transport, t, link, &s->transports) {
		HASH_EACH (e, &t->destinations) {
			const struct sched_destination *d = e->value;

			if (d->peers.n > *messages) {
				*messages = d->peers.n;
				most = d;
			}
		}
	}
	return most;
}

void
sched_count(const struct sched *s, struct sched_counts *out)
{
	*out = (struct sched_counts){
		.transports = s->transports.n,
		.destinations = s->ndestinations,
		.dead = s->dead.n,
		.idle = s->idle.n,
		.jobs = s->njobs,
	};
}

/*
 * Recipients in memory: a message's first ones are as many as the whole has
 * room for.  Later the oldest message of each transport that has unread ones
 * may use all that the transport has left, and one that overtook it half of
 * that and of the extra pool, so that neither crawls.
 */
static long
share(const struct sched_transport *t, const struct sched_message *m)
{
	struct tree_node *oldest = tree_first(&t->unread), *open = tree_first(&t->open);
	long left = t->settings.rcpts - t->in_memory;

	if (oldest != NULL && TREE_OF(struct job, unread_node, oldest)->message == m)
		return left > 0 ? left : 0;
	if (open == NULL || TREE_OF(struct sched_destination, open_node, open)->first->job->message != m)
		return 0;
	left += t->settings.extra_rcpts;
	return left > 1 ? left / 2 : 0;
}

long
sched_room(const struct sched *s, const struct sched_message *m, long now)
{
	long room = s->limits.rcpts_minimum - m->in_memory, refill = 1, delay = 0;

	if (m->unread == 0)
		return 0;
	if (!m->started) {
		room = s->limits.rcpts - s->in_memory;
		if (room < s->limits.rcpts_minimum)
			room = s->limits.rcpts_minimum;
		return room < m->unread ? room : m->unread;
	}
	if (room < 0)
		room = 0;
	LIST_EACH (struct job, j, in_message, &m->jobs) {
		const struct sched_settings *set = &j->transport->settings;

		room += share(j->transport, m);
		if (set->refill > refill)
			refill = set->refill;
		if (set->refill_delay_ms > delay)
			delay = set->refill_delay_ms;
	}
	/* Not drop by drop, as long as it still has something to do. */
	if (m->in_memory > 0 && room < refill && room < m->unread && now - m->filled < delay)
		return 0;
	return room < m->unread ? room : m->unread;
}

void
sched_read(struct sched *s, struct sched_message *m, long n, long unread, long now)
{
	s->now = now;
	m->in_memory += n;
	s->in_memory += n;
	m->unread = unread;
	m->filled = now;
	m->started = true;
	LIST_EACH (struct job, j, in_message, &m->jobs) {
		struct sched_transport *t = j->transport;

		if (unread == 0 && tree_has(&j->unread_node))
			tree_remove(&t->unread, &j->unread_node);
		job_resized(j, 0);
	}
}
