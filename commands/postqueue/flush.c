/* SPDX-License-Identifier: Apache-2.0 */
/* Asking qmgr to try again now. */
#include "commands/postqueue/postqueue.h"

#include "lib/base/log.h"
#include "lib/ipc/qmgr.h"

#include <stdio.h>

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
		log_error("%s; the mail system is down: start it with \"sallyport start\"", why.text);
		status = EX_UNAVAILABLE;
	} else {
		ask(i, what, argument);
		if (!qmgr_answer_read(i, &mem, &a)) {
			log_error("queue manager: %s", ipc_why(i));
			status = EX_TEMPFAIL;
		} else if (!a.ok) {
			log_error("%s", a.text);
			status = EX_TEMPFAIL;
		}
	}
	ipc_free(&i);
	arena_free(&mem);
	return status;
}
