/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/early.h"

#include "lib/base/log.h"
#include "lib/ipc/qmgr.h"
#include "qmgr/intake.h"
#include "qmgr/message.h"

#include <errno.h>
#include <string.h>

static void
settled(struct early *e, const char *id, bool delivered)
{
	qmgr_settled_send(e->channel->ipc, &(struct qmgr_settled){ .queue_id = id, .delivered = delivered });
	channel_push(e->channel);
}

static void
part(struct message *m)
{
	m->early->message = NULL;
	m->early = NULL;
}

void
early_offered(struct early *e, const char *id)
{
	struct message *m;

	/* A last one that timed out, and whose news did not come: it cannot be durable yet. */
	if (e->message != NULL) {
		ipc_fail(e->channel->ipc, "a second pending message");
		return;
	}
	e->asked = false;
	if ((m = intake_early(e->q, id)) == NULL) {
		settled(e, id, false);
		return;
	}
	m->early = e;
	e->message = m;
}

/* Durable: what could not be done before is done now. */
static void
commit(struct message *m)
{
	part(m);
	message_to_active(m);
	message_wake(m);
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
	if (e->message != NULL)
		commit(e->message);
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
