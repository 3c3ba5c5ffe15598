/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches go from hand to hand: one is filled by the thread, one is ready,
 * one is with the caller.  So both wait for each other once in a batch only.
 */
#include "lib/mail/queueahead.h"

#include "lib/base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { STACK = 256 * 1024, WHY_MEMORY = 8192 };

struct batch {
	struct queueahead_file files[QUEUEAHEAD_BATCH];
	size_t at, n;
	bool last;
};

struct queueahead {
	struct queuescan *scan; /* the thread's, once it runs */
	const char *only;
	long alone; /* files opened without the thread */
	bool running;
	pthread_t thread;
	struct batch *filling, *mine; /* the thread's and the caller's */
	pthread_mutex_t lock;	      /* around what follows */
	pthread_cond_t changed;
	struct batch *ready;
	bool is_ready, unwanted;
};

/* The next good file; false: the end. */
static bool
open_next(struct queueahead *a, struct queueahead_file *out)
{
	struct arena mem = ARENA(WHY_MEMORY);
	struct verdict why = VERDICT(&mem);
	struct queuescan_found f;
	enum qfile_state state;
	bool found = false;

	while (!found && queuescan_next(a->scan, &f)) {
		if (f.id[0] == '\0' || (a->only[0] != '\0' && strcmp(f.id, a->only) != 0))
			continue;
		/* Nobody looks at locks here: to look is to hold one for a moment, when an agent may want it. */
		out->file = qfile_open(AT_FDCWD, f.path, QFILE_READ, &state, &why);
		memcpy(out->id, f.id, sizeof(out->id));
		found = out->file != NULL;
		arena_reset(&mem);
	}
	arena_free(&mem);
	return found;
}

/* With the lock. */
static void
swap_ready(struct queueahead *a, struct batch **b)
{
	struct batch *other = a->ready;

	a->ready = *b;
	*b = other;
	a->is_ready = !a->is_ready;
	pthread_cond_signal(&a->changed);
}

/* False: nobody wants it. */
static bool
hand_over(struct queueahead *a)
{
	bool wanted;

	pthread_mutex_lock(&a->lock);
	while (a->is_ready && !a->unwanted)
		pthread_cond_wait(&a->changed, &a->lock);
	if ((wanted = !a->unwanted))
		swap_ready(a, &a->filling);
	pthread_mutex_unlock(&a->lock);
	return wanted;
}

static void *
run_ahead(void *ctx)
{
	struct queueahead *a = ctx;
	bool last = false;

	while (!last) {
		struct batch *b = a->filling;

		b->at = b->n = 0;
		while (b->n < QUEUEAHEAD_BATCH && open_next(a, &b->files[b->n]))
			b->n++;
		last = b->last = b->n < QUEUEAHEAD_BATCH;
		if (!hand_over(a))
			break;
	}
	return NULL;
}

/* False: it goes on without one. */
static bool
start(struct queueahead *a)
{
	pthread_attr_t attr;
	int err;

	a->filling = mem_zero(1, sizeof(*a->filling));
	a->ready = mem_zero(1, sizeof(*a->ready));
	a->mine = mem_zero(1, sizeof(*a->mine));
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	err = pthread_create(&a->thread, &attr, run_ahead, a);
	pthread_attr_destroy(&attr);
	if (err != 0)
		log_warn("start a thread: %s", strerror(err));
	return a->running = err == 0;
}

struct queueahead *
queueahead_open(enum queue q, const char *only)
{
	struct queueahead *a = mem_zero(1, sizeof(*a));

	*a = (struct queueahead){ .scan = queuescan_open(q),
		.only = only,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER };
	return a;
}

static void
take_batch(struct queueahead *a)
{
	pthread_mutex_lock(&a->lock);
	while (!a->is_ready)
		pthread_cond_wait(&a->changed, &a->lock);
	swap_ready(a, &a->mine);
	pthread_mutex_unlock(&a->lock);
}

bool
queueahead_next(struct queueahead *a, struct queueahead_file *out)
{
	if (!a->running && (a->only[0] != '\0' || a->alone != QUEUEAHEAD_FEW || !start(a))) {
		a->alone++;
		return open_next(a, out);
	}
	if (a->mine->at == a->mine->n && !a->mine->last)
		take_batch(a);
	if (a->mine->at == a->mine->n)
		return false;
	*out = a->mine->files[a->mine->at++];
	return true;
}

static void
free_batch(struct batch **bp)
{
	struct batch *b = *bp;

	while (b != NULL && b->at < b->n)
		qfile_free(&b->files[b->at++].file);
	free(b);
	*bp = NULL;
}

void
queueahead_free(struct queueahead **ap)
{
	struct queueahead *a = *ap;

	if (a == NULL)
		return;
	if (a->running) {
		pthread_mutex_lock(&a->lock);
		a->unwanted = true;
		pthread_cond_signal(&a->changed);
		pthread_mutex_unlock(&a->lock);
		pthread_join(a->thread, NULL);
	}
	/* A batch that is not ready has been read, or was never filled. */
	free_batch(&a->filling);
	free_batch(&a->ready);
	free_batch(&a->mine);
	queuescan_free(&a->scan);
	free(a);
	*ap = NULL;
}
