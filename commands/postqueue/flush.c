/* SPDX-License-Identifier: Apache-2.0 */
/* Asking qmgr to try again now. */
#include "commands/postqueue/postqueue.h"

#include "lib/base/log.h"
#include "lib/ipc/qmgr.h"

enum { ANSWER_SECONDS = 60, MEMORY = 1 << 18 };

static void
ask(struct ipc *i, int what, const char *argument)
{
	if (what == 'f')
		qmgr_flush_send(i, &(struct qmgr_flush){});
	else if (what == 'i')
		qmgr_flush_one_send(i, &(struct qmgr_flush_one){ .queue_id = argument });
	else
		qmgr_flush_site_send(i, &(struct qmgr_flush_site){ .site = argument });
}

int
queue_flush(const struct conf *cf, int what, const char *argument)
{
	struct arena mem = ARENA(MEMORY);
	struct verdict why = VERDICT(&mem);
	const char *socket = arena_fmt(&mem, "public/%s", cf->queue_service_name);
	struct ipc *i = ipc_connect(socket, &qmgr_protocol, ANSWER_SECONDS, &why);
	struct qmgr_answer a;
	int status = 0;

	if (i == NULL) {
		log_error("Cannot flush mail queue - mail system is down (%s)", why.text);
		status = EX_UNAVAILABLE;
	} else {
		ask(i, what, argument);
		if (!qmgr_answer_read(i, &mem, &a)) {
			log_error("Cannot flush mail queue - queue manager: %s", ipc_why(i));
			status = EX_TEMPFAIL;
		} else if (!a.ok) {
			/* It may have been delivered since the caller looked: nothing that a script must handle. */
			log_warn("%s: %s", argument != NULL ? argument : "-f", a.text);
		}
	}
	ipc_free(&i);
	arena_free(&mem);
	return status;
}
