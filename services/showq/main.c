/* SPDX-License-Identifier: Apache-2.0 */
/* showq lists the queue: messages, who still waits for them, and why. */
#include "services/showq/session.h"

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
	.shape = SHAPE_SESSIONS,
	.account = ACCOUNT_QUEUE,
	.peers = PEER_QUEUE | PEER_DROP,
	.rights = { .folders = folders },
	.session = showq_session,
};

int
main(int argc, char **argv)
{
	return service_run(&showq, argc, argv);
}
