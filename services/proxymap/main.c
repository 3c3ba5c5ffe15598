/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxymap looks keys up in tables that need a network or the system's user database, for those who have neither, and
 * under the name of proxywrite in master.cf it writes the tables that daemons change.
 */
#include "lib/service/service.h"
#include "services/proxymap/session.h"
#include "services/proxymap/shared.h"

#include <string.h>

enum { CLIENTS = 10000 }; /* every process keeps some connections for each of its tables */

/* Name service modules and table clients read what they need, wherever that is; nothing is theirs to change. */
static const struct service_folder everything[] = { { "/", FOLDER_READ }, { NULL, 0 } };

/* What is written belongs to us alone, and so does the folder: no file of others is read, no network is asked. */
static const struct service_folder data[] = { { "$data_directory", FOLDER_READ | FOLDER_CREATE }, { NULL, 0 } };

static const struct service proxywrite = {
	.program = "proxymap",
	.about = "writes the tables that daemons change",
	.shape = SHAPE_SESSIONS,
	.account = ACCOUNT_QUEUE,
	.peers = PEER_QUEUE | PEER_NET | PEER_KEY,
	.rights = { .folders = data },
	.clients = CLIENTS,
	.open = shared_open_to_write,
	.session = proxymap_session,
	.close = shared_close,
};

static const struct service *
variant(const struct conf *cf, const char *name)
{
	return strcmp(name, cf->proxywrite_service_name) == 0 ? &proxywrite : NULL;
}

/* Also what main.cf and master.cf name without proxy:. */
static bool
open_to_read(const struct conf *cf, void **state, struct buf *err)
{
	if (!shared_open(cf, state, err))
		return false;
	shared_allow_named(*state);
	return true;
}

static const struct service proxymap = {
	.program = "proxymap",
	.about = "looks keys up in tables that others cannot open",
	.shape = SHAPE_SESSIONS,
	.account = ACCOUNT_NET,
	.peers = PEER_QUEUE | PEER_NET,
	.rights = { .folders = everything, .network = true },
	.clients = CLIENTS,
	.variant = variant,
	.open = open_to_read,
	.session = proxymap_session,
	.changed = shared_changed,
};

int
main(int argc, char **argv)
{
	return service_run(&proxymap, argc, argv);
}
