/* SPDX-License-Identifier: Apache-2.0 */
/* local delivers to the users of this host: aliases, .forward files, mailboxes and commands, each with its owner's rights. */
#include "agents/local/local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The stub is forked before rights are dropped and threads begin, and keeps its
 * rights; it hears from nobody but us, over a socket that has no name.
 */
static bool
start_stub(struct local *l, struct buf *err)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || (pid = fork()) < 0) {
		buf_fmt(err, "cannot start the root stub: %s", strerror(errno));
		return false;
	}
	if (pid == 0) {
		close(pair[0]);
		stub_run(l->cf, pair[1]);
	}
	close(pair[1]);
	l->helpers = helpers_new(pair[0]);
	return true;
}

static bool
open_local(const struct conf *cf, void **state, struct buf *err)
{
	char *proxymap = table_proxymap(cf);
	const struct table_env env = { .cf = cf, .proxymap = proxymap };
	struct local *l = mem_zero(1, sizeof(*l));
	bool ok;

	l->cf = cf;
	*state = l;
	ok = start_stub(l, err) && (l->aliases = table_list_open(cf->alias_maps, TABLE_FOLD, &env, err)) != NULL &&
	    (l->routes = routes_open(cf, &env, err)) != NULL;
	free(proxymap);
	return ok;
}

static bool
changed(void *state)
{
	struct local *l = state;

	return table_list_changed(l->aliases) || routes_changed(l->routes);
}

static void
session(struct session *s)
{
	agent_session(s, local_deliver);
}

static const struct service_folder folders[] = { { ".", FOLDER_READ }, { NULL, 0 } };

static const struct service local = {
	.program = "local",
	.about = "delivers to the users of this host",
	.shape = SHAPE_SESSIONS,
	.account = ACCOUNT_NET,
	.peers = PEER_QUEUE,
	.rights = { .folders = folders },
	.open = open_local,
	.session = session,
	.changed = changed,
};

int
main(int argc, char **argv)
{
	return service_run(&local, argc, argv);
}
