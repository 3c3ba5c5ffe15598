/* SPDX-License-Identifier: Apache-2.0 */
/* cleanup is the only door into the queue: it completes a message and makes it durable. */
#include "cleanup/cleanup.h"
#include "cleanup/complete.h"
#include "cleanup/news.h"

#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static bool
open_all(const struct conf *cf, void **state, struct buf *err)
{
	struct table_env env = { .cf = cf };
	struct cleanup *c = mem_zero(1, sizeof(*c));
	char *proxymap = table_proxymap(cf);
	char *qmgr = mem_fmt("public/%s", cf->queue_service_name);
	bool ok = false;

	env.proxymap = proxymap;
	c->drop = (struct hash)HASH(true);
	complete_drop_list(&c->drop, cf->message_drop_headers);
	if ((c->incoming = open("incoming", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		buf_fmt(err, "open %s/incoming: %s; \"sallyport set-permissions\" makes missing folders",
		    cf->queue_directory, strerror(errno));
	else if ((c->news = news_new(qmgr)) == NULL)
		buf_fmt(err, "queue_service_name is too long: %s", cf->queue_service_name);
	else
		ok = (c->routes = routes_open(cf, &env, err)) != NULL && rewriter_open(&c->rewriter, cf, &env, err);
	free(proxymap);
	free(qmgr);
	*state = c;
	return ok;
}

static bool
changed(void *state)
{
	struct cleanup *c = state;

	return routes_changed(c->routes) || rewriter_changed(c->rewriter);
}

static const struct service_folder folders[] = { { "incoming", FOLDER_READ | FOLDER_WRITE | FOLDER_CREATE },
	{ NULL, 0 } };

static const struct service cleanup = {
	.program = "cleanup",
	.about = "is the only door into the queue",
	.shape = SHAPE_SESSIONS,
	.account = ACCOUNT_QUEUE,
	.peers = PEER_QUEUE | PEER_NET,
	.rights = { .folders = folders },
	.open = open_all,
	.session = cleanup_session,
	.changed = changed,
};

int
main(int argc, char **argv)
{
	return service_run(&cleanup, argc, argv);
}
