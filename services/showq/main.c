/* SPDX-License-Identifier: Apache-2.0 */
/* showq lists the queue: messages, who still waits for them, and why. */
#include "lib/base/log.h"
#include "lib/ipc/showq.h"
#include "lib/service/service.h"
#include "services/showq/list.h"

static void
session(struct session *s)
{
	struct ipc *i = ipc_serve(s->conn, &showq_protocol);
	struct arena mem = ARENA(LIST_MEMORY);
	struct showq_list ask;

	s->conn = NULL; /* the ipc's now */
	ipc_timeout(i, s->cf->daemon_timeout);
	if (showq_list_read(i, &mem, &ask)) {
		list_queue(i, ask.queue_id);
		showq_end_send(i, &(struct showq_end){});
		ipc_flush(i);
	}
	if (!ipc_ok(i))
		log_info("listing not finished: %s", ipc_why(i));
	arena_free(&mem);
	ipc_free(&i);
}

static const struct service_folder folders[] = { { ".", FOLDER_READ }, { NULL, 0 } };

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
