/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/sched.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "qmgr/sched_inside.h"

#include <stdlib.h>
#include <string.h>

/* Mail for a destination that comes this often is worth a connection that is kept. */
enum { SOON_MS = 1000 };

void
trouble_set(struct sched_trouble *t, const struct sched_trouble *from)
{
	char *text = from != NULL ? mem_str(from->text) : NULL;

	free(t->text);
	t->text = text;
	memcpy(t->dsn, from != NULL ? from->dsn : "", from != NULL ? sizeof(t->dsn) : 1);
}

static int
alarm_compare(const struct tree_node *x, const struct tree_node *y)
{
	const struct alarm *a = TREE_OF(struct alarm, node, x), *b = TREE_OF(struct alarm, node, y);

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

void
alarm_clear(struct sched *s, struct alarm *a)
{
	if (tree_has(&a->node))
		tree_remove(&s->alarms, &a->node);
}

void
alarm_set(struct sched *s, struct alarm *a, long at)
{
	alarm_clear(s, a);
	a->at = at;
	a->serial = ++s->serial;
	tree_insert(&s->alarms, &a->node);
}

struct sched *
sched_new(const struct sched_limits *limits, sched_settings_fn *settings_of, void *ctx)
{
	struct sched *s = mem_zero(1, sizeof(*s));

	s->limits = *limits;
	s->settings_of = settings_of;
	s->ctx = ctx;
	s->by_name = (struct hash)HASH(false);
	list_init(&s->transports);
	s->alarms = (struct tree)TREE(alarm_compare);
	list_init(&s->idle);
	list_init(&s->dead);
	list_init(&s->drops);
	return s;
}

/* A transport without jobs, and its destinations without peers. */
static void
transport_free(struct sched_transport *t)
{
	must_hold(t->order.n == 0);
	HASH_EACH (e, &t->destinations)
		destination_free(e->value);
	hash_free(&t->destinations, NULL);
	alarm_clear(t->sched, &t->alarm);
	trouble_set(&t->trouble, NULL);
	free(t->name);
	free(t);
}

void
sched_free(struct sched **sp)
{
	struct sched *s = *sp;
	struct sched_trouble why;

	if (s == NULL)
		return;
	must_hold(sched_dropped(s, &why) == NULL);
	LIST_EACH (struct sched_transport, t, link, &s->transports)
		transport_free(t);
	hash_free(&s->by_name, NULL);
	free(s);
	*sp = NULL;
}

void
sched_message_add(struct sched *s, struct sched_message *m, long unread, long now)
{
	*m = (struct sched_message){ .seq = ++s->seq, .since = now, .unread = unread };
	list_init(&m->jobs);
}

void
sched_message_remove(struct sched *s, struct sched_message *m)
{
	(void)s;
	must_hold(m->in_memory == 0);
	LIST_EACH (struct job, j, in_message, &m->jobs)
		job_free(j);
}

static void
settings_get(struct sched *s, struct sched_transport *t)
{
	struct sched_settings *set = &t->settings;

	s->settings_of(s->ctx, t->name, set);
	if (set->batch < 1 || set->batch > SCHED_BATCH_MAX)
		set->batch = SCHED_BATCH_MAX;
	if (set->slot_cost < 1)
		set->slot_cost = 1;
	/* A pause between deliveries means one at a time. */
	if (set->rate_delay_ms > 0)
		set->window.most = 1;
}

static struct sched_transport *
transport_of(struct sched *s, const char *name)
{
	struct sched_transport *t = hash_get(&s->by_name, name);

	if (t != NULL)
		return t;
	t = mem_zero(1, sizeof(*t));
	t->sched = s;
	t->name = mem_str(name);
	settings_get(s, t);
	t->destinations = (struct hash)HASH(false);
	t->open = (struct tree)TREE(destination_open_compare);
	for (int c = 0; c < CLASSES; c++)
		t->ages[c] = (struct tree)TREE(destination_age_compare);
	list_init(&t->order);
	t->unread = (struct tree)TREE(job_unread_compare);
	t->alarm.transport = t;
	hash_put(&s->by_name, name, t);
	list_append(&s->transports, &t->link);
	return t;
}

/* A batch's worth more when a recipient comes to a peer that its batches have filled exactly. */
static void
wait_in(struct sched_peer *p, struct sched_rcpt *r, bool front)
{
	r->peer = p;
	r->in = &p->rcpts;
	if (front)
		list_push(&p->rcpts, &r->link);
	else
		list_append(&p->rcpts, &r->link);
}

const struct sched_trouble *
sched_add(struct sched *s, struct sched_message *m, const char *transport, const char *destination,
    struct sched_rcpt *r, long now)
{
	struct sched_transport *t = transport_of(s, transport);
	struct sched_destination *d;
	struct sched_peer *p;
	long before;

	must_hold(r->in == NULL);
	s->now = now;
	r->message = m;
	if (t->dead)
		return &t->trouble;
	d = destination_of(t, destination);
	if (d->dead)
		return &d->trouble;
	p = peer_of(job_of(m, t), d);
	before = peer_entries(p);
	wait_in(p, r, false);
	r->transport = t;
	t->in_memory++;
	job_resized(p->job, peer_entries(p) - before);
	return NULL;
}

bool
sched_waits(const struct sched_rcpt *r)
{
	return r->peer != NULL;
}

/* Out of the peer that it waits in. */
static void
stop_waiting(struct sched_rcpt *r)
{
	struct sched_peer *p = r->peer;
	struct job *j = p->job;
	long before = peer_entries(p), change;

	r->peer = NULL;
	list_remove(&p->rcpts, &r->link);
	change = peer_entries(p) - before;
	if (p->rcpts.n == 0)
		peer_remove(p);
	job_resized(j, change);
}

void
sched_settle(struct sched *s, struct sched_message *m, struct sched_rcpt *r)
{
	if (r->peer != NULL)
		stop_waiting(r);
	else if (r->in != NULL)
		list_remove(r->in, &r->link);
	r->in = NULL;
	if (r->transport != NULL)
		r->transport->in_memory--;
	r->transport = NULL;
	m->in_memory--;
	s->in_memory--;
	must_hold(m->in_memory >= 0);
}

struct sched_rcpt *
sched_dropped(struct sched *s, struct sched_trouble *out)
{
	for (;;) {
		struct list_link *first = list_first(&s->drops);
		struct drop *d;

		if (first == NULL)
			return NULL;
		d = LIST_OF(struct drop, link, first);
		if (d->rcpts.n > 0) {
			*out = d->trouble;
			return LIST_OF(struct sched_rcpt, link, list_first(&d->rcpts));
		}
		list_remove(&s->drops, &d->link);
		free(d->trouble.text);
		free(d);
	}
}

bool
sched_wants(const struct sched_transport *t, long now)
{
	return !t->dead && t->open.n > 0 && now >= t->next;
}

static struct sched_peer *
first_peer(const struct sched_transport *t)
{
	return TREE_OF(struct sched_destination, open_node, tree_first(&t->open))->first;
}

struct sched_batch *
sched_take(struct sched *s, struct sched_transport *t, long now)
{
	struct sched_batch *b;
	struct sched_peer *p;
	long before;

	if (!sched_wants(t, now))
		return NULL;
	s->now = now;
	p = first_peer(t);
	if (job_overtaken(t, p->job))
		p = first_peer(t);
	b = mem_zero(1, sizeof(*b));
	b->message = p->job->message;
	b->transport = t;
	b->to = p->destination;
	b->job = p->job;
	list_init(&b->rcpts);
	before = peer_entries(p);
	destination_unlist(b->to);
	while (p->rcpts.n > 0 && b->rcpts.n < (size_t)t->settings.batch) {
		struct sched_rcpt *r = LIST_OF(struct sched_rcpt, link, list_first(&p->rcpts));

		list_remove(&p->rcpts, &r->link);
		list_append(&b->rcpts, &r->link);
		r->peer = NULL;
		r->in = &b->rcpts;
	}
	b->to->busy++;
	b->soon = b->to->taken_at != 0 && now - b->to->taken_at < SOON_MS;
	b->to->taken_at = now;
	if (t->settings.transport_rate_delay_ms > 0) {
		t->next = now + t->settings.transport_rate_delay_ms;
		alarm_set(s, &t->alarm, t->next);
	}
	job_selected(b->job);
	before -= peer_entries(p);
	peer_turn(p);
	job_resized(b->job, -before);
	return b;
}

bool
sched_more(const struct sched_batch *b)
{
	return b->to->peers.n > 0 || b->soon;
}

/* What is left of a batch waits again, before the others of its message. */
static void
put_back(struct sched_batch *b)
{
	struct sched_peer *p;
	long before;

	if (b->rcpts.n == 0)
		return;
	if (b->to->dead || b->transport->dead) {
		drop_all(
		    drop_new(b->transport->sched, b->to->dead ? &b->to->trouble : &b->transport->trouble), &b->rcpts);
		return;
	}
	p = peer_of(b->job, b->to);
	before = peer_entries(p);
	for (struct list_link *l; (l = list_last(&b->rcpts)) != NULL;) {
		list_remove(&b->rcpts, l);
		wait_in(p, LIST_OF(struct sched_rcpt, link, l), true);
	}
	job_unselected(b->job);
	job_resized(b->job, peer_entries(p) - before);
}

static void
feed_back(struct sched_destination *d, bool good, const struct sched_trouble *why)
{
	struct sched_transport *t = d->transport;
	struct sched *s = t->sched;

	if (good && d->dead)
		destination_revive(d);
	else if (good)
		window_good(&d->window, &t->settings.window, d->busy);
	else if (!d->dead && window_bad(&d->window, &t->settings.window))
		destination_died(d, why);
	if (!d->dead && t->settings.rate_delay_ms > 0) {
		d->next = s->now + t->settings.rate_delay_ms;
		alarm_set(s, &d->alarm, d->next);
	}
}

void
sched_done(struct sched *s, struct sched_batch *b, enum sched_result result, const struct sched_trouble *why, long now)
{
	struct sched_destination *d = b->to;

	must_hold(result == SCHED_AGAIN || b->rcpts.n == 0);
	s->now = now;
	destination_unlist(d);
	if (result == SCHED_AGAIN)
		put_back(b);
	else
		feed_back(d, result == SCHED_GOOD, why);
	destination_unlist(d);
	d->busy--;
	must_hold(d->busy >= 0);
	free(b);
	destination_list(d);
	destinations_trim(s);
}
