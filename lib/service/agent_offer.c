/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/ipc/qmgr.h"
#include "lib/service/agent_inside.h"

#include <time.h>

enum {
	ANSWER_TIMEOUT = 60, /* seconds; a qmgr that starts may be busy with its queue */
	PAUSE_MS = 100,	     /* the first, then twice as long each time */
	PAUSE_MOST_MS = 60000,
	REFUSALS_MOST = 8, /* a qmgr that keeps saying no has its reasons */
};

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void
send_offer(struct ipc *i, const struct attempt *a, const struct deliver_verdict *v)
{
	qmgr_offer_send(i,
	    &(struct qmgr_offer){ .queue_id = a->request.queue_id,
		.number = v->number,
		.code = v->code,
		.dsn = v->dsn,
		.action = v->action,
		.text = v->text,
		.mta = v->mta,
		.mta_type = v->mta_type,
		.diag = v->diag,
		.diag_type = v->diag_type });
}

/* Offer all that are left, one after the other; *refused: a text, when one was not taken. */
static bool
offer_all(struct ipc *i, struct attempt *a, size_t *taken, const char **refused)
{
	struct qmgr_answer answer;

	for (; *taken < a->n; ++*taken) {
		send_offer(i, a, &a->kept->verdicts[*taken]);
		if (!qmgr_answer_read(i, a->mem, &answer))
			return false;
		if (!answer.ok) {
			*refused = answer.text;
			return false;
		}
	}
	return true;
}

static bool
offer_once(struct attempt *a, size_t *taken, const char **refused, const char **problem)
{
	struct verdict why = VERDICT(a->mem);
	struct ipc *i = ipc_connect("public/qmgr", &qmgr_protocol, ANSWER_TIMEOUT, &why);
	bool ok;

	*refused = NULL;
	*problem = why.text;
	if (i == NULL)
		return false;
	if (!(ok = offer_all(i, a, taken, refused)))
		*problem = *refused != NULL ? *refused : arena_str(a->mem, ipc_why(i));
	ipc_free(&i);
	return ok;
}

void
agent_offer(struct attempt *a)
{
	const char *id = a->request.queue_id, *refused, *problem;
	long end = tick_ms() + a->cf->daemon_timeout * 1000, wait = PAUSE_MS;
	size_t taken = 0;
	int refusals = 0;

	log_warn("%s: lost the queue manager (%s) before it recorded %zu deliveries; offering them to the next one", id,
	    ipc_why(a->kept->ipc), a->n);
	while (!offer_once(a, &taken, &refused, &problem)) {
		if ((refused != NULL && ++refusals == REFUSALS_MOST) || tick_ms() >= end || !arena_ok(a->mem)) {
			log_error("%s: the queue manager did not take the results of %zu deliveries (%s); "
				  "mail may be delivered again",
			    id, a->n - taken, problem);
			return;
		}
		pause_ms(wait);
		wait = wait * 2 > PAUSE_MOST_MS ? PAUSE_MOST_MS : wait * 2;
	}
	log_info("%s: the queue manager has taken the results of %zu deliveries", id, a->n);
}
