/* SPDX-License-Identifier: Apache-2.0 */
/* A batch on its way to an agent: the message's description, its descriptor, the recipients. */
#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/ipc/deliver.h"
#include "qmgr/agents_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { TROUBLE_MS = 1000, LOCKED_MS = 20 };

/*
 * An open file description of its own: the agent's lock must outlive ours,
 * and its reading must not move anybody's place in the file.
 */
static int
open_for_agent(const struct message *m)
{
	int fd, saved;

	if (m->in_memory)
		return fcntl(qfile_fd(m->file), F_DUPFD_CLOEXEC, 3); /* sealed, and read at places, so one is enough */
	fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* A qmgr that comes after us sees by it that an agent is at work. */
static void
send_lock(struct worker *w)
{
	int fd = open_for_agent(w->message);

	if (fd < 0) {
		log_warn("%s: lock for a delivery agent: %s", w->message->path, strerror(errno));
		return;
	}
	conn_give_fd(ipc_conn(w->channel.ipc), fd);
	deliver_lock_send(w->channel.ipc, &(struct deliver_lock){});
	channel_push(&w->channel);
}

void
agents_lock(struct message *m)
{
	if (m->busy == 0)
		return;
	HASH_EACH (e, &m->q->agents->pools) {
		struct pool *p = e->value;

		LIST_EACH (struct worker, w, link, &p->busy)
			if (w->message == m)
				send_lock(w);
	}
}

static void
send_request(struct worker *w, const char *nexthop)
{
	const struct message *m = w->message;
	const struct envelope *e = m->envelope;
	struct qfile_place header = qfile_header(m->file), body = qfile_body_place(m->file);

	deliver_request_send(w->channel.ipc,
	    &(struct deliver_request){ .queue_id = m->id,
		.nexthop = nexthop,
		.transport = w->pool->name,
		.nrcpt = (long)w->batch->rcpts.n,
		.sender = e->sender,
		.ret = e->ret,
		.envid = e->envid,
		.body = e->body,
		.smtputf8 = e->smtputf8,
		.requiretls = e->requiretls,
		.header_at = header.at,
		.header_len = header.len,
		.body_at = body.at,
		.body_len = body.len,
		.has_dots = e->has_dots,
		.has_8bit = e->has_8bit,
		.no_last_crlf = e->no_last_crlf,
		.longest_line = e->longest_line,
		.arrival_us = e->arrival_us,
		.active_us = m->active_us,
		.queued_us = now_us(),
		.client_name = e->client_name,
		.client_addr = e->client_addr,
		.client_port = e->client_port,
		.client_helo = e->client_helo,
		.protocol = e->protocol,
		.login = e->login,
		.rewrite_context = e->rewrite_context,
		.more = sched_more(w->batch) });
}

static void
send_rcpts(struct worker *w)
{
	LIST_EACH (struct sched_rcpt, s, link, &w->batch->rcpts) {
		struct rcpt *r = LIST_OF(struct rcpt, sched, s);

		r->where = RCPT_SENT;
		r->verdict = NULL;
		deliver_rcpt_send(w->channel.ipc,
		    &(struct deliver_rcpt){ .number = r->number,
			.address = r->address,
			.original = r->original,
			.orcpt = r->orcpt,
			.notify = r->notify,
			.attempts = r->attempts });
	}
}

/* The batch goes back; another attempt in a moment, unless somebody has removed the file by hand. */
static void
cannot_open(struct pool *p, struct message *m, struct sched_batch *b, int error)
{
	sched_done(p->q->sched, b, SCHED_AGAIN, NULL, loop_now(p->q->loop));
	if (error == ENOENT) {
		log_warn("%s: the file has disappeared", m->path);
		message_asked(m, WISH_DELETE);
	} else if (error == EWOULDBLOCK) {
		/* Somebody looks whether it is locked, which takes a lock. */
		pool_pause(p, LOCKED_MS);
	} else {
		log_error("%s: open for a delivery agent: %s", m->path, strerror(error));
		pool_pause(p, TROUBLE_MS);
	}
}

bool
request_send(struct worker *w, struct sched_batch *b)
{
	struct message *m = LIST_OF(struct message, sched, b->message);
	struct qmgr *q = m->q;
	int fd = open_for_agent(m);

	if (fd < 0) {
		cannot_open(w->pool, m, b, errno);
		return false;
	}
	w->batch = b;
	w->message = m;
	w->answered = 0;
	m->busy++;
	q->agents->busy++;
	conn_give_fd(ipc_conn(w->channel.ipc), fd);
	send_request(w, LIST_OF(struct rcpt, sched, LIST_OF(struct sched_rcpt, link, list_first(&b->rcpts)))->nexthop);
	send_rcpts(w);
	worker_move(w, &w->pool->busy);
	channel_push(&w->channel);
	return true;
}
