/* SPDX-License-Identifier: Apache-2.0 */
#include "services/showq/session.h"

#include "lib/base/log.h"
#include "lib/ipc/showq.h"
#include "lib/mail/queuelist.h"

enum { REQUEST_MEMORY = 1 << 16 };

static bool
tell_message(void *ctx, const struct showq_message *m)
{
	showq_message_send(ctx, m);
	return ipc_ok(ctx);
}

static bool
tell_rcpt(void *ctx, const struct showq_rcpt *r)
{
	showq_rcpt_send(ctx, r);
	return ipc_ok(ctx);
}

void
showq_session(struct session *s)
{
	struct ipc *i = ipc_serve(s->conn, &showq_protocol);
	const struct queue_lister to = { tell_message, tell_rcpt, i };
	struct arena mem = ARENA(REQUEST_MEMORY);
	struct showq_list ask;

	s->conn = NULL; /* the ipc's now */
	ipc_timeout(i, s->cf->daemon_timeout);
	if (showq_list_read(i, &mem, &ask) && queue_list(ask.queue_id, &to)) {
		showq_end_send(i, &(struct showq_end){});
		ipc_flush(i);
	}
	/* A reader that has seen enough just goes. */
	if (!ipc_ok(i) && conn_error(ipc_conn(i)) != CONN_EOF)
		log_info("listing not finished: %s", ipc_why(i));
	arena_free(&mem);
	ipc_free(&i);
}
