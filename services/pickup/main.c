/* SPDX-License-Identifier: Apache-2.0 */
/* pickup feeds to cleanup what local users have dropped into maildrop/. */
#include "services/pickup/pickup.h"

#include "lib/base/log.h"
#include "lib/io/commit.h"
#include "lib/service/service.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { LISTENERS = 64 };

struct picker {
	const struct conf *cf;
	int maildrop, corrupt;
	struct pickup *pickup;
	struct loop *loop;
	struct watch listeners[LISTENERS];
	int nlisteners;
	struct timer step; /* work is left */
	struct timer sync; /* removed files should not come back */
};

static int
open_folder(const struct conf *cf, const char *name, struct buf *err)
{
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		buf_fmt(err, "open %s/%s: %s; \"sallyport set-permissions\" makes missing folders", cf->queue_directory,
		    name, strerror(errno));
	return fd;
}

static bool
open_all(const struct conf *cf, void **state, struct buf *err)
{
	struct picker *p = mem_zero(1, sizeof(*p));

	p->cf = cf;
	*state = p;
	return (p->maildrop = open_folder(cf, "maildrop", err)) >= 0 &&
	    (p->corrupt = open_folder(cf, "corrupt", err)) >= 0;
}

static void
step(void *ctx)
{
	struct picker *p = ctx;
	enum pickup_state state = pickup_step(p->pickup);

	if (state == PICKUP_MORE)
		loop_timer(p->loop, &p->step, 0);
	else if (state == PICKUP_SLOW)
		loop_timer(p->loop, &p->step, p->cf->in_flow_delay * 1000);
	if (pickup_removed(p->pickup) && p->sync.at == 0)
		loop_timer(p->loop, &p->sync, p->cf->queue_status_sync * 1000);
}

static void
sync_folder(void *ctx)
{
	struct picker *p = ctx;

	if (!commit_folder(p->maildrop))
		log_warn("flush the maildrop folder: %s", strerror(errno));
}

static void
look(struct picker *p)
{
	pickup_scan(p->pickup);
	if (p->step.at == 0)
		loop_timer(p->loop, &p->step, 0);
}

static void
wakeup(const struct conf *cf, void *state)
{
	(void)cf;
	look(state);
}

/* Whoever connects says that something came; however many they are, one look is enough. */
static void
knock(void *ctx, unsigned events)
{
	struct picker *p = ctx;
	int fd;

	(void)events;
	for (int i = 0; i < p->nlisteners; i++)
		while ((fd = service_accept(p->listeners[i].fd, NULL, NULL, NULL)) >= 0)
			close(fd);
	look(p);
}

static void
loop(struct loop *l, const struct conf *cf, void *state, const int *listeners, int n)
{
	struct picker *p = state;

	(void)cf;
	p->loop = l;
	p->pickup = pickup_new(p->cf, p->maildrop, p->corrupt);
	p->step = (struct timer){ .run = step, .ctx = p };
	p->sync = (struct timer){ .run = sync_folder, .ctx = p };
	for (int i = 0; i < n && i < LISTENERS; i++) {
		p->nlisteners = i + 1;
		p->listeners[i] = (struct watch){ .fd = listeners[i], .run = knock, .ctx = p };
		loop_watch(l, &p->listeners[i], LOOP_READ);
	}
	service_ready();
	look(p);
}

static void
stop(void *state)
{
	struct picker *p = state;

	if (pickup_removed(p->pickup))
		sync_folder(p);
	pickup_free(&p->pickup);
	loop_stop(p->loop);
}

static const struct service_folder folders[] = { { "maildrop", FOLDER_READ | FOLDER_CREATE },
	{ "corrupt", FOLDER_READ | FOLDER_CREATE }, { NULL, 0 } };

static const struct service pickup = {
	.program = "pickup",
	.about = "feeds to cleanup what local users have dropped",
	.shape = SHAPE_LOOP,
	.account = ACCOUNT_QUEUE,
	.peers = PEER_QUEUE | PEER_DROP,
	.rights = { .folders = folders },
	.open = open_all,
	.loop = loop,
	.wakeup = wakeup,
	.stop = stop,
};

int
main(int argc, char **argv)
{
	return service_run(&pickup, argc, argv);
}
