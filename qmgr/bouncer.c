/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/bouncer.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ipc/bounce.h"
#include "qmgr/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { ASKED_MOST = 4, AGAIN_MS = 100, SILENT_S = 600 };

struct call { /* a connection to bounce, and what was asked on it */
	struct channel channel;
	struct bouncer *bouncer;
	struct message *message;
	struct timer silence;
};

struct bouncer {
	struct qmgr *q;
	char *path;
	struct call lines[ASKED_MOST];
	struct list waiting; /* messages */
	struct timer again;
	bool complained;
	size_t busy;
};

static void
asked(struct call *l, bool ok)
{
	struct message *m = l->message;

	l->message = NULL;
	l->bouncer->busy--;
	loop_untimer(l->bouncer->q->loop, &l->silence);
	message_notified(m, ok);
}

static bool
send_request(struct call *l, struct message *m)
{
	int fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	/* The lock tells the next qmgr, should this one end now, that somebody still reads the file. */
	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0) {
		log_error("%s: open for a notice: %s", m->path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	l->message = m;
	l->bouncer->busy++;
	conn_put_fd(ipc_conn(l->channel.ipc), fd);
	close(fd);
	bounce_notify_send(
	    l->channel.ipc, &(struct bounce_notify){ .queue_id = m->id, .kind = "failure", .expired = m->expired });
	channel_push(&l->channel);
	loop_timer(l->bouncer->q->loop, &l->silence, SILENT_S * 1000L);
	return true;
}

/* bounce is away: all that wait are deferred, with their debts. */
static void
give_up(struct bouncer *b, const char *why)
{
	if (!b->complained)
		log_warn("service %s: %s; notices are sent later", b->path, why);
	b->complained = true;
	for (struct list_link *l; (l = list_first(&b->waiting)) != NULL;) {
		struct message *m = LIST_OF(struct message, notice, l);

		list_remove(&b->waiting, l);
		message_notified(m, false);
	}
}

/* A line that is free and connected; NULL: not now. */
static struct call *
free_line(struct bouncer *b)
{
	struct call *found = NULL;

	for (int i = 0; i < ASKED_MOST && found == NULL; i++)
		if (b->lines[i].message == NULL && b->lines[i].channel.ipc != NULL)
			found = &b->lines[i];
	for (int i = 0; i < ASKED_MOST && found == NULL; i++)
		if (b->lines[i].message == NULL)
			found = &b->lines[i];
	if (found == NULL || found->channel.ipc != NULL)
		return found;
	if (channel_connect(&found->channel, b->path, &bounce_protocol))
		return found;
	if (errno == EAGAIN)
		loop_timer(b->q->loop, &b->again, AGAIN_MS);
	else
		give_up(b, strerror(errno));
	return NULL;
}

static void
ask_more(void *ctx)
{
	struct bouncer *b = ctx;
	struct list_link *l;
	struct call *line;

	while ((l = list_first(&b->waiting)) != NULL && (line = free_line(b)) != NULL) {
		struct message *m = LIST_OF(struct message, notice, l);

		list_remove(&b->waiting, l);
		/* Deleted meanwhile, it has no file that could be sent. */
		if (m->wish == WISH_DELETE || !send_request(line, m))
			message_notified(m, false);
	}
	/* bounce has a process for each connection: none is kept for nothing. */
	for (int i = 0; i < ASKED_MOST; i++)
		if (b->lines[i].message == NULL)
			channel_close(&b->lines[i].channel);
}

static void
message(void *ctx)
{
	struct call *l = ctx;
	struct arena *mem = &l->bouncer->q->scratch;
	struct bounce_answer a;

	if (!bounce_answer_get(l->channel.ipc, mem, &a))
		return;
	if (l->message == NULL) {
		ipc_fail(l->channel.ipc, "an answer to no question");
		return;
	}
	l->bouncer->complained = false;
	if (!a.ok)
		log_warn("%s: no notice could be sent: %s; trying again later", l->message->id, a.text);
	else if (a.queue_id[0] != '\0')
		log_info("%s: %s: %s", l->message->id, a.kind, a.queue_id);
	asked(l, a.ok);
	arena_reset(mem);
	ask_more(l->bouncer);
}

static void
gone(void *ctx, const char *why)
{
	struct call *l = ctx;

	if (l->message == NULL)
		return;
	log_warn("%s: service %s: %s; trying again later", l->message->id, l->bouncer->path, why);
	asked(l, false);
	loop_timer(l->bouncer->q->loop, &l->bouncer->again, AGAIN_MS);
}

static void
silent(void *ctx)
{
	struct call *l = ctx;

	channel_close(&l->channel);
	gone(l, "no answer");
}

struct bouncer *
bouncer_new(struct qmgr *q)
{
	struct bouncer *b = mem_zero(1, sizeof(*b));

	b->q = q;
	b->path = mem_fmt("private/%s", q->cf->bounce_service_name);
	list_init(&b->waiting);
	b->again = (struct timer){ .run = ask_more, .ctx = b };
	for (int i = 0; i < ASKED_MOST; i++) {
		struct call *l = &b->lines[i];

		l->bouncer = b;
		l->channel =
		    (struct channel){ .loop = q->loop, .dirty = &q->dirty, .message = message, .gone = gone, .ctx = l };
		l->silence = (struct timer){ .run = silent, .ctx = l };
	}
	return b;
}

void
bouncer_ask(struct qmgr *q, struct message *m)
{
	list_append(&q->bouncer->waiting, &m->notice);
	if (!q->stopping && q->bouncer->again.at == 0)
		ask_more(q->bouncer);
}

size_t
bouncer_busy(const struct qmgr *q)
{
	return q->bouncer->busy;
}
