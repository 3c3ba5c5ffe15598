/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches stand in a ring, in the order in which their names were found: an
 * opener takes the next free place, writes names down while no other reads
 * the folder, and then opens those files while others do the same with the
 * next places.  The caller empties the places in turn.  So all wait for each
 * other once in a batch only.
 */
#include "lib/mail/queueahead.h"

#include "lib/base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STACK = 256 * 1024, WHY_MEMORY = 8192, OPENERS = 2, RING = QUEUEAHEAD_OPEN / QUEUEAHEAD_BATCH };

struct batch {
	struct queueahead_file files[QUEUEAHEAD_BATCH];
	char paths[QUEUEAHEAD_BATCH][QUEUE_PATH];
	size_t named; /* paths */
	size_t at, n; /* files */
	bool last;
};

struct queueahead {
	const char *only;
	long alone; /* files opened without the threads */
	pthread_t threads[OPENERS];
	size_t running;
	struct batch *ring;	  /* RING of them; NULL while the caller is alone */
	pthread_mutex_t scanning; /* around what follows, once threads run */
	struct queuescan *scan;
	bool ended;
	pthread_mutex_t lock; /* around what follows; who needs both takes it second */
	pthread_cond_t room, filled;
	size_t begun, emptied; /* batches, of all that ever were */
	bool ready[RING];
	bool unwanted;
};

/* The next name that is wanted; false: the end. */
static bool
find_next(struct queueahead *a, struct queuescan_found *f)
{
	while (queuescan_next(a->scan, f))
		if (f->id[0] != '\0' && (a->only[0] == '\0' || strcmp(f->id, a->only) == 0))
			return true;
	return false;
}

static bool
open_one(const char *path, struct queueahead_file *out)
{
	struct arena mem = ARENA(WHY_MEMORY);
	struct verdict why = VERDICT(&mem);
	enum qfile_state state;

	/* Nobody looks at locks here: to look is to hold one for a moment, when an agent may want it. */
	out->file = qfile_open(AT_FDCWD, path, QFILE_READ, &state, &why);
	arena_free(&mem);
	return out->file != NULL;
}

/* Without the threads: the next good file; false: the end. */
static bool
open_next(struct queueahead *a, struct queueahead_file *out)
{
	struct queuescan_found f;

	while (find_next(a, &f)) {
		memcpy(out->id, f.id, sizeof(out->id));
		if (open_one(f.path, out))
			return true;
	}
	return false;
}

/* The next place of the ring, once it is free; NULL: nobody wants more. */
static struct batch *
free_place(struct queueahead *a)
{
	struct batch *b = NULL;

	pthread_mutex_lock(&a->lock);
	while (a->begun - a->emptied == RING && !a->unwanted)
		pthread_cond_wait(&a->room, &a->lock);
	if (!a->unwanted)
		b = &a->ring[a->begun++ % RING];
	pthread_mutex_unlock(&a->lock);
	return b;
}

static void
write_names(struct queueahead *a, struct batch *b)
{
	struct queuescan_found f;

	b->named = b->at = b->n = 0;
	while (b->named < QUEUEAHEAD_BATCH && find_next(a, &f)) {
		memcpy(b->files[b->named].id, f.id, sizeof(f.id));
		/* A queue id's path always fits. */
		snprintf(b->paths[b->named++], QUEUE_PATH, "%.*s", QUEUE_PATH - 1, f.path);
	}
	b->last = a->ended = b->named < QUEUEAHEAD_BATCH;
}

/* A batch of names; NULL: there are no more, or nobody wants them. */
static struct batch *
next_names(struct queueahead *a)
{
	struct batch *b = NULL;

	pthread_mutex_lock(&a->scanning);
	if (!a->ended && (b = free_place(a)) != NULL)
		write_names(a, b);
	pthread_mutex_unlock(&a->scanning);
	return b;
}

/* Those that cannot be opened leave no gap. */
static void
open_batch(struct batch *b)
{
	for (size_t i = 0; i < b->named; i++) {
		struct queueahead_file *f = &b->files[b->n];

		memmove(f->id, b->files[i].id, sizeof(f->id));
		if (open_one(b->paths[i], f))
			b->n++;
	}
}

static void *
run_ahead(void *ctx)
{
	struct queueahead *a = ctx;
	struct batch *b;

	while ((b = next_names(a)) != NULL) {
		open_batch(b);
		pthread_mutex_lock(&a->lock);
		a->ready[b - a->ring] = true;
		pthread_cond_signal(&a->filled);
		pthread_mutex_unlock(&a->lock);
	}
	return NULL;
}

/* False: it goes on without any. */
static bool
start(struct queueahead *a)
{
	pthread_attr_t attr;
	int err = 0;

	a->ring = mem_zero(RING, sizeof(*a->ring));
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	while (a->running < OPENERS && (err = pthread_create(&a->threads[a->running], &attr, run_ahead, a)) == 0)
		a->running++;
	pthread_attr_destroy(&attr);
	if (err != 0)
		log_warn("start a thread: %s", strerror(err));
	return a->running > 0;
}

struct queueahead *
queueahead_open(enum queue q, const char *only)
{
	struct queueahead *a = mem_zero(1, sizeof(*a));

	*a = (struct queueahead){ .scan = queuescan_open(q),
		.only = only,
		.scanning = PTHREAD_MUTEX_INITIALIZER,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.room = PTHREAD_COND_INITIALIZER,
		.filled = PTHREAD_COND_INITIALIZER };
	return a;
}

/* The batch whose turn it is, once it is ready; the caller is the only one that goes on to the next. */
static struct batch *
current(struct queueahead *a)
{
	struct batch *b = &a->ring[a->emptied % RING];

	pthread_mutex_lock(&a->lock);
	while (!a->ready[a->emptied % RING])
		pthread_cond_wait(&a->filled, &a->lock);
	pthread_mutex_unlock(&a->lock);
	return b;
}

static void
give_back(struct queueahead *a)
{
	pthread_mutex_lock(&a->lock);
	a->ready[a->emptied++ % RING] = false;
	pthread_cond_signal(&a->room);
	pthread_mutex_unlock(&a->lock);
}

bool
queueahead_next(struct queueahead *a, struct queueahead_file *out)
{
	struct batch *b;

	if (a->running == 0 && (a->only[0] != '\0' || a->alone != QUEUEAHEAD_FEW || !start(a))) {
		a->alone++;
		return open_next(a, out);
	}
	for (b = current(a); b->at == b->n; b = current(a)) {
		if (b->last)
			return false;
		give_back(a);
	}
	*out = b->files[b->at++];
	return true;
}

static void
stop(struct queueahead *a)
{
	pthread_mutex_lock(&a->lock);
	a->unwanted = true;
	pthread_cond_signal(&a->room); /* one can wait there at most: it has the folder */
	pthread_mutex_unlock(&a->lock);
	for (size_t i = 0; i < a->running; i++)
		pthread_join(a->threads[i], NULL);
}

void
queueahead_free(struct queueahead **ap)
{
	struct queueahead *a = *ap;

	if (a == NULL)
		return;
	if (a->running > 0)
		stop(a);
	for (size_t i = 0; a->ring != NULL && i < RING; i++)
		for (struct batch *b = &a->ring[i]; b->at < b->n; b->at++)
			qfile_free(&b->files[b->at].file);
	free(a->ring);
	queuescan_free(&a->scan);
	free(a);
	*ap = NULL;
}
