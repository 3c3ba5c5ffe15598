/* SPDX-License-Identifier: Apache-2.0 */
/* proxymap looks keys up in tables that need a network or the system's user database, for those who have neither. */
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/ipc/proxymap.h"
#include "lib/service/service.h"
#include "services/proxymap/shared.h"

#include <stdlib.h>

enum { REQUEST_MAX = 1 << 20 };

static void
answer(struct session *s, struct ipc *i, struct arena *mem)
{
	struct verdict why = VERDICT(mem);
	struct proxymap_answer say = { .status = "denied" };
	struct proxymap_lookup ask;
	struct table *t;

	if (!proxymap_lookup_get(i, mem, &ask))
		return;
	if (!shared_allows(s->state, ask.table)) {
		log_warn("request for table %s, which is not in proxy_read_maps", ask.table);
		say.text = arena_fmt(mem, "table %s is not in proxy_read_maps", ask.table);
	} else if ((t = shared_table(s->state, ask.table, (unsigned)ask.flags & TABLE_FLAGS, mem, &say.text)) == NULL) {
		log_warn("%s", say.text);
		say.status = "error";
	} else {
		switch (table_get(t, ask.key, mem, &say.value, &why)) {
		case TABLE_FOUND:
			say.status = "found";
			break;
		case TABLE_ABSENT:
			say.status = "absent";
			break;
		case TABLE_ERROR:
			say.status = "error";
			say.text = why.text;
			log_warn("%s", why.text);
			break;
		}
	}
	proxymap_answer_send(i, &say);
}

static void
session(struct session *s)
{
	struct ipc *i = ipc_serve(s->conn, &proxymap_protocol);
	struct arena mem = ARENA(REQUEST_MAX);

	s->conn = NULL; /* the ipc's now */
	while (!service_ending() && ipc_next(i) != NULL) {
		if (proxymap_lookup_is(i))
			answer(s, i, &mem);
		else
			ipc_fail(i, "unexpected message");
		arena_reset(&mem);
	}
	arena_free(&mem);
	ipc_free(&i);
}

/* Name service modules and table clients read what they need, wherever that is; nothing is theirs to change. */
static const struct service_folder folders[] = { { "/", FOLDER_READ }, { NULL, 0 } };

static const struct service proxymap = {
	.program = "proxymap",
	.about = "looks keys up in tables that others cannot open",
	.shape = SHAPE_SESSIONS,
	.account = ACCOUNT_NET,
	.peers = PEER_QUEUE | PEER_NET,
	.rights = { .folders = folders, .network = true },
	.clients = 10000, /* every process keeps some connections for each of its tables */
	.open = shared_open,
	.session = session,
	.changed = shared_changed,
};

int
main(int argc, char **argv)
{
	return service_run(&proxymap, argc, argv);
}
