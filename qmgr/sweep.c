/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/sweep.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "qmgr/deferred.h"
#include "qmgr/index.h"
#include "qmgr/message.h"
#include "qmgr/sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sweep {
	struct qmgr *q;
	enum queue_action act;
	unsigned places;
	int queue; /* that is being looked through */
	struct queuescan *scan;
	long done, busy, failed;
	bool all;
};

/* A message that is in memory; what agents have of it, they finish first. */
static enum act_result
act_in_memory(struct qmgr *q, enum queue_action act, struct message *m)
{
	struct arena mem = ARENA(16384);
	struct verdict why = VERDICT(&mem);
	enum act_result result = ACT_DONE;

	(void)q;
	if (m->wish == WISH_DELETE) /* there is no file any more, or not for long */
		return act == ACT_DELETE ? ACT_DONE : ACT_ABSENT;
	switch (act) {
	case ACT_DELETE:
		message_asked(m, WISH_DELETE);
		break;
	case ACT_HOLD:
		message_asked(m, WISH_HOLD);
		break;
	case ACT_ASIDE:
		/* Now or never: whoever asks goes on with the file at once. */
		if (m->busy > 0 || m->stage == STAGE_NOTICE || m->early != NULL)
			result = ACT_BUSY;
		else
			message_asked(m, WISH_HOLD);
		break;
	case ACT_EXPIRE:
	case ACT_EXPIRE_RELEASE:
		if (m->in_memory) {
			result = ACT_BUSY;
			break;
		}
		/* Whatever this attempt leaves open fails. */
		if (!qfile_set_forced_expire(m->file, &why)) {
			result = ACT_FAILED;
			errno = EIO;
		}
		sync_marks(m);
		break;
	default:
		result = ACT_ABSENT;
	}
	arena_free(&mem);
	return result;
}

static void
after(struct qmgr *q, enum queue_action act, const char *id, const struct acted *acted)
{
	if (acted->where == QUEUE_DEFERRED && act != ACT_DELETE)
		deferred_add(q, id, now_us() / 1000000, INDEX_ANY);
	if (acted->left[0] != '\0')
		sync_left(q, acted->left);
}

static enum act_result
act_on_one(struct qmgr *q, enum queue_action act, unsigned places, const char *id)
{
	struct message *m = message_of(q, id);
	enum act_result result;
	struct acted acted;

	if (m != NULL) {
		if ((places & 1u << QUEUE_ACTIVE) == 0)
			return ACT_ABSENT;
		result = act_in_memory(q, act, m);
		/* Who hears that it is done may look for it. */
		return result == ACT_DONE && !message_grant(m) ? ACT_FAILED : result;
	}
	if ((result = queue_act(&q->dirs, act, places, id, &acted)) == ACT_DONE)
		after(q, act, id, &acted);
	return result;
}

/* The queues that were named, as far as the action applies to them; false: one of them is no queue. */
static bool
places_of(enum queue_action act, const char *queues, unsigned *places)
{
	char *copy = mem_str(queues), *cursor = copy, *word;
	unsigned named = 0;
	enum queue q;
	bool ok = true;

	while (ok && (word = text_word(&cursor, TEXT_LIST)) != NULL) {
		ok = queue_by_name(word, &q);
		if (ok)
			named |= 1u << q;
	}
	*places = queue_action_places(act) & (queues[0] != '\0' ? named : ~0u);
	free(copy);
	return ok;
}

static void
tell(struct qmgr_answer *a, enum act_result result)
{
	*a = (struct qmgr_answer){
		.ok = result == ACT_DONE, .text = act_result_text(result), .count = result == ACT_DONE
	};
	if (result == ACT_FAILED && errno != 0)
		a->text = strerror(errno);
}

/* What is idle has its turn in message_step(), a few at a time. */
static void
all_in_memory(struct sweep *s, struct message *m)
{
	if (act_in_memory(s->q, s->act, m) != ACT_DONE)
		return;
	if ((m->busy == 0 && m->stage != STAGE_NOTICE) || message_grant(m))
		s->done++;
	else
		s->failed++;
}

struct sweep *
sweep_start(struct qmgr *q, const struct qmgr_admin *ask, struct qmgr_answer *answer)
{
	enum queue_action act;
	struct sweep *s;
	unsigned places;

	*answer = (struct qmgr_answer){ .ok = false, .text = "bad request" };
	if (!queue_action_by_name(ask->action, &act) || !places_of(act, ask->queues, &places))
		return NULL;
	if (strcmp(ask->queue_id, "ALL") != 0) {
		if (queueid_ok(ask->queue_id))
			tell(answer, act_on_one(q, act, places, ask->queue_id));
		return NULL;
	}
	s = mem_zero(1, sizeof(*s));
	*s = (struct sweep){ .q = q, .act = act, .places = places, .queue = -1 };
	if ((places & 1u << QUEUE_ACTIVE) != 0)
		HASH_EACH (e, &q->messages)
			all_in_memory(s, e->value);
	return s;
}

static void
act_on_found(struct sweep *s, const struct queuescan_found *f)
{
	enum act_result result;
	struct acted acted;

	if (f->id[0] == '\0' || message_of(s->q, f->id) != NULL)
		return;
	result = queue_act_on(&s->q->dirs, s->act, (enum queue)s->queue, f->path, f->id, &acted);
	if (result == ACT_DONE)
		after(s->q, s->act, f->id, &acted);
	else if (result == ACT_FAILED)
		log_warn("%s: %s: %s", f->path, queue_action_name(s->act), strerror(errno));
	s->done += result == ACT_DONE;
	s->busy += result == ACT_BUSY;
	s->failed += result == ACT_FAILED;
}

bool
sweep_step(struct sweep *s, struct qmgr_answer *answer)
{
	struct queuescan_found f;

	while (!round_over(s->q)) {
		if (s->scan != NULL && queuescan_next(s->scan, &f)) {
			act_on_found(s, &f);
			continue;
		}
		queuescan_free(&s->scan);
		while (++s->queue < QUEUES && (s->places & 1u << s->queue) == 0)
			;
		if (s->queue >= QUEUES) {
			*answer = (struct qmgr_answer){ .ok = s->failed == 0,
				.text = s->failed == 0 ? "done" : "some failed, see the log",
				.count = s->done };
			return true;
		}
		s->scan = queuescan_open((enum queue)s->queue);
	}
	round_again(s->q);
	return false;
}

void
sweep_free(struct sweep **sp)
{
	if (*sp != NULL)
		queuescan_free(&(*sp)->scan);
	free(*sp);
	*sp = NULL;
}
