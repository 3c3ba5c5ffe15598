/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/orphans.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "qmgr/message.h"
#include "qmgr/outcome.h"
#include "qmgr/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHECK_MS = 200 };

struct orphan {
	enum queue in;
	char path[QUEUE_PATH];
};

struct orphans {
	struct hash by_id;
	struct timer check;
};

static void
check(void *ctx)
{
	struct qmgr *q = ctx;

	HASH_EACH (e, &q->orphans->by_id) {
		struct orphan *o = e->value;
		char id[QUEUEID_MAX];

		if (q->messages.n >= q->most || q->stopping)
			break;
		if (message_open(q, o->in, o->path, e->key, 0) == OPEN_BUSY)
			continue;
		memcpy(id, e->key, strlen(e->key) + 1);
		free(hash_remove(&q->orphans->by_id, id));
	}
	if (q->orphans->by_id.n > 0)
		loop_timer(q->loop, &q->orphans->check, CHECK_MS);
	round_again(q);
}

struct orphans *
orphans_new(struct qmgr *q)
{
	struct orphans *o = mem_zero(1, sizeof(*o));

	o->by_id = (struct hash)HASH(false);
	o->check = (struct timer){ .run = check, .ctx = q };
	return o;
}

bool
orphan_known(const struct qmgr *q, const char *id)
{
	return hash_get(&q->orphans->by_id, id) != NULL;
}

void
orphan_add(struct qmgr *q, enum queue in, const char *id, const char *path)
{
	struct orphan *o = mem_zero(1, sizeof(*o));

	o->in = in;
	memcpy(o->path, path, strlen(path) + 1);
	free(hash_put(&q->orphans->by_id, id, o));
	log_info("%s: a delivery agent still has it; waiting for its result", id);
	if (q->orphans->check.at == 0)
		loop_timer(q->loop, &q->orphans->check, CHECK_MS);
}

static struct history
history_of(const struct qmgr_offer *o)
{
	return (struct history){ .code = o->code,
		.dsn = o->dsn,
		.action = o->action,
		.text = o->text,
		.mta = o->mta,
		.mta_type = o->mta_type,
		.diag = o->diag,
		.diag_type = o->diag_type };
}

/* A verdict for a file that is not in memory. */
static const char *
record(struct qmgr *q, struct qfile *file, const struct qmgr_offer *o)
{
	struct history h = history_of(o);
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct slot slot;
	struct stat st;

	if (o->number < 0 || (size_t)o->number >= qfile_nrcpts(file) || o->code < 200 || o->code > 599)
		return "no such recipient";
	if (!qfile_slot(file, (size_t)o->number, &slot))
		return "the slot cannot be read";
	if (slot.state != SLOT_OPEN)
		return NULL; /* it is on record: only the acknowledgement was lost */
	if (fstat(qfile_fd(file), &st) < 0 || !outcome_record(q->cf, file, (size_t)o->number, &h))
		return "it could not be recorded";
	/* In deferred/ the time of the file is that of the next attempt. */
	times[1] = st.st_mtim;
	futimens(qfile_fd(file), times);
	sync_file(q, qfile_fd(file));
	return NULL;
}

/* The message is in memory: an agent whose connection to us broke has finished after all. */
static const char *
record_in_memory(struct message *m, const struct qmgr_offer *o)
{
	struct history h = history_of(o);

	LIST_EACH (struct rcpt, r, link, &m->rcpts) {
		if (r->number != o->number)
			continue;
		if (r->where == RCPT_SENT)
			return "another delivery agent has this recipient now";
		outcome(r, &h, true);
		return NULL;
	}
	return record(m->q, m->file, o);
}

static bool
open_one(struct qmgr *q, const char *id, struct qfile **file)
{
	static const enum queue places[] = { QUEUE_ACTIVE, QUEUE_DEFERRED, QUEUE_HOLD, QUEUE_INCOMING };
	struct arena mem = ARENA(16384);
	struct verdict why = VERDICT(&mem);
	enum qfile_state state;
	char path[QUEUE_PATH];

	*file = NULL;
	for (size_t i = 0; i < NITEMS(places) && *file == NULL; i++)
		if (queuedir_find(&q->dirs, places[i], id, path))
			*file = qfile_open(AT_FDCWD, path, QFILE_WRITE, &state, &why);
	arena_free(&mem);
	return *file != NULL;
}

void
orphan_offer(struct qmgr *q, const struct qmgr_offer *o, struct qmgr_answer *answer)
{
	struct message *m = message_of(q, o->queue_id);
	struct qfile *file = NULL;
	const char *wrong = NULL;

	if (m != NULL && qfile_busy(m->file))
		wrong = record_in_memory(m, o);
	else if (m == NULL && queueid_ok(o->queue_id) && open_one(q, o->queue_id, &file) && qfile_busy(file))
		wrong = record(q, file, o);
	/* Otherwise there is no such message any more: what is told was on record before it went. */
	qfile_free(&file);
	if (wrong != NULL)
		log_warn("%.31s: a result that a delivery agent offers for recipient %ld was not taken: %s",
		    o->queue_id, o->number, wrong);
	*answer = (struct qmgr_answer){ .ok = wrong == NULL, .text = wrong != NULL ? wrong : "recorded" };
}
