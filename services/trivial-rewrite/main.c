/* SPDX-License-Identifier: Apache-2.0 */
/* trivial-rewrite completes addresses and says where they go, for those who may not wait for tables. */
#include "lib/ipc/rewrite.h"
#include "lib/mail/route.h"
#include "lib/service/service.h"

#include <stdlib.h>
#include <string.h>

enum { REQUEST_MAX = 1 << 20 };

static bool
open_routes(const struct conf *cf, void **state, struct buf *err)
{
	char *proxymap = table_proxymap(cf);
	const struct table_env env = { .cf = cf, .proxymap = proxymap };

	*state = routes_open(cf, &env, err);
	free(proxymap);
	return *state != NULL;
}

static bool
changed(void *state)
{
	return routes_changed(state);
}

static void
answer_resolve(struct session *s, struct ipc *i, struct arena *mem)
{
	struct verdict why = VERDICT(mem);
	struct rewrite_resolve ask;
	struct rewrite_route say;
	struct route_query q;
	struct route to;

	if (!rewrite_resolve_get(i, mem, &ask))
		return;
	say = (struct rewrite_route){ .tag = ask.tag, .code = 250 };
	q = (struct route_query){
		.address = ask.address, .sender = ask.sender, .client = ask.client, .login = ask.login
	};
	if (route_resolve(s->state, &q, mem, &to, &why) != FATE_OK) {
		say.code = why.code;
		say.dsn = why.dsn;
		say.text = why.text;
	} else {
		say.transport = to.transport;
		say.nexthop = to.nexthop;
		say.address = to.address;
		say.class_ = route_class_names[to.class_];
	}
	rewrite_route_send(i, &say);
}

static void
answer_complete(struct session *s, struct ipc *i, struct arena *mem)
{
	struct rewrite_complete ask;
	const char *origin = s->cf->myorigin;

	if (!rewrite_complete_get(i, mem, &ask))
		return;
	if (strcmp(ask.context, "remote") == 0)
		origin = s->cf->remote_header_rewrite_domain;
	rewrite_completed_send(
	    i, &(struct rewrite_completed){ .address = route_complete(s->cf, ask.address, origin, mem) });
}

static void
session(struct session *s)
{
	struct ipc *i = ipc_serve(s->conn, &rewrite_protocol);
	struct arena mem = ARENA(REQUEST_MAX);

	s->conn = NULL; /* the ipc's now */
	while (!service_ending() && ipc_next(i) != NULL) {
		if (rewrite_resolve_is(i))
			answer_resolve(s, i, &mem);
		else if (rewrite_complete_is(i))
			answer_complete(s, i, &mem);
		else
			ipc_fail(i, "unexpected message");
		arena_reset(&mem);
	}
	arena_free(&mem);
	ipc_free(&i);
}

static const struct service_folder folders[] = { { ".", FOLDER_READ }, { NULL, 0 } };

static const struct service trivial_rewrite = {
	.program = "trivial-rewrite",
	.about = "completes addresses and says where they go",
	.shape = SHAPE_SESSIONS,
	.account = ACCOUNT_NET,
	.peers = PEER_QUEUE | PEER_NET,
	.rights = { .folders = folders },
	.open = open_routes,
	.session = session,
	.changed = changed,
};

int
main(int argc, char **argv)
{
	return service_run(&trivial_rewrite, argc, argv);
}
