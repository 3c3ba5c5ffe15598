/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/deferred.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/mail/qfile.h"
#include "qmgr/index.h"
#include "qmgr/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INDEX_MOST = 100000, POSTPONE_S = 5, SLICE = 256, SITES_MOST = 16 };

struct deferred {
	struct index *index;
	struct queuescan *scan;	 /* NULL: not being looked through */
	bool again;		 /* once more when it is through */
	long flushed_us;	 /* what was not changed since is due */
	char *sites[SITES_MOST]; /* asked for; whose messages are looked for in the files */
	size_t nsites, nlooked;	 /* of them, those that the walk has been looking for from its start */
};

struct deferred *
deferred_new(struct qmgr *q)
{
	struct deferred *d = mem_zero(1, sizeof(*d));

	(void)q;
	d->index = index_new(INDEX_MOST);
	d->again = true;
	return d;
}

void
deferred_add(struct qmgr *q, const char *id, long at, uint64_t domains)
{
	index_add(q->deferred->index, id, at, domains);
}

void
deferred_postpone(struct qmgr *q, const char *id)
{
	index_add(q->deferred->index, id, now_us() / 1000000 + POSTPONE_S, INDEX_ANY);
}

static long
changed_us(const struct stat *st)
{
	return st->st_ctim.tv_sec * 1000000 + st->st_ctim.tv_nsec / 1000;
}

static bool
flushed(const struct deferred *d, const struct stat *st)
{
	return changed_us(st) <= d->flushed_us;
}

bool
deferred_due(struct qmgr *q, char id[QUEUEID_MAX], char path[QUEUE_PATH], unsigned *flags)
{
	struct deferred *d = q->deferred;
	long now = now_us() / 1000000;
	struct index_entry e;
	struct stat st;

	while (index_pop(d->index, now, &e)) {
		/* Since it was entered it may have been tried, held or removed. */
		if (!queuedir_find(&q->dirs, QUEUE_DEFERRED, e.id, path) || lstat(path, &st) < 0)
			continue;
		*flags = flushed(d, &st) || e.at == 0 ? OPEN_FLUSHED : 0;
		if (st.st_mtim.tv_sec <= now || *flags != 0) {
			memcpy(id, e.id, QUEUEID_MAX);
			return true;
		}
		index_add(d->index, e.id, st.st_mtim.tv_sec, e.domains);
	}
	return false;
}

long
deferred_next(const struct qmgr *q)
{
	return index_next(q->deferred->index);
}

bool
deferred_settled(const struct qmgr *q)
{
	return q->deferred->scan == NULL && !q->deferred->again;
}

static bool
site_matches(const char *address, const char *site)
{
	const char *at = strrchr(address, '@');

	return at != NULL && text_same(at + 1, site);
}

/* Has the message an open recipient at one of the sites that are looked for? */
static bool
wanted(const struct deferred *d, const struct qfile *file)
{
	size_t n = qfile_nrcpts(file);
	bool found = false;

	for (size_t i = 0; i < n && !found; i++) {
		struct arena mem = ARENA(2 * QFILE_RCPT_MAX);
		struct verdict why = VERDICT(&mem);
		struct recipient r;
		struct slot slot;

		if (qfile_slot(file, i, &slot) && slot.state == SLOT_OPEN && qfile_rcpt(file, &slot, &mem, &r, &why))
			for (size_t k = 0; k < d->nsites; k++)
				found = found || site_matches(r.address, d->sites[k]);
		arena_free(&mem);
	}
	return found;
}

static bool
wanted_file(const struct deferred *d, const char *path)
{
	struct arena mem = ARENA(16384);
	struct verdict why = VERDICT(&mem);
	enum qfile_state state;
	struct qfile *file;
	bool yes = false;

	/* What cannot be opened is dealt with when its time has come. */
	if ((file = qfile_open(AT_FDCWD, path, QFILE_READ, &state, &why)) != NULL)
		yes = wanted(d, file);
	qfile_free(&file);
	arena_free(&mem);
	return yes;
}

static void
enter(struct deferred *d, const struct queuescan_found *f)
{
	long at;
	struct stat st;

	if (f->id[0] == '\0' || lstat(f->path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	at = flushed(d, &st) ? 0 : st.st_mtim.tv_sec;
	if (at != 0 && d->nsites > 0 && wanted_file(d, f->path))
		at = 0;
	index_add(d->index, f->id, at, INDEX_ANY);
}

static void
walk_ended(struct deferred *d)
{
	queuescan_free(&d->scan);
	/* Sites that were asked for while it ran need another one. */
	for (size_t i = 0; i < d->nlooked; i++)
		free(d->sites[i]);
	memmove(d->sites, d->sites + d->nlooked, (d->nsites - d->nlooked) * sizeof(*d->sites));
	d->nsites -= d->nlooked;
	d->nlooked = 0;
	if (d->nsites > 0)
		d->again = true;
}

void
deferred_round(struct qmgr *q)
{
	struct deferred *d = q->deferred;
	struct queuescan_found f;

	if (d->scan == NULL && index_low(d->index))
		d->again = true;
	if (d->scan == NULL && d->again) {
		d->again = false;
		d->nlooked = d->nsites;
		index_clear(d->index);
		d->scan = queuescan_open(QUEUE_DEFERRED);
	}
	if (d->scan == NULL)
		return;
	for (int i = 0; i < SLICE && !round_over(q); i++) {
		if (!queuescan_next(d->scan, &f)) {
			walk_ended(d);
			break;
		}
		enter(d, &f);
	}
	round_again(q);
}

void
deferred_flush(struct qmgr *q)
{
	struct deferred *d = q->deferred;

	d->flushed_us = now_us();
	sched_forgive(q->sched, loop_now(q->loop));
	if (index_complete(d->index))
		index_all_due(d->index);
	else
		d->again = true;
}

/* On the disk, too: it is due now, also for a qmgr that starts later. */
static bool
due_now(struct qmgr *q, const char *id, long at)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_NOW } };
	char path[QUEUE_PATH];

	if (!queuedir_find(&q->dirs, QUEUE_DEFERRED, id, path))
		return false;
	if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) < 0)
		log_warn("%s: set the time of the next attempt: %s", path, strerror(errno));
	index_add(q->deferred->index, id, at, INDEX_ANY);
	return true;
}

bool
deferred_flush_one(struct qmgr *q, const char *id)
{
	sched_forgive(q->sched, loop_now(q->loop));
	return due_now(q, id, 0);
}

size_t
deferred_flush_site(struct qmgr *q, const char *domain)
{
	struct deferred *d = q->deferred;
	size_t unknown, n;

	sched_forgive(q->sched, loop_now(q->loop));
	n = index_site_due(d->index, index_domain(domain), &unknown);
	if ((unknown > 0 || !index_complete(d->index) || d->scan != NULL) && d->nsites < SITES_MOST) {
		d->sites[d->nsites++] = mem_str(domain);
		d->again = true;
	}
	return n;
}
