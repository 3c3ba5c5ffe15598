/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/postsuper/postsuper.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_SECONDS = 3600, MEMORY = 1 << 18 };

/* Queues that qmgr leaves alone: their files are removed here, whether it runs or not. */
#define NOT_QMGRS ((1u << QUEUE_CORRUPT) | (1u << QUEUE_MAILDROP))

void
super_open(struct super *s)
{
	struct arena mem = ARENA(MEMORY);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(1024);

	s->lock = -1;
	s->qmgr =
	    ipc_connect(arena_fmt(&mem, "public/%s", s->cf->queue_service_name), &qmgr_protocol, ANSWER_SECONDS, &why);
	if (s->qmgr == NULL && (s->lock = queue_lock(&err)) < 0)
		log_fatal(
		    EXIT_FAILURE, "%s, and the queue manager does not answer (%s); try again", buf_str(&err), why.text);
	arena_free(&mem);
	buf_free(&err);
}

/* Where an action looks: its own places, or of those that it can work in the ones that were named. */
static unsigned
places_for(const struct super *s, enum queue_action act)
{
	unsigned own = queue_action_places(act);

	return s->places == 0 ? own : s->places & (own | queue_action_more_places(act));
}

static void
put_queues(unsigned places, struct buf *out)
{
	for (int q = 0; q < QUEUES; q++)
		if (places & 1u << q)
			buf_fmt(out, "%s ", queue_names[q]);
}

static bool
ask(struct super *s, enum queue_action act, unsigned places, const char *id, struct arena *mem, struct qmgr_answer *a)
{
	struct buf queues = BUF(256);

	put_queues(places, &queues);
	qmgr_admin_send(s->qmgr,
	    &(struct qmgr_admin){ .action = queue_action_name(act), .queue_id = id, .queues = buf_str(&queues) });
	buf_free(&queues);
	if (!qmgr_answer_read(s->qmgr, mem, a))
		log_fatal(EXIT_FAILURE, "queue manager: %s", ipc_why(s->qmgr));
	return a->ok;
}

static enum outcome
act_through_qmgr(struct super *s, enum queue_action act, unsigned places, const char *id)
{
	struct arena mem = ARENA(MEMORY);
	enum outcome out = SUPER_DONE;
	struct qmgr_answer a;

	if (!ask(s, act, places, id, &mem, &a)) {
		out = strcmp(a.text, act_result_text(ACT_ABSENT)) == 0 ? SUPER_ABSENT
		    : strcmp(a.text, act_result_text(ACT_BUSY)) == 0   ? SUPER_BUSY
								       : SUPER_FAILED;
		if (out != SUPER_ABSENT)
			log_warn("%s: %s", id, a.text);
		if (out == SUPER_FAILED)
			s->failed = true;
	}
	arena_free(&mem);
	return out;
}

static enum outcome
act_here(struct super *s, enum queue_action act, unsigned places, const char *id)
{
	struct acted acted;

	switch (queue_act(&s->dirs, act, places, id, &acted)) {
	case ACT_DONE:
		return SUPER_DONE;
	case ACT_ABSENT:
		return SUPER_ABSENT;
	case ACT_BUSY:
		log_warn("%s: %s", id, act_result_text(ACT_BUSY));
		return SUPER_BUSY;
	default:
		log_warn("%s: %s: %s", id, queue_action_name(act), strerror(errno));
		s->failed = true;
		return SUPER_FAILED;
	}
}

enum outcome
super_act(struct super *s, enum queue_action act, const char *id)
{
	unsigned places = places_for(s, act), ours = s->qmgr != NULL ? places & NOT_QMGRS : places;
	enum outcome out = SUPER_ABSENT;

	if (s->qmgr != NULL && (places & ~NOT_QMGRS) != 0)
		out = act_through_qmgr(s, act, places & ~NOT_QMGRS, id);
	if (out == SUPER_ABSENT && ours != 0)
		out = act_here(s, act, ours, id);
	return out;
}

static long
all_here(struct super *s, enum queue_action act, enum queue q)
{
	struct queuescan *scan = queuescan_open(q);
	struct queuescan_found f;
	struct acted acted;
	long n = 0;

	while (queuescan_next(scan, &f)) {
		if (f.id[0] == '\0')
			continue;
		switch (queue_act_on(&s->dirs, act, q, f.path, f.id, &acted)) {
		case ACT_DONE:
			n++;
			break;
		case ACT_FAILED:
			log_warn("%s: %s: %s", f.path, queue_action_name(act), strerror(errno));
			s->failed = true;
			break;
		default:
			break;
		}
	}
	queuescan_free(&scan);
	return n;
}

long
super_act_all(struct super *s, enum queue_action act)
{
	unsigned places = places_for(s, act), ours = s->qmgr != NULL ? places & NOT_QMGRS : places;
	struct arena mem = ARENA(MEMORY);
	struct qmgr_answer a;
	long n = 0;

	if (s->qmgr != NULL && (places & ~NOT_QMGRS) != 0) {
		if (!ask(s, act, places & ~NOT_QMGRS, "ALL", &mem, &a)) {
			log_warn("%s: %s", queue_action_name(act), a.text);
			s->failed = true;
		}
		n = a.count;
	}
	for (int q = 0; q < QUEUES; q++)
		if (ours & 1u << q)
			n += all_here(s, act, (enum queue)q);
	arena_free(&mem);
	return n;
}
