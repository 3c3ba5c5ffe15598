/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners: opened by master, kept for the life of the suite, lent to children. */
#include "master/master.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TAKEN_MS = 3000, TAKEN_PAUSE_MS = 20 };

int
listeners_wanted(const struct planned *p)
{
	return p->path != NULL ? 1 : p->naddrs;
}

/* Anybody on this host may try to connect: the folder and the service's peer check decide. */
static int
open_stream(const struct planned *p, struct buf *err)
{
	struct addr a;
	mode_t mask;
	int fd;

	if (!addr_unix(&a, p->path)) {
		buf_fmt(err, "bad socket name %s", p->path);
		return -1;
	}
	mask = umask(0111);
	fd = addr_listen(&a, BACKLOG, err);
	umask(mask);
	return fd;
}

static int
open_dgram(const struct planned *p, struct buf *err)
{
	struct addr a;
	struct stat st;
	mode_t mask;
	int fd, on = 1;

	if (!addr_unix(&a, p->path) || (fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0) {
		buf_fmt(err, "socket %s: %s", p->path, strerror(errno));
		return -1;
	}
	if (lstat(p->path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(p->path);
	mask = umask(0111);
	if (bind(fd, &a.sa, a.len) < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
		buf_fmt(err, "bind %s: %s", p->path, strerror(errno));
		close(fd);
		fd = -1;
	}
	umask(mask);
	return fd;
}

bool
listener_open(const struct planned *p, int i, struct listener *out, struct buf *err)
{
	int fd, flags;

	if (p->path == NULL)
		fd = addr_listen(&p->addrs[i], BACKLOG, err);
	else
		fd = p->line->type == SERVICE_DGRAM ? open_dgram(p, err) : open_stream(p, err);
	if (fd < 0)
		return false;
	if ((flags = fcntl(fd, F_GETFL)) < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		log_fatal(EX_OSERR, "fcntl: %s", strerror(errno));
	listener_describe(p, i, out);
	out->fd = fd;
	return true;
}

/*
 * For the start: where a master was killed, its processes keep its listeners
 * until they have noticed, which takes a moment.  One that serves a client
 * closes them then, too, so that nobody has to wait for its end.
 */
bool
listener_open_patiently(const struct planned *p, int i, struct listener *out, struct buf *err)
{
	struct timespec pause = { 0, TAKEN_PAUSE_MS * 1000000L };
	long end = tick_ms() + TAKEN_MS;
	bool ok;

	while (!(ok = listener_open(p, i, out, err)) && p->path == NULL && errno == EADDRINUSE && tick_ms() < end)
		nanosleep(&pause, NULL);
	return ok;
}

void
listener_describe(const struct planned *p, int i, struct listener *out)
{
	*out = (struct listener){ .fd = -1, .path = p->path, .dgram = p->line->type == SERVICE_DGRAM };
	if (p->path == NULL)
		out->addr = p->addrs[i];
}

bool
listener_is(const struct listener *l, const struct listener *other)
{
	if (l->path != NULL || other->path != NULL)
		return l->path != NULL && other->path != NULL && strcmp(l->path, other->path) == 0 &&
		    l->dgram == other->dgram;
	return l->addr.len == other->addr.len && memcmp(&l->addr.sa, &other->addr.sa, l->addr.len) == 0;
}

static void
client_waits(void *ctx, unsigned events)
{
	struct listener *l = ctx;

	(void)events;
	l->post->used = true;
	post_demand(l->post);
}

void
listeners_watch(struct service_post *post, bool on)
{
	for (int i = 0; i < post->nlisteners; i++) {
		struct listener *l = &post->listeners[i];

		if (l->fd < 0)
			continue;
		l->watch.fd = l->fd;
		l->watch.run = client_waits;
		l->watch.ctx = l;
		l->post = post;
		loop_watch(post->m->loop, &l->watch, on ? LOOP_READ : 0);
	}
}

void
listener_close(struct listener *l, bool remove)
{
	if (l->fd < 0)
		return;
	close(l->fd);
	l->fd = -1;
	if (remove && l->path != NULL)
		unlink(l->path);
}

void
listeners_remove(struct master *m)
{
	LIST_EACH (struct service_post, post, link, &m->posts)
		for (int i = 0; i < post->nlisteners; i++)
			listener_close(&post->listeners[i], true);
}
