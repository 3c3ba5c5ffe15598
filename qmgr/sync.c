/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/sync.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/io/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* A flush that is under way or waits for its interval to end. */
struct sync_entry {
	struct qmgr *q;
	struct message *message;    /* NULL: none, or it has left memory */
	struct sync_folder *folder; /* NULL: it is a file */
	bool again;		    /* something was written since: this flush may have missed it */
};

struct sync {
	struct commit_queue *queue;
	struct watch watch;
	struct sync_folder {
		int fd;
		struct sync_entry *entry;
	} incoming, active;
	size_t pending;
};

static struct sync_entry *
add(struct qmgr *q, int fd)
{
	struct sync_entry *e = mem_zero(1, sizeof(*e));

	e->q = q;
	q->sync->pending++;
	commit_queue_add(q->sync->queue, fd, e);
	return e;
}

static void
done(void *ctx, int error)
{
	struct sync_entry *e = ctx;
	struct sync *s = e->q->sync;

	/* The next flush tries again; what the kernel could not write is in its log. */
	if (error != 0)
		log_error(
		    "flushing %s to disk: %s", e->message != NULL ? e->message->path : "the queue", strerror(error));
	if (e->again && (e->message != NULL || e->folder != NULL)) {
		e->again = false;
		commit_queue_add(s->queue, e->folder != NULL ? e->folder->fd : qfile_fd(e->message->file), e);
		return;
	}
	if (e->message != NULL)
		e->message->sync = NULL;
	if (e->folder != NULL)
		e->folder->entry = NULL;
	s->pending--;
	free(e);
}

static void
finished(void *ctx, unsigned events)
{
	struct qmgr *q = ctx;

	(void)events;
	commit_queue_poll(q->sync->queue, done);
}

static int
open_folder(const char *name)
{
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		log_fatal(EX_OSERR,
		    "open %s in the queue directory: %s; \"sallyport set-permissions\" makes missing folders", name,
		    strerror(errno));
	return fd;
}

struct sync *
sync_new(struct qmgr *q)
{
	struct sync *s = mem_zero(1, sizeof(*s));

	s->incoming.fd = open_folder("incoming");
	s->active.fd = open_folder("active");
	/* What comes while a flush runs waits for the next: half the time for each. */
	s->queue = commit_queue_new(q->cf->queue_status_sync * 1000 / 2);
	s->watch = (struct watch){ .fd = commit_queue_fd(s->queue), .run = finished, .ctx = q };
	loop_watch(q->loop, &s->watch, LOOP_READ);
	return s;
}

void
sync_marks(struct message *m)
{
	if (m->sync != NULL)
		m->sync->again = true;
	else
		(m->sync = add(m->q, qfile_fd(m->file)))->message = m;
}

void
sync_forget(struct message *m)
{
	if (m->sync == NULL)
		return;
	m->sync->message = NULL;
	m->sync = NULL;
}

void
sync_file(struct qmgr *q, int fd)
{
	add(q, fd);
}

void
sync_folder(struct qmgr *q, enum queue queue)
{
	struct sync_folder *f = queue == QUEUE_INCOMING ? &q->sync->incoming : &q->sync->active;

	if (f->entry != NULL)
		f->entry->again = true;
	else
		(f->entry = add(q, f->fd))->folder = f;
}

void
sync_wait(struct qmgr *q)
{
	struct sync *s = q->sync;

	do {
		commit_queue_wait(s->queue);
		commit_queue_poll(s->queue, done);
	} while (s->pending > 0);
}
