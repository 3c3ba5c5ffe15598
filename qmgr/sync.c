/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/sync.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/io/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A flush that is under way or waits for its interval to end. */
struct sync_entry {
	struct qmgr *q;
	struct message *message; /* NULL: none, or it has left memory */
	char *folder;		 /* NULL: it is a file */
	bool again;		 /* something was written since: this flush may have missed it */
	int failures;		 /* of a folder, in a row */
};

/* Nothing may ever leave that folder again, whose flush would do it; but a bad disk has an end, too. */
enum { FOLDER_TRIES = 20 };

struct sync {
	struct commit_queue *queue;
	struct watch watch;
	struct hash folders; /* by path, as "deferred/A": entries; as many as the queue has */
	size_t pending;
};

static struct sync_entry *
new_entry(struct qmgr *q)
{
	struct sync_entry *e = mem_zero(1, sizeof(*e));

	e->q = q;
	q->sync->pending++;
	return e;
}

static struct sync_entry *
add(struct qmgr *q, int fd)
{
	struct sync_entry *e = new_entry(q);

	commit_queue_add(q->sync->queue, fd, e);
	return e;
}

/* Its last flush may have come too early; false: it did not. */
static bool
repeat(struct sync *s, struct sync_entry *e)
{
	if (!e->again || (e->message == NULL && e->folder == NULL))
		return false;
	e->again = false;
	if (e->folder != NULL)
		commit_queue_add_folder(s->queue, e->folder, e);
	else
		commit_queue_add(s->queue, qfile_fd(e->message->file), e);
	return true;
}

static void
done(void *ctx, int error)
{
	struct sync_entry *e = ctx;
	struct sync *s = e->q->sync;

	/* The next flush tries again; what the kernel could not write is in its log. */
	if (error != 0 && ++e->failures == 1)
		log_error("flushing %s to disk: %s",
		    e->message != NULL	    ? e->message->path
			: e->folder != NULL ? e->folder
					    : "the queue",
		    strerror(error));
	if (error == 0)
		e->failures = 0;
	else if (e->folder != NULL && e->failures < FOLDER_TRIES)
		e->again = true;
	if (repeat(s, e))
		return;
	if (e->message != NULL)
		e->message->sync = NULL;
	if (e->folder != NULL)
		hash_remove(&s->folders, e->folder);
	s->pending--;
	free(e->folder);
	free(e);
}

static void
finished(void *ctx, unsigned events)
{
	struct qmgr *q = ctx;

	(void)events;
	commit_queue_poll(q->sync->queue, done);
}

static void
must_have(const char *name)
{
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		log_fatal(EX_OSERR,
		    "open %s in the queue directory: %s; \"sallyport set-permissions\" makes missing folders", name,
		    strerror(errno));
	close(fd);
}

struct sync *
sync_new(struct qmgr *q)
{
	struct sync *s = mem_zero(1, sizeof(*s));

	must_have("incoming");
	must_have("active");
	s->folders = (struct hash)HASH(false);
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
sync_left(struct qmgr *q, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[QUEUE_PATH];
	struct sync_entry *e;
	size_t n;

	must_hold(slash != NULL && (n = (size_t)(slash - path)) < sizeof(folder));
	memcpy(folder, path, n);
	folder[n] = '\0';
	if ((e = hash_get(&q->sync->folders, folder)) != NULL) {
		e->again = true;
		return;
	}
	e = new_entry(q);
	e->folder = mem_str(folder);
	hash_put(&q->sync->folders, folder, e);
	commit_queue_add_folder(q->sync->queue, e->folder, e);
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
