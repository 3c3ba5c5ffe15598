/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/server.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/service/service.h"
#include "qmgr/channel.h"
#include "qmgr/deferred.h"
#include "qmgr/early.h"
#include "qmgr/intake.h"
#include "qmgr/message.h"
#include "qmgr/orphans.h"
#include "qmgr/sweep.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LISTENERS = 16, CLIENTS_MOST = 4000 };

struct client {
	struct channel channel;
	struct server *server;
	struct list_link link;
	uid_t uid;
	gid_t gid;
	bool news; /* it brings some, and wants to hear when we are behind */
	struct early early;
	struct sweep *sweep;
	long since;
};

struct listener {
	struct watch watch;
	struct server *server;
};
struct server {
	struct qmgr *q;
	struct list clients, graves;
	struct listener listeners[LISTENERS];
};

static void
reply(struct client *c, bool ok, const char *text, long count)
{
	qmgr_answer_send(c->channel.ipc, &(struct qmgr_answer){ .ok = ok, .text = text, .count = count });
	channel_push(&c->channel);
}

static void
brings_news(struct client *c)
{
	if (!c->news && c->server->q->messages.n >= c->server->q->most) {
		qmgr_slow_send(c->channel.ipc, &(struct qmgr_slow){ .slow = true });
		channel_push(&c->channel);
	}
	c->news = true;
}

static void
on_news(struct client *c)
{
	struct qmgr_news n;

	if (!qmgr_news_get(c->channel.ipc, &c->server->q->scratch, &n))
		return;
	brings_news(c);
	if (!early_committed(c->server->q, n.queue_id))
		intake_news(c->server->q, n.queue_id, n.look);
	if (n.rescan)
		intake_rescan(c->server->q);
}

static void
on_pending(struct client *c)
{
	struct qmgr_pending p;

	if (!qmgr_pending_get(c->channel.ipc, &c->server->q->scratch, &p))
		return;
	brings_news(c);
	early_offered(&c->early, p.queue_id, p.in_memory ? conn_take_fd(ipc_conn(c->channel.ipc)) : -1);
}

static void
on_waited(struct client *c)
{
	struct qmgr_waited w;

	if (qmgr_waited_get(c->channel.ipc, &c->server->q->scratch, &w))
		early_waited(&c->early, w.queue_id);
}

static void
on_failed(struct client *c)
{
	struct qmgr_failed f;

	if (qmgr_failed_get(c->channel.ipc, &c->server->q->scratch, &f))
		early_failed(&c->early, f.queue_id, f.refused);
}

static void
on_offer(struct client *c)
{
	struct qmgr_answer a;
	struct qmgr_offer o;

	if (!qmgr_offer_get(c->channel.ipc, &c->server->q->scratch, &o))
		return;
	orphan_offer(c->server->q, &o, &a);
	reply(c, a.ok, a.text, 0);
}

static void
on_flush(struct client *c)
{
	struct qmgr_flush f;

	if (!qmgr_flush_get(c->channel.ipc, &c->server->q->scratch, &f))
		return;
	deferred_flush(c->server->q);
	intake_rescan(c->server->q);
	reply(c, true, "trying all", 0);
}

static void
on_flush_one(struct client *c)
{
	struct qmgr *q = c->server->q;
	struct qmgr_flush_one f;
	bool ok;

	if (!qmgr_flush_one_get(c->channel.ipc, &q->scratch, &f))
		return;
	ok = queueid_ok(f.queue_id) && (deferred_flush_one(q, f.queue_id) || message_of(q, f.queue_id) != NULL);
	reply(c, ok, ok ? "trying it" : "no such message in the deferred queue", ok);
}

static void
on_flush_site(struct client *c)
{
	struct qmgr_flush_site f;

	if (qmgr_flush_site_get(c->channel.ipc, &c->server->q->scratch, &f))
		reply(c, true, "trying what waits for it", (long)deferred_flush_site(c->server->q, f.site));
}

static void
on_admin(struct client *c)
{
	struct qmgr_answer a;
	struct qmgr_admin ask;

	if (!qmgr_admin_get(c->channel.ipc, &c->server->q->scratch, &ask))
		return;
	if (c->sweep != NULL) {
		ipc_fail(c->channel.ipc, "a request before the last one was answered");
		return;
	}
	if ((c->sweep = sweep_start(c->server->q, &ask, &a)) == NULL)
		reply(c, a.ok, a.text, a.count);
}

static void
on_status(struct client *c)
{
	struct qmgr *q = c->server->q;
	struct qmgr_status s;
	char *text;

	if (!qmgr_status_get(c->channel.ipc, &q->scratch, &s))
		return;
	text = mem_fmt("%zu messages and %ld recipients active%s", q->messages.n, sched_rcpts(q->sched),
	    intake_settled(q) && deferred_settled(q) ? "" : ", looking through the queue");
	reply(c, true, text, (long)q->messages.n);
	free(text);
}

/* Each request, and which accounts may say it besides root. */
static const struct request {
	const struct msg *(*msg)(void);
	unsigned peers;
	void (*run)(struct client *);
} requests[] = {
	{ qmgr_news_msg, PEER_QUEUE, on_news },
	{ qmgr_pending_msg, PEER_QUEUE, on_pending },
	{ qmgr_waited_msg, PEER_QUEUE, on_waited },
	{ qmgr_failed_msg, PEER_QUEUE, on_failed },
	{ qmgr_offer_msg, PEER_QUEUE | PEER_NET, on_offer },
	{ qmgr_flush_msg, PEER_QUEUE | PEER_DROP, on_flush },
	{ qmgr_flush_one_msg, PEER_QUEUE | PEER_DROP, on_flush_one },
	{ qmgr_flush_site_msg, PEER_QUEUE | PEER_DROP | PEER_NET, on_flush_site }, /* ETRN */
	{ qmgr_admin_msg, PEER_QUEUE, on_admin },
	{ qmgr_status_msg, PEER_QUEUE | PEER_DROP, on_status },
};

static void
message(void *ctx)
{
	struct client *c = ctx;
	const struct request *r = requests;

	while (r < requests + NITEMS(requests) && !ipc_is(c->channel.ipc, r->msg()))
		r++;
	if (r == requests + NITEMS(requests))
		ipc_fail(c->channel.ipc, "an unknown request");
	else if (!accounts_may_connect(&c->server->q->accounts, r->peers, c->uid, c->gid))
		ipc_fail(c->channel.ipc, "uid %ld may not ask for %s", (long)c->uid, r->msg()->name);
	else
		r->run(c);
	c->since = loop_now(c->server->q->loop);
	arena_reset(&c->server->q->scratch);
}

static void
drop(struct client *c)
{
	early_left(&c->early);
	channel_close(&c->channel);
	list_remove(&c->server->clients, &c->link);
	list_append(&c->server->graves, &c->link);
}

static void
gone(void *ctx, const char *why)
{
	struct client *c = ctx;

	if (strcmp(why, "lost connection") != 0)
		log_warn("request to the queue manager: %s", why);
	drop(c);
}

static void
accept_one(struct server *s, int fd, uid_t uid, gid_t gid)
{
	struct client *c = mem_zero(1, sizeof(*c));

	c->server = s;
	c->early = (struct early){ .q = s->q, .channel = &c->channel };
	c->uid = uid;
	c->gid = gid;
	c->since = loop_now(s->q->loop);
	c->channel =
	    (struct channel){ .loop = s->q->loop, .dirty = &s->q->dirty, .message = message, .gone = gone, .ctx = c };
	list_append(&s->clients, &c->link);
	channel_accept(&c->channel, fd, &qmgr_protocol);
}

static void
accept_some(void *ctx, unsigned events)
{
	struct listener *l = ctx;
	uid_t uid;
	gid_t gid;
	int fd;

	(void)events;
	while ((fd = service_accept(l->watch.fd, NULL, &uid, &gid)) >= 0) {
		if (l->server->clients.n < CLIENTS_MOST) {
			accept_one(l->server, fd, uid, gid);
		} else {
			log_warn("more than %d connections to the queue manager", CLIENTS_MOST);
			close(fd);
		}
	}
}

void
server_tidy(struct qmgr *q)
{
	struct server *s = q->server;

	LIST_EACH (struct client, c, link, &s->clients) {
		struct qmgr_answer a;

		if (c->sweep != NULL && sweep_step(c->sweep, &a)) {
			reply(c, a.ok, a.text, a.count);
			sweep_free(&c->sweep);
		}
	}
	for (struct list_link *l; (l = list_first(&s->graves)) != NULL;) {
		struct client *c = LIST_OF(struct client, link, l);

		list_remove(&s->graves, l);
		sweep_free(&c->sweep);
		free(c);
	}
}

void
server_slow(struct qmgr *q, bool slow)
{
	LIST_EACH (struct client, c, link, &q->server->clients) {
		if (!c->news)
			continue;
		qmgr_slow_send(c->channel.ipc, &(struct qmgr_slow){ .slow = slow });
		channel_push(&c->channel);
	}
}

struct server *
server_new(struct qmgr *q, const int *listeners, int n)
{
	struct server *s = mem_zero(1, sizeof(*s));

	s->q = q;
	list_init(&s->clients);
	list_init(&s->graves);
	for (int i = 0; i < n && i < LISTENERS; i++) {
		struct listener *l = &s->listeners[i];

		l->server = s;
		l->watch = (struct watch){ .fd = listeners[i], .run = accept_some, .ctx = l };
		loop_watch(q->loop, &l->watch, LOOP_READ);
	}
	return s;
}
