/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/news.h"

#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/ipc/qmgr.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A qmgr that reads nothing for so long looks through incoming/ anyway. */
enum { UNSENT_MAX = 65536 };

/*
 * An answer is waited for as long as some flushes take here and now: who sends
 * one message after the other must not wait for a far next hop instead of a
 * near disk.  In a crowd everybody waits for his turn, and what saves work is
 * for the good of all, so that each CROWD more wait as long again.  REST_MOST:
 * of a kind that never comes in time one message in so many is delayed by it.
 */
enum {
	FLUSHES = 4,
	CROWD = 4,
	WAIT_LEAST_MS = 2,
	WAIT_MOST_MS = 1000,
	FLUSH_FIRST_US = 5000, /* before anything is known */
	SMOOTH = 8,
	REST_MOST = 127,
	KINDS = 256,
	IDLE_MOST = 100,
	SILENT_MS = 10000 /* of a qmgr that answers always */
};

struct news {
	pthread_mutex_t lock;
	struct sockaddr_un socket;
	struct list idle; /* calls, the last one used first */
	bool lost;	  /* something was dropped */
	long flush_us;	  /* what a flush takes, smoothed */
	long waiting;	  /* calls, for an answer */
	struct {
		unsigned char rest, length;
	} kinds[KINDS]; /* so many more are not offered; so many the last time */
};

struct call {
	struct news *news;
	struct list_link link;
	struct ipc *qmgr; /* NULL: not connected */
	bool slow, pending;
	bool memory; /* there is no file */
	bool look;   /* a qmgr that is gone may have given the file to an agent */
	char settled[64];
	bool delivered;
	struct call_refusal refusal;
};

struct news *
news_new(const char *socket)
{
	struct news *n;

	if (strlen(socket) >= sizeof(n->socket.sun_path))
		return NULL;
	n = mem_zero(1, sizeof(*n));
	pthread_mutex_init(&n->lock, NULL);
	list_init(&n->idle);
	n->flush_us = FLUSH_FIRST_US;
	n->socket.sun_family = AF_UNIX;
	memcpy(n->socket.sun_path, socket, strlen(socket) + 1);
	return n;
}

void
news_free(struct news **np)
{
	struct list_link *l;

	if (*np == NULL)
		return;
	while ((l = list_first(&(*np)->idle)) != NULL) {
		struct call *c = LIST_OF(struct call, link, l);

		list_remove(&(*np)->idle, l);
		ipc_free(&c->qmgr);
		free(c);
	}
	pthread_mutex_destroy(&(*np)->lock);
	free(*np);
	*np = NULL;
}

/* ---- what is worth an offer ---- */

bool
news_worth(struct news *n, uint32_t kind)
{
	unsigned char *rest = &n->kinds[kind % KINDS].rest;
	bool worth;

	pthread_mutex_lock(&n->lock);
	worth = *rest == 0;
	*rest -= !worth;
	pthread_mutex_unlock(&n->lock);
	return worth;
}

void
news_learn(struct news *n, uint32_t kind, bool in_time)
{
	unsigned char *length = &n->kinds[kind % KINDS].length;

	pthread_mutex_lock(&n->lock);
	*length = in_time ? 0 : *length >= REST_MOST / 2 ? REST_MOST : (unsigned char)(*length * 2 + 1);
	n->kinds[kind % KINDS].rest = *length;
	pthread_mutex_unlock(&n->lock);
}

void
news_flushed(struct news *n, long us)
{
	pthread_mutex_lock(&n->lock);
	n->flush_us += (us - n->flush_us) / SMOOTH;
	pthread_mutex_unlock(&n->lock);
}

static long
patience(struct news *n)
{
	long ms;

	pthread_mutex_lock(&n->lock);
	ms = n->flush_us * FLUSHES / 1000;
	ms = ms < WAIT_LEAST_MS ? WAIT_LEAST_MS : ms;
	ms += ms * n->waiting++ / CROWD;
	pthread_mutex_unlock(&n->lock);
	return ms > WAIT_MOST_MS ? WAIT_MOST_MS : ms;
}

static void
waited(struct news *n)
{
	pthread_mutex_lock(&n->lock);
	n->waiting--;
	pthread_mutex_unlock(&n->lock);
}

/* ---- connections ---- */

static void
lost(struct news *n, bool yes)
{
	__atomic_store_n(&n->lost, yes, __ATOMIC_RELAXED);
}

static void
hang_up(struct call *c)
{
	ipc_free(&c->qmgr);
	c->slow = false; /* whoever comes next says so again */
}

static bool
connected(struct call *c)
{
	int fd;

	if (c->qmgr != NULL)
		return true;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return false;
	if (connect(fd, (struct sockaddr *)&c->news->socket, sizeof(c->news->socket)) < 0) {
		close(fd);
		return false;
	}
	c->qmgr = ipc_begin(fd, &qmgr_protocol);
	conn_nonblocking(ipc_conn(c->qmgr));
	return true;
}

static bool
hear(struct call *c, struct arena *mem)
{
	struct qmgr_settled s;
	struct qmgr_slow said;

	if (!qmgr_settled_is(c->qmgr)) {
		if (!qmgr_slow_get(c->qmgr, mem, &said))
			return false;
		c->slow = said.slow;
		return true;
	}
	if (!qmgr_settled_get(c->qmgr, mem, &s))
		return false;
	strncpy(c->settled, s.queue_id, sizeof(c->settled) - 1);
	c->delivered = s.delivered;
	c->refusal.code = s.code >= 500 && s.code <= 599 ? (int)s.code : 0;
	snprintf(c->refusal.dsn, sizeof(c->refusal.dsn), "%s", s.dsn);
	snprintf(c->refusal.text, sizeof(c->refusal.text), "%s", s.text);
	return true;
}

/* What qmgr has said, which may be its last words; false: it is gone. */
static bool
listen_to(struct call *c)
{
	struct arena mem = ARENA(IPC_MESSAGE_MAX);
	bool alive = conn_fill(ipc_conn(c->qmgr)) >= 0;

	while (ipc_ready(c->qmgr) != NULL && hear(c, &mem))
		arena_reset(&mem);
	if (alive && !ipc_ok(c->qmgr))
		log_warn("queue manager: %s", ipc_why(c->qmgr));
	arena_free(&mem);
	return alive && ipc_ok(c->qmgr);
}

struct call *
news_call(struct news *n)
{
	struct list_link *l;
	struct call *c;

	pthread_mutex_lock(&n->lock);
	if ((l = list_first(&n->idle)) != NULL)
		list_remove(&n->idle, l);
	pthread_mutex_unlock(&n->lock);
	c = l != NULL ? LIST_OF(struct call, link, l) : mem_zero(1, sizeof(*c));
	c->news = n;
	c->settled[0] = '\0';
	c->pending = c->look = false;
	/* A connection whose other end has gone shows it at the first look; what we told it last may be lost. */
	if (c->qmgr != NULL && !listen_to(c)) {
		hang_up(c);
		lost(n, true);
	}
	return c;
}

void
news_over(struct news *n, struct call **cp)
{
	struct call *c = *cp;

	*cp = NULL;
	pthread_mutex_lock(&n->lock);
	if (c->qmgr != NULL && n->idle.n < IDLE_MOST) {
		list_push(&n->idle, &c->link);
		c = NULL;
	}
	pthread_mutex_unlock(&n->lock);
	if (c == NULL)
		return;
	if (c->qmgr != NULL && conn_unsent(ipc_conn(c->qmgr)) > 0)
		lost(n, true);
	ipc_free(&c->qmgr);
	free(c);
}

bool
call_slow(struct call *c)
{
	return c->slow;
}

/* ---- what is said ---- */

/* Into the connection, or nowhere. */
static bool
say(struct call *c, const struct msg *m, const void *rec)
{
	struct conn *conn;

	if (!connected(c))
		return false;
	conn = ipc_conn(c->qmgr);
	if (conn_unsent(conn) > UNSENT_MAX && (conn_drain(conn) < 0 || conn_unsent(conn) > UNSENT_MAX))
		return false;
	ipc_send(c->qmgr, m, rec);
	if (conn_drain(conn) >= 0)
		return true;
	hang_up(c);
	return false;
}

void
call_tell(struct call *c, const char *id)
{
	struct qmgr_news news = { .queue_id = id, .look = c->look };
	struct news *n = c->news;

	/* Whoever takes it over says it; when that fails, it is lost again. */
	news.rescan = __atomic_exchange_n(&n->lost, false, __ATOMIC_RELAXED);
	if (say(c, qmgr_news_msg(), &news))
		return;
	/* The other end has gone since we listened: whoever comes next hears all of it. */
	news.rescan = true;
	if (c->qmgr == NULL && say(c, qmgr_news_msg(), &news))
		return;
	lost(n, true);
	/* It would wait for this for ever. */
	if (c->pending)
		hang_up(c);
}

bool
call_offer(struct call *c, const char *id, int memory)
{
	c->memory = memory >= 0;
	c->pending = connected(c);
	if (c->pending && c->memory)
		conn_put_fd(ipc_conn(c->qmgr), memory);
	if (c->pending)
		c->pending =
		    say(c, qmgr_pending_msg(), &(struct qmgr_pending){ .queue_id = id, .in_memory = c->memory });
	/* Its descriptor would go with the next message; what else has not left is lost, too. */
	if (!c->pending && c->qmgr != NULL) {
		hang_up(c);
		lost(c->news, true);
	}
	return c->pending;
}

void
call_failed(struct call *c, const char *id, bool refused)
{
	if (c->pending)
		say(c, qmgr_failed_msg(), &(struct qmgr_failed){ .queue_id = id, .refused = refused });
}

const struct call_refusal *
call_refusal(const struct call *c)
{
	return &c->refusal;
}

/* False: there was none in time. */
static bool
settled(struct call *c, const char *id, long ms)
{
	long end = tick_ms() + ms, left;
	struct pollfd p = { .fd = conn_fd(ipc_conn(c->qmgr)), .events = POLLIN };
	bool alive = true;

	/* An answer to an earlier offer, for which nobody waited any more, may come first. */
	while (strcmp(c->settled, id) != 0) {
		if (!alive) {
			hang_up(c);
			lost(c->news, true);
			c->pending = c->delivered = false;
			c->refusal.code = 0;
			c->look = true;
			return true;
		}
		if ((left = end - tick_ms()) <= 0)
			return false;
		if (poll(&p, 1, (int)left) > 0)
			alive = listen_to(c);
	}
	c->pending = !c->delivered;
	return true;
}

/*
 * Of a message in memory qmgr must not say "delivered" while its file is being
 * made: it would be found, and delivered again.  True: there is an answer after all.
 */
static bool
stop_waiting(struct call *c, const char *id)
{
	if (!say(c, qmgr_waited_msg(), &(struct qmgr_waited){ .queue_id = id })) {
		c->look = true;
		return false;
	}
	return settled(c, id, SILENT_MS);
}

enum call_result
call_wait(struct call *c, const char *id, bool *in_time)
{
	*in_time = settled(c, id, patience(c->news));
	waited(c->news);
	if (!*in_time && !(c->memory && stop_waiting(c, id)))
		return CALL_FLUSH;
	return c->delivered ? CALL_DELIVERED : c->refusal.code != 0 ? CALL_REFUSED : CALL_FLUSH;
}
