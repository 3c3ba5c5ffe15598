/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One fsync a file from the thread that waits for it: parallel ones share
 * journal commits on ext4 and xfs, so that fifty sessions commit five times as
 * fast as one.  The queue's thread flushes what came within an interval: it
 * starts write-out for all of them first, then waits for each.
 */
#include "lib/io/commit.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool
flushed(int flush(int), int fd)
{
	int r;

	while ((r = flush(fd)) < 0 && errno == EINTR)
		;
	return r == 0;
}

bool
commit_file(int fd)
{
	return flushed(fsync, fd);
}

bool
commit_content(int fd)
{
	return flushed(fdatasync, fd);
}

/* Names are no content: with fdatasync, ext4 might keep them for itself. */
bool
commit_folder(int fd)
{
	return commit_file(fd) || errno == EINVAL; /* a file system that cannot: nothing more can be done */
}

struct entry {
	int fd, error;
	const char *folder; /* NULL: fd is to be flushed */
	void *ctx;
};
struct batch {
	struct entry *entries;
	size_t n, cap;
};
struct commit_queue {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t came, hurry, done;
	long interval_ms;
	int event;
	bool end, flushing;
	size_t awaited; /* by so many, who need not wait for what may still come */
	struct batch waiting, finished;
};

static void
add(struct batch *b, struct entry e)
{
	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 64;
		b->entries = mem_grow(b->entries, b->cap, sizeof(*b->entries));
	}
	b->entries[b->n++] = e;
}

/*
 * btrfs takes down an fsync in a log beside its trees, and what it makes of that log after a loss of power may have a
 * file back in a folder that it had left, although each folder was flushed (seen on Linux 6.18 with a file that was
 * renamed to and fro and then removed).  Its transaction is the truth: there, that is flushed.
 */
static bool
commit_transaction(int fd)
{
	uint64_t id;

	return ioctl(fd, BTRFS_IOC_START_SYNC, &id) == 0 && ioctl(fd, BTRFS_IOC_WAIT_SYNC, &id) == 0;
}

static bool
is_btrfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == BTRFS_SUPER_MAGIC;
}

/* *whole: the device of which all is on the disk; 0: none yet. */
static void
flush_folder(struct entry *e, dev_t *whole)
{
	int fd = open(e->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		e->error = errno;
	else if (*whole != 0 && *whole == st.st_dev)
		e->error = 0;
	else if (is_btrfs(fd) && commit_transaction(fd))
		*whole = st.st_dev;
	else if (!commit_folder(fd))
		e->error = errno;
	if (fd >= 0)
		close(fd);
}

static void
flush_file(struct entry *e)
{
	if (!commit_file(e->fd))
		e->error = errno;
	close(e->fd);
}

static void
flush(struct batch *b)
{
	dev_t whole = 0;

	/* Only a start; fsync decides. */
	for (size_t i = 0; i < b->n; i++)
		if (b->entries[i].folder == NULL)
			sync_file_range(b->entries[i].fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	for (size_t i = 0; i < b->n; i++)
		if (b->entries[i].folder != NULL)
			flush_folder(&b->entries[i], &whole);
	for (size_t i = 0; i < b->n; i++)
		if (b->entries[i].folder == NULL)
			flush_file(&b->entries[i]);
}

/* What comes within the interval is flushed together; the lock is ours. */
static void
gather(struct commit_queue *q)
{
	const struct timespec until = tick_after(q->interval_ms);

	while (!q->end && q->awaited == 0 && pthread_cond_clockwait(&q->hurry, &q->lock, CLOCK_MONOTONIC, &until) == 0)
		;
}

static void
tell(struct commit_queue *q)
{
	const uint64_t one = 1;

	if (write(q->event, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_warn("commit: eventfd: %s", strerror(errno));
}

static void *
flusher(void *arg)
{
	struct commit_queue *q = arg;

	pthread_mutex_lock(&q->lock);
	for (;;) {
		struct batch b;

		while (q->waiting.n == 0 && !q->end)
			pthread_cond_wait(&q->came, &q->lock);
		if (q->waiting.n == 0)
			break;
		gather(q);
		b = q->waiting;
		q->waiting = (struct batch){ 0 };
		q->flushing = true;
		pthread_mutex_unlock(&q->lock);
		flush(&b);
		pthread_mutex_lock(&q->lock);
		for (size_t i = 0; i < b.n; i++)
			add(&q->finished, b.entries[i]);
		free(b.entries);
		q->flushing = false;
		pthread_cond_broadcast(&q->done);
		tell(q);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

struct commit_queue *
commit_queue_new(long interval_ms)
{
	struct commit_queue *q = mem_zero(1, sizeof(*q));
	int err;

	q->interval_ms = interval_ms;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->came, NULL);
	pthread_cond_init(&q->hurry, NULL);
	pthread_cond_init(&q->done, NULL);
	if ((q->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		log_fatal(EX_OSERR, "eventfd: %s", strerror(errno));
	if ((err = pthread_create(&q->thread, NULL, flusher, q)) != 0)
		log_fatal(EX_OSERR, "cannot start the commit thread: %s", strerror(err));
	return q;
}

static void
wait_for_flush(struct commit_queue *q, struct entry e)
{
	pthread_mutex_lock(&q->lock);
	add(&q->waiting, e);
	pthread_cond_signal(&q->came);
	pthread_mutex_unlock(&q->lock);
}

void
commit_queue_add(struct commit_queue *q, int fd, void *ctx)
{
	struct entry e = { .fd = fcntl(fd, F_DUPFD_CLOEXEC, 3), .ctx = ctx };

	if (e.fd < 0) {
		/* No descriptor to spare: then it is flushed here and now. */
		e.error = commit_file(fd) ? 0 : errno;
		pthread_mutex_lock(&q->lock);
		add(&q->finished, e);
		pthread_mutex_unlock(&q->lock);
		tell(q);
		return;
	}
	wait_for_flush(q, e);
}

void
commit_queue_add_folder(struct commit_queue *q, const char *path, void *ctx)
{
	wait_for_flush(q, (struct entry){ .fd = -1, .folder = path, .ctx = ctx });
}

int
commit_queue_fd(const struct commit_queue *q)
{
	return q->event;
}

void
commit_queue_poll(struct commit_queue *q, void (*done)(void *ctx, int error))
{
	struct batch b;
	uint64_t count;

	if (read(q->event, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_warn("commit: eventfd: %s", strerror(errno));
	pthread_mutex_lock(&q->lock);
	b = q->finished;
	q->finished = (struct batch){ 0 };
	pthread_mutex_unlock(&q->lock);
	for (size_t i = 0; i < b.n; i++)
		done(b.entries[i].ctx, b.entries[i].error);
	free(b.entries);
}

void
commit_queue_wait(struct commit_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->awaited++;
	pthread_cond_signal(&q->hurry);
	while (q->waiting.n > 0 || q->flushing)
		pthread_cond_wait(&q->done, &q->lock);
	q->awaited--;
	pthread_mutex_unlock(&q->lock);
}

void
commit_queue_free(struct commit_queue **qp)
{
	struct commit_queue *q = *qp;

	if (q == NULL)
		return;
	pthread_mutex_lock(&q->lock);
	q->end = true;
	pthread_cond_signal(&q->came);
	pthread_cond_signal(&q->hurry);
	pthread_mutex_unlock(&q->lock);
	pthread_join(q->thread, NULL);
	close(q->event);
	free(q->finished.entries);
	free(q);
	*qp = NULL;
}
