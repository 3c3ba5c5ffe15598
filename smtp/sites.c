/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/sites.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "smtp/transaction.h"

#include <stdlib.h>
#include <string.h>

/* More connections out of the cache are not tried for one message. */
enum { TRIED_MAX = 8 };

/* One next hop, and how far we are with it. */
struct site {
	struct delivery *d;
	const char *text; /* as given */
	struct nexthop hop;
	struct target_list hosts;
	long sessions;		      /* servers that were talked to */
	bool more;		      /* another next hop comes after this one */
	struct addr tried[TRIED_MAX]; /* by connections out of the cache */
	size_t ntried;
};

/* Trouble with the destination; one that may pass is not hidden by one that will not. */
static void
blame(struct delivery *d, const struct verdict *why)
{
	if (*d->why.text == '\0' || why->fate == FATE_LATER)
		verdict_copy(&d->why, why);
}

/* ---- one connection ---- */

static bool
enough_sessions(const struct site *s, long ahead)
{
	long limit = s->d->s->mx_session_limit;

	return limit > 0 && s->sessions + ahead >= limit;
}

static bool
wanted_again(const struct delivery *d, const struct site *s, const struct peer *p)
{
	const struct settings *how = d->s;
	char *copy, *cursor, *word;
	bool listed = false;

	if (!peer_reusable(p, tick_ms()))
		return false;
	if (d->a->request.more && how->connection_cache_on_demand)
		return true;
	copy = cursor = mem_str(how->connection_cache_destinations);
	while (!listed && (word = text_word(&cursor, TEXT_LIST)) != NULL)
		listed = text_same(word, s->hop.name);
	free(copy);
	return listed;
}

static void
put_away(const struct site *s, struct peer **p, bool best)
{
	const struct settings *how = s->d->s;
	long seconds = how->connection_cache_time_limit;

	if (seconds > how->cf->connection_cache_ttl_limit)
		seconds = how->cf->connection_cache_ttl_limit;
	if (wanted_again(s->d, s, *p))
		cache_put(s->d->w->client->cache, p, best ? s->text : NULL, seconds);
	else
		peer_quit(p);
}

static bool
any_utf8(const struct delivery *d)
{
	for (size_t i = 0; i < d->a->n; i++)
		if (!d->rcpts[i].settled && !text_ascii(d->wire_rcpts[i].address))
			return true;
	return false;
}

/* Addresses that not every server understands (RFC 6531 3.1). */
static void
check_utf8(struct delivery *d, const struct peer *p)
{
	struct deliver_request *r = &d->wire;
	struct verdict v = VERDICT(d->a->mem);

	r->smtputf8 |= !text_ascii(r->sender);
	if (p->offer.features & OFFERS_SMTPUTF8) {
		r->smtputf8 |= any_utf8(d);
		return;
	}
	never(&v, "5.6.7", "SMTPUTF8 is required, but was not offered by host %s", p->name);
	if (r->smtputf8)
		delivery_settle_all(d, &v, false);
	for (size_t i = 0; i < d->a->n; i++)
		if (!text_ascii(d->wire_rcpts[i].address))
			delivery_settle(d, i, &v, false);
}

/* What this server cannot take, to judge by its offer. */
static void
check_offer(struct delivery *d, const struct peer *p)
{
	struct verdict v = VERDICT(d->a->mem);

	if (p->offer.size > 0 && d->size > p->offer.size) {
		never(&v, "5.3.4", "message size %ld exceeds size limit %ld of server %s", d->size, p->offer.size,
		    p->name);
		delivery_settle_all(d, &v, false);
	}
	check_utf8(d, p);
}

/* False: a kept connection that had died; nothing was tried with it. */
static bool
talk(struct site *s, struct peer *p, bool best)
{
	struct delivery *d = s->d;
	struct verdict why = VERDICT(d->a->mem);

	d->a->relay = arena_str(d->a->mem, p->relay);
	log_doing("delivery of %s to %s", d->a->request.queue_id, p->name);
	check_offer(d, p);
	if (d->open == 0) {
		put_away(s, &p, best);
		return true;
	}
	switch (transaction_run(d, p, &why)) {
	case TRANSACTION_STALE:
		peer_free(&p);
		d->a->relay = "none";
		return false;
	case TRANSACTION_LOST:
		peer_free(&p);
		delivery_settle_all(d, &why, d->content.unreadable);
		blame(d, &why);
		break;
	case TRANSACTION_DONE:
		d->talked = true;
		put_away(s, &p, best);
		break;
	}
	s->sessions++;
	return true;
}

static bool
was_tried(const struct site *s, const struct addr *a)
{
	for (size_t i = 0; i < s->ntried; i++)
		if (addr_same(&s->tried[i], a))
			return true;
	return false;
}

/* Connections that are kept for this next hop need no look into DNS. */
static void
try_kept(struct site *s)
{
	struct delivery *d = s->d;

	while (d->open > 0 && !d->content.unreadable && !enough_sessions(s, 0) && s->ntried < TRIED_MAX) {
		struct peer *p = cache_take(d->w->client->cache, s->text, NULL);
		struct addr a;

		if (p == NULL)
			return;
		a = p->addr;
		agent_connected(d->a);
		if (talk(s, p, true))
			s->tried[s->ntried++] = a;
	}
}

/* ---- one host ---- */

static bool
is_best(const struct site *s, const struct target *t)
{
	return t->preference == s->hosts.t[0].preference;
}

/* A connection to t that is greeted; NULL: blamed and logged, or a verdict for all. */
static struct peer *
meet(struct site *s, const struct target *t)
{
	struct delivery *d = s->d;
	struct verdict why = VERDICT(d->a->mem);
	struct peer *p = peer_connect(t, d->s, &why);

	agent_connected(d->a);
	if (p == NULL) {
		log_info("%s", why.text);
		blame(d, &why);
		return NULL;
	}
	d->a->relay = arena_str(d->a->mem, p->relay);
	if (peer_greet(p, s->hop.default_port ? d->s->cf->myhostname : NULL, &why) == FATE_OK) {
		agent_connected(d->a);
		return p;
	}
	/* Greeted by ourselves where no better host is left: mail would go in a circle. */
	if (strcmp(why.dsn, "4.4.6") == 0 && is_best(s, t)) {
		s->hosts.we_are_mx = true;
		never(&why, "5.4.6", "mail for %s loops back to myself", s->hop.name);
	}
	delivery_settle_all(d, &why, false);
	blame(d, &why);
	peer_quit(&p);
	return NULL;
}

static void
try_host(struct site *s, const struct target *t)
{
	struct peer *p;

	while ((p = cache_take(s->d->w->client->cache, NULL, &t->addr)) != NULL) {
		agent_connected(s->d->a);
		if (talk(s, p, is_best(s, t)))
			return;
	}
	if ((p = meet(s, t)) != NULL)
		talk(s, p, is_best(s, t));
}

/* ---- one next hop ---- */

static enum dns_status
ask(void *ctx, const char *name, const char *type, struct arena *mem, struct dns_answer *out)
{
	return dns_ask(ctx, name, type, mem, out);
}

static enum fate
find_hosts(struct site *s, struct verdict *why)
{
	struct client *c = s->d->w->client;
	struct finder f = { .settings = s->d->s,
		.hosts = c->hosts,
		.own = &c->own,
		.protocols = c->protocols,
		.random = (uint64_t)now_us() * 0x9e3779b97f4a7c15 + (uintptr_t)s,
		.ask = ask,
		.ctx = &s->d->w->dns };

	return hosts_find(&f, &s->hop, s->d->a->mem, &s->hosts, why);
}

static void
try_site(struct site *s)
{
	struct delivery *d = s->d;
	struct verdict why = VERDICT(d->a->mem);

	if (!nexthop_parse(s->text, d->s->lmtp, d->w->client->port, d->a->mem, &s->hop, &why)) {
		blame(d, &why);
		return;
	}
	try_kept(s);
	if (d->open == 0 || d->content.unreadable || enough_sessions(s, 0))
		return;
	if (find_hosts(s, &why) != FATE_OK) {
		agent_connected(d->a);
		blame(d, &why);
		return;
	}
	for (size_t i = 0; i < s->hosts.n && d->open > 0 && !enough_sessions(s, 0) && !d->content.unreadable; i++) {
		d->last_try = !s->more && (i + 1 == s->hosts.n || enough_sessions(s, 1));
		if (!was_tried(s, &s->hosts.t[i].addr))
			try_host(s, &s->hosts.t[i]);
	}
}

/* Mail that came back to us must not go to a relay that may give it to us again. */
static bool
may_fall_back(const struct site *s)
{
	return !s->hosts.we_are_mx && strcmp(s->d->why.dsn, "5.4.6") != 0 && strcmp(s->d->why.dsn, "5.1.10") != 0;
}

void
sites_try(struct delivery *d)
{
	struct arena *mem = d->a->mem;
	const char *fallback = d->s->fallback_relay;
	char *cursor = arena_str(mem, d->a->request.nexthop), *text, *next;
	bool fallen = false;

	for (text = text_word(&cursor, TEXT_LIST); text != NULL && d->open > 0; text = next) {
		struct site s = { .d = d, .text = text };

		next = text_word(&cursor, TEXT_LIST);
		s.more = next != NULL || (!fallen && *fallback != '\0');
		try_site(&s);
		if (next != NULL || fallen || !may_fall_back(&s))
			continue;
		fallen = true;
		cursor = arena_str(mem, fallback);
		next = text_word(&cursor, TEXT_LIST);
	}
	if (*d->why.text == '\0')
		later(&d->why, "4.3.5", "mail system configuration error: no next hop");
}
