/* SPDX-License-Identifier: Apache-2.0 */
/* smtpd talks to clients and says yes or no. */
#include "lib/service/service.h"
#include "smtpd/server.h"
#include "smtpd/standalone.h"

#include <string.h>

static bool
open_server(const struct conf *cf, void **state, struct buf *err)
{
	return (*state = server_open(cf, err)) != NULL;
}

static bool
changed(void *state)
{
	return server_changed(state);
}

/* No file at all: tables are open, sockets and the free space of the queue need no right to read. */
static const struct service_folder folders[] = { { NULL, 0 } };

static const struct service smtpd = {
	.program = "smtpd",
	.about = "talks to clients, says yes or no",
	.shape = SHAPE_SESSIONS,
	.account = ACCOUNT_NET,
	.peers = PEER_ANY,
	.rights = { .folders = folders },
	.open = open_server,
	.session = smtpd_session,
	.changed = changed,
};

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-S") == 0)
		return standalone(argc, argv);
	return service_run(&smtpd, argc, argv);
}
