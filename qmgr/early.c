/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/early.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ipc/qmgr.h"
#include "qmgr/agents.h"
#include "qmgr/intake.h"
#include "qmgr/message.h"
#include "qmgr/outcome.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEPT_MAX = 65536 };

static void
settled(struct early *e, const char *id, bool delivered)
{
	qmgr_settled_send(e->channel->ipc, &(struct qmgr_settled){ .queue_id = id, .delivered = delivered });
	channel_push(e->channel);
}

/* A verdict with its strings. */
struct kept {
	struct arena mem;
	struct history h;
};

static void
part(struct message *m)
{
	struct early *e = m->early;

	if (e->kept != NULL)
		arena_free(&e->kept->mem);
	free(e->kept);
	e->kept = NULL;
	e->message = NULL;
	m->early = NULL;
}

bool
early_in_memory(const struct message *m)
{
	return m->early != NULL && m->in_memory;
}

void
early_keep(struct message *m, const struct history *h)
{
	struct kept *k = mem_zero(1, sizeof(*k));
	const char **const texts[] = { &k->h.dsn, &k->h.action, &k->h.text, &k->h.mta, &k->h.mta_type, &k->h.diag,
		&k->h.diag_type };

	must_hold(m->early->kept == NULL);
	k->mem = (struct arena)ARENA(KEPT_MAX);
	k->h = *h;
	for (size_t i = 0; i < NITEMS(texts); i++)
		*texts[i] = arena_str(&k->mem, *texts[i] != NULL ? *texts[i] : "");
	must_hold(arena_ok(&k->mem));
	m->early->kept = k;
}

void
early_offered(struct early *e, const char *id, int memory)
{
	struct message *m;

	/* A last one that timed out, and whose news did not come: it cannot be durable yet. */
	if (e->message != NULL) {
		ipc_fail(e->channel->ipc, "a second pending message");
		if (memory >= 0)
			close(memory);
		return;
	}
	e->asked = false;
	if ((m = intake_early(e->q, id, memory)) == NULL) {
		e->asked = true;
		settled(e, id, false);
		return;
	}
	m->early = e;
	e->message = m;
}

void
early_waited(struct early *e, const char *id)
{
	/* When it has its answer, that is under way. */
	if (e->message != NULL && strcmp(e->message->id, id) == 0)
		early_ask(e->message);
}

/* It has a file now, and its verdict is written there. */
static bool
from_memory(struct message *m)
{
	const struct kept *kept = m->early->kept;
	struct history h;

	if (!message_reopen(m))
		return false;
	agents_lock(m);
	if (kept == NULL)
		return true;
	h = kept->h;
	if (!outcome_record(m->q->cf, m->file, 0, &h) && h.code >= 500) {
		m->owed--;
		m->open++;
	}
	return true;
}

/* Durable: what could not be done before is done now. */
static void
commit(struct message *m)
{
	bool there = !m->in_memory || from_memory(m);

	part(m);
	if (there) {
		message_to_active(m);
		message_wake(m);
	} else {
		message_asked(m, WISH_FORGET);
	}
}

bool
early_committed(struct qmgr *q, const char *id)
{
	struct message *m = message_of(q, id);

	if (m == NULL || m->early == NULL)
		return false;
	commit(m);
	return true;
}

void
early_failed(struct early *e, const char *id, bool refused)
{
	struct message *m = e->message;

	/* It may have been removed by the administrator meanwhile. */
	if (m == NULL || strcmp(m->id, id) != 0)
		return;
	part(m);
	if (refused)
		log_info("%s: removed, its client was told of the refusal", m->id);
	else
		log_warn("%s: could not be made durable, and its client was told so: no further delivery%s", m->id,
		    m->busy > 0 ? "; what is under way may be repeated" : "");
	message_asked(m, WISH_DELETE);
}

void
early_left(struct early *e)
{
	struct message *m = e->message;

	if (m == NULL)
		return;
	if (!m->in_memory || e->asked) {
		commit(m);
		return;
	}
	log_info("%s: given up, its reception broke off, and nobody was told that it was accepted", m->id);
	part(m);
	message_asked(m, WISH_FORGET);
}

void
early_ask(struct message *m)
{
	if (m->early == NULL || m->early->asked)
		return;
	m->early->asked = true;
	settled(m->early, m->id, false);
}

void
early_refused(struct message *m, const struct history *h)
{
	struct early *e = m->early;

	if (e == NULL || e->asked || qfile_nrcpts(m->file) != 1) {
		early_ask(m);
		return;
	}
	e->asked = true;
	qmgr_settled_send(e->channel->ipc,
	    &(struct qmgr_settled){ .queue_id = m->id, .code = h->code, .dsn = h->dsn, .text = h->text });
	channel_push(e->channel);
}

void
early_removed(struct message *m)
{
	if (m->early == NULL)
		return;
	settled(m->early, m->id, true);
	part(m);
}

void
early_forget(struct message *m)
{
	early_ask(m);
	if (m->early != NULL)
		part(m);
}
