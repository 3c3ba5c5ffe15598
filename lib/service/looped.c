/* SPDX-License-Identifier: Apache-2.0 */
/* SHAPE_LOOP: the program's own poll loop, and datagrams. */
#include "lib/service/process.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/service/link.h"
#include "lib/service/logging.h"
#include "lib/service/postlog.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	CHANGED_MS = 1000,
	DATAGRAM_MOST = 65536,
	DATAGRAM_BATCH = 64,
	DATAGRAMS_LAST = 100000,
	SERVED_MS = 10000,
	TELL_MS = 1000
};

struct looped {
	struct process *p;
	struct loop *loop;
	struct watch master, listeners[SERVICE_LISTENERS];
	struct timer changed, served, telling, logging;
	long changed_at;
	char *bytes; /* of a datagram */
	unsigned long refused;
};

static void stop(void *);

static void
heard_master(void *ctx, unsigned events)
{
	struct looped *l = ctx;
	unsigned what = link_read();

	(void)events;
	if (what & LINK_REPORT)
		link_state(false, false, 0);
	if ((what & LINK_WAKEUP) && l->p->service->wakeup != NULL)
		l->p->service->wakeup(l->p->calm, l->p->state);
	if (what & LINK_GONE)
		stop(l);
}

static void
ask_changed(void *ctx)
{
	struct looped *l = ctx;

	if (process_changed(l->p, &l->changed_at))
		stop(l);
	else
		loop_timer(l->loop, &l->changed, CHANGED_MS);
}

/* A service without sessions has lived long enough to count as started well. */
static void
lived(void *ctx)
{
	(void)ctx;
	link_served();
}

/* Credentials come with each datagram (SO_PASSCRED); without them nobody may. */
static bool
sender_may(struct looped *l, struct msghdr *m)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h != NULL; h = CMSG_NXTHDR(m, h)) {
		struct ucred who;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&who, CMSG_DATA(h), sizeof(who));
		if (accounts_may_connect(&l->p->accounts, l->p->service->peers, who.uid, who.gid))
			return true;
	}
	if (l->refused++ == 0)
		loop_timer(l->loop, &l->telling, TELL_MS);
	return false;
}

static void
take_datagrams(struct looped *l, int most)
{
	for (int i = 0; i < l->p->args.listeners; i++) {
		for (int left = most; left > 0; left--) {
			char control[CMSG_SPACE(sizeof(struct ucred))] __attribute__((aligned(8)));
			struct iovec iov = { l->bytes, DATAGRAM_MOST };
			struct msghdr m = { .msg_iov = &iov,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = sizeof(control) };
			ssize_t n = recvmsg(l->p->listeners[i], &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

			if (n < 0)
				break;
			if (sender_may(l, &m))
				l->p->service->datagram(l->bytes, (size_t)n, l->p->calm, l->p->state);
		}
	}
}

static void
datagrams(void *ctx, unsigned events)
{
	(void)events;
	take_datagrams(ctx, DATAGRAM_BATCH);
}

static void
tell_refused(void *ctx)
{
	struct looped *l = ctx;

	log_warn("service %s: %lu datagrams came from users who may not send any", l->p->args.name, l->refused);
	l->refused = 0;
}

static void
stop(void *ctx)
{
	struct looped *l = ctx;

	if (atomic_exchange(&l->p->ending, true))
		return;
	link_retire("asked to stop");
	loop_watch(l->loop, &l->master, 0);
	if (l->p->service->datagram != NULL)
		take_datagrams(l, DATAGRAMS_LAST); /* what was sent before, nobody else will read */
	if (l->p->service->stop != NULL)
		l->p->service->stop(l->p->state);
	else
		loop_stop(l->loop);
}

/* Log lines that were gathered leave before the loop waits, but not too often. */
static void
send_log(void *ctx)
{
	struct looped *l = ctx;
	long ms = postlog_due();

	if (ms == 0) {
		postlog_flush(false);
		ms = postlog_due();
	}
	if (ms > 0 && l->logging.at == 0)
		loop_timer(l->loop, &l->logging, ms);
}

static void
gather_log(struct looped *l)
{
	l->logging = (struct timer){ .run = send_log, .ctx = l };
	logging_gather(false);
	loop_idle(l->loop, send_log, l);
}

static void
watch_datagrams(struct looped *l)
{
	int on = 1;

	l->bytes = mem_alloc(DATAGRAM_MOST);
	l->telling = (struct timer){ .run = tell_refused, .ctx = l };
	for (int i = 0; i < l->p->args.listeners; i++) {
		setsockopt(l->p->listeners[i], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
		l->listeners[i] = (struct watch){ .fd = l->p->listeners[i], .run = datagrams, .ctx = l };
		loop_watch(l->loop, &l->listeners[i], LOOP_READ);
	}
}

void
serve_loop(struct process *p)
{
	struct looped *l = mem_zero(1, sizeof(*l));
	const struct service *s = p->service;

	l->p = p;
	l->loop = loop_new();
	l->master = (struct watch){ .fd = link_fd(), .run = heard_master, .ctx = l };
	l->changed = (struct timer){ .run = ask_changed, .ctx = l };
	l->served = (struct timer){ .run = lived, .ctx = l };
	loop_watch(l->loop, &l->master, LOOP_READ);
	loop_signal(l->loop, SIGTERM, stop, l);
	loop_timer(l->loop, &l->served, SERVED_MS);
	if (s->changed != NULL)
		loop_timer(l->loop, &l->changed, CHANGED_MS);
	if (s->datagram != NULL)
		watch_datagrams(l);
	if (s->loop != NULL)
		s->loop(l->loop, p->calm, p->state, p->listeners, p->args.listeners);
	else
		service_ready();
	if (s->datagram == NULL)
		gather_log(l); /* after the service's own idle function, for what it says there */
	loop_run(l->loop);
	loop_free(&l->loop);
	free(l->bytes);
	free(l);
}
