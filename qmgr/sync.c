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
	struct message *message; /* NULL: none, or it has left memory */
	bool folder;
	bool again; /* something was written since: this flush may have missed it */
};

struct sync {
	struct commit_queue *queue;
	struct watch watch;
	int active; /* the folder */
	struct sync_entry *folder;
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
	if (e->again && (e->message != NULL || e->folder)) {
		e->again = false;
		commit_queue_add(s->queue, e->folder ? s->active : qfile_fd(e->message->file), e);
		return;
	}
	if (e->message != NULL)
		e->message->sync = NULL;
	if (e->folder)
		s->folder = NULL;
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

struct sync *
sync_new(struct qmgr *q)
{
	struct sync *s = mem_zero(1, sizeof(*s));

	if ((s->active = open("active", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		log_fatal(EX_OSERR,
		    "open active in the queue directory: %s; \"sallyport set-permissions\" makes missing folders",
		    strerror(errno));
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
sync_folder(struct qmgr *q)
{
	struct sync *s = q->sync;

	if (s->folder != NULL)
		s->folder->again = true;
	else
		(s->folder = add(q, s->active))->folder = true;
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
