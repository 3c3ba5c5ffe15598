/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/intake.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/mail/qfile.h"
#include "qmgr/deferred.h"
#include "qmgr/message.h"
#include "qmgr/orphans.h"
#include "qmgr/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NEWS_MOST = 10000, LEFT_ALONE_MOST = 1000, RESCAN_S = 60 };

struct news {
	struct list_link link;
	char id[QUEUEID_MAX];
	bool look;
};

struct intake {
	struct qmgr *q;
	struct list news;
	struct queuescan *incoming, *active; /* NULL: not being looked through */
	bool rescan, rescan_active;
	long rescan_at, active_at; /* ms: not before */
	bool slow;		   /* cleanup was told to wait */
	long warn_at;		   /* no complaint before */
	struct hash left_alone;
	unsigned turn;
};

struct intake *
intake_new(struct qmgr *q)
{
	struct intake *i = mem_zero(1, sizeof(*i));

	i->q = q;
	list_init(&i->news);
	i->left_alone = (struct hash)HASH(false);
	i->active = queuescan_open(QUEUE_ACTIVE);
	i->rescan = true;
	return i;
}

static bool
full(const struct qmgr *q)
{
	return q->messages.n >= q->most;
}

static void
slow_down(struct intake *i, bool slow)
{
	if (i->slow != slow)
		server_slow(i->q, slow);
	i->slow = slow;
}

/* One destination has most of the room that all share. */
static void
warn_clogged(struct intake *i)
{
	struct qmgr *q = i->q;
	const struct sched_destination *d;
	long now = loop_now(q->loop);
	size_t n;

	if (q->cf->qmgr_clog_warn_time == 0 || now < i->warn_at)
		return;
	if ((d = sched_busiest(q->sched, &n)) == NULL || n <= q->most / 4)
		return;
	i->warn_at = now + q->cf->qmgr_clog_warn_time * 1000;
	log_warn(
	    "mail for %s is using up %zu of %zu active queue entries", sched_destination_name(d), n, q->messages.n);
}

void
intake_news(struct qmgr *q, const char *id, bool look)
{
	struct intake *i = q->intake;
	struct news *n;

	if (full(q) || q->stopping || i->news.n >= NEWS_MOST) {
		i->rescan = true;
		if (full(q)) {
			slow_down(i, true);
			warn_clogged(i);
		}
		return;
	}
	if (!queueid_ok(id)) {
		log_warn("news of a file with a bad name: %.40s", id);
		return;
	}
	n = mem_zero(1, sizeof(*n));
	memcpy(n->id, id, strlen(id) + 1);
	n->look = look;
	list_append(&i->news, &n->link);
}

struct message *
intake_early(struct qmgr *q, const char *id, int memory)
{
	char path[QUEUE_PATH];
	enum opened opened;

	/* What came before has its turn first. */
	if (full(q) || q->stopping || q->intake->news.n > 0 || !queueid_ok(id)) {
		if (memory >= 0)
			close(memory);
		return NULL;
	}
	queuedir_path(&q->dirs, QUEUE_INCOMING, id, path);
	opened = memory >= 0 ? message_from_memory(q, memory, path, id)
			     : message_open(q, QUEUE_INCOMING, path, id, OPEN_NEWS | OPEN_EARLY);
	return opened == OPENED ? message_of(q, id) : NULL;
}

void
intake_rescan(struct qmgr *q)
{
	q->intake->rescan = true;
	q->intake->rescan_at = 0;
}

void
intake_active_again(struct qmgr *q)
{
	q->intake->rescan_active = true;
	q->intake->active_at = loop_now(q->loop) + RESCAN_S * 1000L;
}

bool
intake_leave_alone(struct qmgr *q, const char *id)
{
	struct hash *known = &q->intake->left_alone;

	if (hash_get(known, id) != NULL || known->n >= LEFT_ALONE_MOST)
		return false;
	hash_put(known, id, known);
	return true;
}

bool
intake_settled(const struct qmgr *q)
{
	const struct intake *i = q->intake;

	return i->active == NULL && i->incoming == NULL && !i->rescan && i->news.n == 0;
}

/* Half a copy that a compaction left behind: the original is whole. */
static void
odd_file(const char *path)
{
	if (!text_ends(path, QFILE_COMPACT_SUFFIX)) {
		log_debug("%s: not a queue file", path);
	} else if (unlink(path) == 0) {
		log_info("%s: cleared away: a copy that was not finished", path);
	}
}

/* The next of the files that a walk finds; false: it is over. */
static bool
next_found(struct queuescan **scan, struct queuescan_found *f)
{
	while (*scan != NULL) {
		if (!queuescan_next(*scan, f))
			queuescan_free(scan);
		else if (f->id[0] == '\0')
			odd_file(f->path);
		else
			return true;
	}
	return false;
}

/* After a start: what the last qmgr had taken up. */
static bool
take_active(struct intake *i)
{
	struct queuescan_found f;

	if (!next_found(&i->active, &f))
		return false;
	if (message_of(i->q, f.id) == NULL && !orphan_known(i->q, f.id) &&
	    message_open(i->q, QUEUE_ACTIVE, f.path, f.id, 0) == OPEN_BUSY)
		orphan_add(i->q, QUEUE_ACTIVE, f.id, f.path);
	return true;
}

static bool
take_news(struct intake *i)
{
	struct list_link *l = list_first(&i->news);
	char path[QUEUE_PATH];
	struct news *n;

	if (l == NULL)
		return false;
	n = LIST_OF(struct news, link, l);
	list_remove(&i->news, l);
	queuedir_path(&i->q->dirs, QUEUE_INCOMING, n->id, path);
	if (message_open(i->q, QUEUE_INCOMING, path, n->id, n->look ? 0 : OPEN_NEWS) == OPEN_BUSY &&
	    !orphan_known(i->q, n->id))
		orphan_add(i->q, QUEUE_INCOMING, n->id, path);
	free(n);
	return true;
}

static bool
take_incoming(struct intake *i)
{
	struct queuescan_found f;

	if (take_news(i))
		return true;
	if (!next_found(&i->incoming, &f))
		return false;
	/* Busy: cleanup is writing it; we hear of it, or find it the next time. */
	message_open(i->q, QUEUE_INCOMING, f.path, f.id, 0);
	return true;
}

static bool
take_deferred(struct intake *i)
{
	char id[QUEUEID_MAX], path[QUEUE_PATH];
	unsigned flags;

	if (!deferred_due(i->q, id, path, &flags))
		return false;
	if (message_open(i->q, QUEUE_DEFERRED, path, id, flags) == OPEN_BUSY)
		deferred_postpone(i->q, id);
	return true;
}

static void
start_walks(struct intake *i)
{
	long now = loop_now(i->q->loop);

	if (i->rescan && i->incoming == NULL && now >= i->rescan_at && !full(i->q)) {
		i->rescan = false;
		i->rescan_at = now + 1000; /* not in a circle */
		i->incoming = queuescan_open(QUEUE_INCOMING);
	}
	if (i->rescan_active && i->active == NULL && now >= i->active_at && !full(i->q)) {
		i->rescan_active = false;
		i->active = queuescan_open(QUEUE_ACTIVE);
	}
}

void
intake_round(struct qmgr *q)
{
	struct intake *i = q->intake;

	start_walks(i);
	while (!full(q) && !q->stopping) {
		bool some = take_active(i);

		some = (i->turn++ % 2 == 0 ? take_incoming(i) : take_deferred(i)) || some;
		if (!some && !(i->turn++ % 2 == 0 ? take_incoming(i) : take_deferred(i)))
			break;
		if (round_over(q)) {
			round_again(q);
			break;
		}
	}
	if (full(q) && (i->news.n > 0 || i->incoming != NULL)) {
		slow_down(i, true);
		warn_clogged(i);
		i->rescan = true;
		for (struct list_link *l; (l = list_first(&i->news)) != NULL;) {
			list_remove(&i->news, l);
			free(LIST_OF(struct news, link, l));
		}
	} else if (i->slow && q->messages.n < q->most - q->most / 10 && i->incoming == NULL) {
		slow_down(i, false);
		round_again(q);
	}
}

void
intake_second(struct qmgr *q)
{
	struct intake *i = q->intake;

	if (loop_now(q->loop) >= i->rescan_at + RESCAN_S * 1000L)
		i->rescan = true;
	if (i->rescan || i->rescan_active)
		round_again(q);
}
