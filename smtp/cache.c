/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/cache.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Descriptors and memory are finite; the oldest goes first. */
enum { PEERS_MAX = 1000 };

struct cache {
	pthread_mutex_t lock; /* around all below */
	pthread_cond_t news;  /* for the sweeper */
	struct list peers;    /* the latest first: the busiest connection stays busy */
	bool sweeping;	      /* there is a sweeper */
	bool ending;
};

struct cache *
cache_new(void)
{
	struct cache *c = mem_zero(1, sizeof(*c));
	pthread_condattr_t attr;

	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->news, &attr);
	pthread_condattr_destroy(&attr);
	list_init(&c->peers);
	return c;
}

/* With the lock: move what is to go into a list of its own. */
static void
collect(struct cache *c, struct list *gone, long now)
{
	LIST_EACH (struct peer, p, link, &c->peers) {
		if (!c->ending && p->expires_ms > now && c->peers.n <= PEERS_MAX)
			continue;
		list_remove(&c->peers, &p->link);
		list_append(gone, &p->link);
	}
}

/* Without the lock: QUIT may take a moment. */
static void
quit_all(struct list *gone)
{
	LIST_EACH (struct peer, p, link, gone) {
		struct peer *one = p;

		list_remove(gone, &p->link);
		peer_quit(&one);
	}
}

static void
wait_until(struct cache *c, long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	pthread_cond_timedwait(&c->news, &c->lock, &t);
}

static long
next_expiry(const struct cache *c, long now)
{
	long next = now + 60000;

	LIST_EACH (struct peer, p, link, &c->peers)
		if (p->expires_ms < next)
			next = p->expires_ms;
	return next;
}

static void *
sweep(void *arg)
{
	struct cache *c = arg;
	struct list gone = LIST(gone);

	pthread_mutex_lock(&c->lock);
	while (c->peers.n > 0) {
		long now = tick_ms();

		collect(c, &gone, now);
		if (gone.n > 0) {
			pthread_mutex_unlock(&c->lock);
			quit_all(&gone);
			pthread_mutex_lock(&c->lock);
		} else {
			wait_until(c, next_expiry(c, now));
		}
	}
	c->sweeping = false;
	pthread_cond_signal(&c->news);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* With the lock.  Without a sweeper connections would stay open: then they are not kept. */
static bool
start_sweeper(struct cache *c)
{
	pthread_attr_t attr;
	pthread_t thread;

	if (c->sweeping)
		return true;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	c->sweeping = pthread_create(&thread, &attr, sweep, c) == 0;
	pthread_attr_destroy(&attr);
	return c->sweeping;
}

void
cache_free(struct cache **cp)
{
	struct cache *c = *cp;

	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->ending = true;
	pthread_cond_signal(&c->news);
	while (c->sweeping)
		wait_until(c, tick_ms() + 1000);
	pthread_mutex_unlock(&c->lock);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->news);
	free(c);
	*cp = NULL;
}

/* Nothing may come from a server that we have not asked: an end, or "421 idle too long". */
static bool
quiet(const struct peer *p)
{
	struct pollfd f = { .fd = conn_fd(p->conn), .events = POLLIN | POLLRDHUP };

	return conn_buffered(p->conn) == 0 && poll(&f, 1, 0) == 0;
}

static bool
matches(const struct peer *p, const char *nexthop, const struct addr *a)
{
	if (nexthop != NULL)
		return p->nexthop != NULL && text_same(p->nexthop, nexthop);
	return addr_same(&p->addr, a);
}

struct peer *
cache_take(struct cache *c, const char *nexthop, const struct addr *a)
{
	struct list gone = LIST(gone);
	struct peer *found = NULL;
	long now = tick_ms();

	pthread_mutex_lock(&c->lock);
	LIST_EACH (struct peer, p, link, &c->peers) {
		if (found != NULL || !matches(p, nexthop, a))
			continue;
		list_remove(&c->peers, &p->link);
		if (p->expires_ms > now && quiet(p))
			found = p;
		else
			list_append(&gone, &p->link);
	}
	pthread_mutex_unlock(&c->lock);
	LIST_EACH (struct peer, p, link, &gone) {
		struct peer *one = p;

		list_remove(&gone, &p->link);
		if (!quiet(p))
			peer_free(&one);
		else
			peer_quit(&one);
	}
	if (found != NULL)
		found->reused = true;
	return found;
}

void
cache_put(struct cache *c, struct peer **pp, const char *nexthop, long seconds)
{
	struct peer *p = *pp;
	struct list gone = LIST(gone);

	free(p->nexthop);
	p->nexthop = nexthop != NULL ? mem_str(nexthop) : NULL;
	p->expires_ms = tick_ms() + seconds * 1000;
	conn_deadline(p->conn, 0);
	pthread_mutex_lock(&c->lock);
	if (!c->ending && start_sweeper(c)) {
		list_push(&c->peers, &p->link);
		*pp = NULL;
		if (c->peers.n > PEERS_MAX) {
			struct list_link *last = list_last(&c->peers);

			list_remove(&c->peers, last);
			list_append(&gone, last);
		}
	}
	pthread_mutex_unlock(&c->lock);
	quit_all(&gone);
	peer_quit(pp);
}

size_t
cache_count(struct cache *c)
{
	size_t n;

	pthread_mutex_lock(&c->lock);
	n = c->peers.n;
	pthread_mutex_unlock(&c->lock);
	return n;
}
