/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/channel.h"

#include "lib/base/log.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* As much as a connection holds; what is longer would never be complete. */
enum { INPUT_MOST = 65536 };

static void
lost(struct channel *c)
{
	char why[256];

	/* The reason lives in the ipc. */
	strncpy(why, ipc_why(c->ipc), sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	channel_close(c);
	c->gone(c->ctx, why);
}

/* All messages that are here; false: the channel was closed. */
static bool
deliver(struct channel *c)
{
	unsigned closed = c->closed;

	while (c->closed == closed && ipc_ready(c->ipc) != NULL)
		c->message(c->ctx);
	if (c->closed != closed)
		return false;
	if (!c->introduced && ipc_met(c->ipc)) {
		c->introduced = true;
		if (c->met != NULL)
			c->met(c->ctx);
	}
	return c->closed == closed;
}

/* One read an event: when there is more, the loop says so again, and others had their turn meanwhile. */
static void
readable(struct channel *c)
{
	struct conn *conn = ipc_conn(c->ipc);
	int filled = conn_fill(conn);

	/* What came before the end counts. */
	if (!deliver(c))
		return;
	if (filled == 0 && conn_buffered(conn) >= INPUT_MOST)
		ipc_fail(c->ipc, "message is too long");
	if (filled < 0 || !ipc_ok(c->ipc))
		lost(c);
}

/* False: the channel is lost. */
static bool
drain(struct channel *c)
{
	switch (conn_drain(ipc_conn(c->ipc))) {
	case 1:
		loop_watch(c->loop, &c->watch, LOOP_READ);
		return true;
	case 0:
		loop_watch(c->loop, &c->watch, LOOP_READ | LOOP_WRITE);
		return true;
	default:
		lost(c);
		return false;
	}
}

static void
event(void *ctx, unsigned events)
{
	struct channel *c = ctx;

	if ((events & LOOP_WRITE) && !drain(c))
		return;
	if (events & LOOP_READ)
		readable(c);
}

static void
start(struct channel *c, struct ipc *ipc)
{
	must_hold(c->ipc == NULL);
	c->ipc = ipc;
	c->introduced = false;
	conn_nonblocking(ipc_conn(ipc));
	c->watch = (struct watch){ .fd = conn_fd(ipc_conn(ipc)), .run = event, .ctx = c };
	loop_watch(c->loop, &c->watch, LOOP_READ);
	channel_push(c); /* our hello */
}

bool
channel_connect(struct channel *c, const char *path, const struct protocol *p)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, saved;

	if (strlen(path) >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(a.sun_path, path, strlen(path) + 1);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return false;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return false;
	}
	start(c, ipc_begin(fd, p));
	return true;
}

void
channel_accept(struct channel *c, int fd, const struct protocol *p)
{
	start(c, ipc_serve(conn_new(fd), p));
}

void
channel_close(struct channel *c)
{
	if (c->ipc == NULL)
		return;
	loop_watch(c->loop, &c->watch, 0);
	if (list_has(&c->link))
		list_remove(c->dirty, &c->link);
	c->closed++;
	ipc_free(&c->ipc);
}

void
channel_push(struct channel *c)
{
	if (c->ipc != NULL && !list_has(&c->link))
		list_append(c->dirty, &c->link);
}

void
channels_flush(struct list *dirty)
{
	/* A channel that is lost may make others dirty. */
	for (struct list_link *l; (l = list_first(dirty)) != NULL;) {
		struct channel *c = LIST_OF(struct channel, link, l);

		list_remove(dirty, l);
		drain(c);
	}
}
