/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/round.h"

#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/io/file.h"
#include "lib/service/service.h"
#include "qmgr/agents.h"
#include "qmgr/asker.h"
#include "qmgr/bouncer.h"
#include "qmgr/channel.h"
#include "qmgr/deferred.h"
#include "qmgr/intake.h"
#include "qmgr/marker.h"
#include "qmgr/orphans.h"
#include "qmgr/outcome.h"
#include "qmgr/server.h"
#include "qmgr/sync.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* A round's length, after which others get their turn; the end's; descriptors that are not messages'. */
enum {
	ROUND_MS = 5,
	DRAIN_MS = 5000,
	SECOND_MS = 1000,
	OTHER_FDS = 512,
	OTHER_FDS_MOST = 2048,
	FDS_A_MESSAGE = 2,
	DROPPED_A_ROUND = 256,
	LOCK_MS = 5000,
	FEW_MESSAGES = 1000
};

/* Strings of one message from another daemon. */
enum { SCRATCH_MAX = 1 << 20 };

/* The last qmgr may be about to end, or postsuper at work. */
static bool
lock_queue(struct qmgr *q, struct buf *err)
{
	long end = tick_ms() + LOCK_MS;

	while ((q->lock = queue_lock(err)) < 0) {
		if (errno != EWOULDBLOCK || tick_ms() > end)
			return false;
		buf_clear(err);
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	}
	return true;
}

static bool
open_queue(const struct conf *cf, void **state, struct buf *err)
{
	struct qmgr *q = mem_zero(1, sizeof(*q));

	q->cf = cf;
	*state = q;
	if (!accounts_load(cf, &q->accounts, err) || !lock_queue(q, err))
		return false;
	q->unclean = marker_unclean(q->lock);
	if (!marker_running(q->lock, err))
		return false;
	return true;
}

void
round_again(struct qmgr *q)
{
	if (q->soon.at == 0)
		loop_timer(q->loop, &q->soon, 0);
}

bool
round_over(const struct qmgr *q)
{
	return tick_ms() - loop_now(q->loop) > ROUND_MS;
}

static void
nothing(void *ctx)
{
	(void)ctx; /* that the loop wakes is all that is wanted */
}

static void
work(struct qmgr *q)
{
	/* Once each: what wakes again meanwhile has its turn in the next round. */
	for (size_t n = q->work.n; n > 0 && q->work.n > 0; n--) {
		struct list_link *l = list_first(&q->work);

		list_remove(&q->work, l);
		message_step(LIST_OF(struct message, work, l));
		if (round_over(q))
			break;
	}
}

/* What waited for a destination or a transport that has died. */
static void
drop(struct qmgr *q)
{
	struct sched_trouble why;
	struct sched_rcpt *r;

	for (int i = 0; (r = sched_dropped(q->sched, &why)) != NULL; i++) {
		if (i == DROPPED_A_ROUND || round_over(q)) {
			round_again(q);
			return;
		}
		outcome_own(LIST_OF(struct rcpt, sched, r), 451, why.dsn, why.text);
	}
}

static void
end(struct qmgr *q)
{
	sync_wait(q);
	marker_clean(q->lock);
	loop_stop(q->loop);
}

static void
round_end(void *ctx)
{
	struct qmgr *q = ctx;
	long ms;

	intake_round(q);
	deferred_round(q);
	work(q);
	drop(q);
	agents_dispatch(q);
	server_tidy(q);
	if ((ms = sched_tick(q->sched, loop_now(q->loop))) >= 0)
		loop_timer(q->loop, &q->wake, ms);
	channels_flush(&q->dirty);
	if (q->work.n > 0)
		round_again(q); /* woken since it was their turn */
	if (q->stopping && agents_busy(q) == 0 && bouncer_busy(q) == 0 && q->work.n == 0)
		end(q);
}

static void
second(void *ctx)
{
	struct qmgr *q = ctx;

	intake_second(q);
	agents_tidy(q);
	messages_refill(q);
	loop_timer(q->loop, &q->second, SECOND_MS);
}

static void
drained(void *ctx)
{
	struct qmgr *q = ctx;

	log_info("%zu deliveries go on; their results come to the next queue manager", agents_busy(q));
	end(q);
}

static void
stop(void *state)
{
	struct qmgr *q = state;

	q->stopping = true;
	loop_timer(q->loop, &q->drain, DRAIN_MS);
	round_again(q);
}

static void
wakeup(const struct conf *cf, void *state)
{
	(void)cf;
	intake_rescan(state);
	round_again(state);
}

/* Each active message has its file open, and for a moment a second time. */
static size_t
most_messages(const struct conf *cf)
{
	size_t wanted = (size_t)cf->qmgr_message_active_limit, possible, others;
	struct rlimit fds;

	if (getrlimit(RLIMIT_NOFILE, &fds) < 0 || fds.rlim_cur == RLIM_INFINITY)
		return wanted;
	others = fds.rlim_cur / 8;
	others = others < OTHER_FDS ? OTHER_FDS : others > OTHER_FDS_MOST ? OTHER_FDS_MOST : others;
	possible = fds.rlim_cur > 2 * others ? (fds.rlim_cur - others) / FDS_A_MESSAGE : others / FDS_A_MESSAGE;
	if (possible >= wanted)
		return wanted;
	/* Many systems give a little less than the default asks for: worth a line, and a warning only when it is little. */
	if (possible >= FEW_MESSAGES)
		log_info("qmgr_message_active_limit: using %zu of %zu, as there may be %lu open files", possible,
		    wanted, (unsigned long)fds.rlim_cur);
	else
		log_warn(
		    "qmgr_message_active_limit = %zu needs more open files than the limit of %lu allows; using %zu",
		    wanted, (unsigned long)fds.rlim_cur, possible);
	return possible;
}

static void
start(struct loop *loop, const struct conf *cf, void *state, const int *listeners, int n)
{
	struct qmgr *q = state;
	struct sched_limits limits;

	q->loop = loop;
	queuedir_init(&q->dirs, cf);
	q->retry = settings_retry(cf);
	q->started_us = now_us();
	settings_limits(cf, &limits);
	q->sched = sched_new(&limits, settings_of, (void *)(uintptr_t)cf);
	q->messages = (struct hash)HASH(false);
	q->most = most_messages(cf);
	list_init(&q->work);
	list_init(&q->dirty);
	q->scratch = (struct arena)ARENA(SCRATCH_MAX);
	q->soon = q->wake = (struct timer){ .run = nothing, .ctx = q };
	q->second = (struct timer){ .run = second, .ctx = q };
	q->drain = (struct timer){ .run = drained, .ctx = q };
	q->sync = sync_new(q);
	q->intake = intake_new(q);
	q->deferred = deferred_new(q);
	q->asker = asker_new(q);
	q->agents = agents_new(q);
	q->bouncer = bouncer_new(q);
	q->orphans = orphans_new(q);
	q->server = server_new(q, listeners, n);
	loop_idle(loop, round_end, q);
	loop_timer(loop, &q->second, SECOND_MS);
	service_ready();
}

static const struct service_folder folders[] = {
	{ "incoming", FOLDER_READ | FOLDER_WRITE | FOLDER_CREATE },
	{ "active", FOLDER_READ | FOLDER_WRITE | FOLDER_CREATE },
	{ "deferred", FOLDER_READ | FOLDER_WRITE | FOLDER_CREATE },
	{ "hold", FOLDER_READ | FOLDER_WRITE | FOLDER_CREATE },
	{ "corrupt", FOLDER_READ | FOLDER_WRITE | FOLDER_CREATE },
	{ "private", FOLDER_READ | FOLDER_WRITE },
	{ NULL, 0 },
};

const struct service qmgr_service = {
	.program = "qmgr",
	.about = "decides who tries what and when",
	.shape = SHAPE_LOOP,
	.account = ACCOUNT_QUEUE,
	.peers = PEER_QUEUE | PEER_NET | PEER_DROP,
	.rights = { .folders = folders },
	.open = open_queue,
	.loop = start,
	.wakeup = wakeup,
	.stop = stop,
};
