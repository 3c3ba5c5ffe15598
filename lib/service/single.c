/* SPDX-License-Identifier: Apache-2.0 */
/* SHAPE_SINGLE: one session after the other in one process that may fork. */
#include "lib/service/process.h"

#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/service/link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

struct single {
	struct process *p;
	long begun, most, idle_since, changed_at;
	bool retired;
};

static void
retire(struct single *s, const char *why)
{
	if (s->retired)
		return;
	s->retired = true;
	atomic_store(&s->p->ending, true);
	link_retire(why);
}

/* Around work of either kind: master sends nobody else meanwhile, and a session that hangs for ever ends. */
static void
work_begins(void)
{
	must_hold(process_is_alone());
	link_state(true, false, 1);
	link_served();
	service_alive();
}

static void
work_ended(struct single *s)
{
	alarm(0);
	must_hold(process_is_alone());
	s->idle_since = tick_ms();
	if (s->most > 0 && ++s->begun >= s->most)
		retire(s, "max_use");
	else
		link_state(false, false, 0);
}

static void
wake(struct single *s)
{
	if (s->p->service->wakeup == NULL)
		return;
	work_begins();
	s->p->service->wakeup(s->p->calm, s->p->state);
	work_ended(s);
}

static void
client(struct single *s, int listener)
{
	struct addr peer;
	uid_t uid;
	gid_t gid;
	int fd = process_accept(s->p, listener, &peer, &uid, &gid);

	if (fd < 0)
		return;
	if (s->p->service->session == NULL) {
		close(fd);
		wake(s);
		return;
	}
	work_begins();
	process_session(s->p, fd, &peer, uid, gid);
	work_ended(s);
}

static void
heard_master(struct single *s)
{
	unsigned what = link_read();

	if (what & LINK_GONE)
		retire(s, "master is gone");
	if (what & LINK_REPORT)
		link_state(false, false, 0);
	if ((what & LINK_WAKEUP) && !s->retired)
		wake(s);
}

/* One round: whatever may come, or max_idle. */
static void
wait_for_work(struct single *s, struct pollfd *fds, int nlisteners)
{
	long ms = s->p->calm->max_idle * 1000 - (tick_ms() - s->idle_since);
	int n = poll(fds, (nfds_t)nlisteners + 2, ms < 0 ? 0 : ms > 3600000 ? 3600000 : (int)ms);

	if (n < 0 && errno != EINTR)
		log_fatal(EX_OSERR, "poll: %s", strerror(errno));
	if (n == 0 && tick_ms() - s->idle_since >= s->p->calm->max_idle * 1000)
		retire(s, "max_idle");
	if (n <= 0)
		return;
	if (fds[nlisteners].revents != 0)
		retire(s, "asked to stop");
	if (fds[nlisteners + 1].revents != 0)
		heard_master(s);
	for (int i = 0; i < nlisteners && !s->retired; i++) {
		if (fds[i].revents == 0)
			continue;
		if (process_changed(s->p, &s->changed_at))
			retire(s, "table changed");
		else
			client(s, fds[i].fd);
	}
}

void
serve_single(struct process *p)
{
	struct single s = { .p = p,
		.most = process_most_sessions(p->calm->max_use, 1),
		.idle_since = tick_ms(),
		.changed_at = tick_ms() };
	struct pollfd fds[SERVICE_LISTENERS + 2];
	int n = p->args.listeners;

	process_signals(p);
	for (int i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = p->listeners[i], .events = POLLIN };
	fds[n] = (struct pollfd){ .fd = p->stop_fd, .events = POLLIN };
	fds[n + 1] = (struct pollfd){ .fd = link_fd(), .events = POLLIN };
	service_ready();
	while (!s.retired)
		wait_for_work(&s, fds, n);
}
