/* SPDX-License-Identifier: Apache-2.0 */
/* showq lists the queue: messages, who still waits for them, and why. */
#include "lib/base/log.h"
#include "lib/ipc/showq.h"
#include "lib/mail/queuelist.h"
#include "lib/service/service.h"

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

static void
session(struct session *s)
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

static const struct service_folder folders[] = {
	{ "maildrop", FOLDER_READ },
	{ "incoming", FOLDER_READ },
	{ "active", FOLDER_READ },
	{ "deferred", FOLDER_READ },
	{ "hold", FOLDER_READ },
	{ NULL, 0 },
};

static const struct service showq = {
	.program = "showq",
	.about = "lists the queue",
	.shape = SHAPE_SINGLE,
	.account = ACCOUNT_QUEUE,
	.peers = PEER_QUEUE | PEER_DROP,
	.rights = { .folders = folders },
	.session = session,
};

int
main(int argc, char **argv)
{
	return service_run(&showq, argc, argv);
}
