/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/io/loop.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { EVENTS = 64, SIGNALS = 65, IDLES = 8 };

struct loop {
	int epoll, signals;
	bool stopped;
	long now;
	struct timer **heap; /* by time; heap[0] is the next */
	size_t ntimers, cap;
	sigset_t set;
	struct watch signal_watch;
	struct handler {
		void (*run)(void *);
		void *ctx;
	} handlers[SIGNALS], idles[IDLES];
	size_t nidles;
	struct epoll_event events[EVENTS]; /* of this round; a watch taken out is taken out here, too */
	int nevents;
};

struct loop *
loop_new(void)
{
	struct loop *l = mem_zero(1, sizeof(*l));

	l->signals = -1;
	sigemptyset(&l->set);
	if ((l->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
		log_fatal(EX_OSERR, "epoll_create1: %s", strerror(errno));
	l->now = tick_ms();
	return l;
}

void
loop_free(struct loop **lp)
{
	struct loop *l = *lp;

	if (l == NULL)
		return;
	close(l->epoll);
	if (l->signals >= 0)
		close(l->signals);
	free(l->heap);
	free(l);
	*lp = NULL;
}

void
loop_watch(struct loop *l, struct watch *w, unsigned events)
{
	struct epoll_event e = { .events = (events & LOOP_READ ? EPOLLIN | EPOLLRDHUP : 0) |
		    (events & LOOP_WRITE ? EPOLLOUT : 0),
		.data.ptr = w };
	int op = w->events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;

	if (events == w->events)
		return;
	if (epoll_ctl(l->epoll, op, w->fd, &e) < 0 && op != EPOLL_CTL_DEL)
		log_fatal(EX_OSERR, "epoll_ctl for descriptor %d: %s", w->fd, strerror(errno));
	w->events = events;
	for (int i = 0; events == 0 && i < l->nevents; i++)
		if (l->events[i].data.ptr == w)
			l->events[i].data.ptr = NULL;
}

/* The heap: each timer knows its place, so that moving and removing cost O(log n). */
static void
put(struct loop *l, size_t i, struct timer *t)
{
	l->heap[i] = t;
	t->place = i;
}

static void
sift_up(struct loop *l, size_t i)
{
	struct timer *t = l->heap[i];

	for (; i > 0 && l->heap[(i - 1) / 2]->at > t->at; i = (i - 1) / 2)
		put(l, i, l->heap[(i - 1) / 2]);
	put(l, i, t);
}

static void
sift_down(struct loop *l, size_t i)
{
	struct timer *t = l->heap[i];
	size_t child;

	while ((child = 2 * i + 1) < l->ntimers) {
		if (child + 1 < l->ntimers && l->heap[child + 1]->at < l->heap[child]->at)
			child++;
		if (l->heap[child]->at >= t->at)
			break;
		put(l, i, l->heap[child]);
		i = child;
	}
	put(l, i, t);
}

void
loop_untimer(struct loop *l, struct timer *t)
{
	size_t i = t->place;

	if (t->at == 0)
		return;
	t->at = 0;
	if (i != --l->ntimers) {
		put(l, i, l->heap[l->ntimers]);
		sift_up(l, i);
		sift_down(l, l->heap[i]->place);
	}
}

void
loop_timer(struct loop *l, struct timer *t, long ms)
{
	loop_untimer(l, t);
	if (l->ntimers == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->heap = mem_grow(l->heap, l->cap, sizeof(*l->heap));
	}
	t->at = tick_ms() + (ms > 0 ? ms : 0);
	if (t->at == 0)
		t->at = 1;
	put(l, l->ntimers++, t);
	sift_up(l, t->place);
}

static void
run_timers(struct loop *l)
{
	while (l->ntimers > 0 && l->heap[0]->at <= l->now && !l->stopped) {
		struct timer *t = l->heap[0];

		loop_untimer(l, t);
		t->run(t->ctx);
	}
}

static void
signals_came(void *ctx, unsigned events)
{
	struct loop *l = ctx;
	struct signalfd_siginfo info;

	(void)events;
	while (read(l->signals, &info, sizeof(info)) == sizeof(info)) {
		struct handler *h = &l->handlers[info.ssi_signo < SIGNALS ? info.ssi_signo : 0];

		if (h->run != NULL)
			h->run(h->ctx);
	}
}

void
loop_signal(struct loop *l, int signo, void (*run)(void *), void *ctx)
{
	must_hold(signo > 0 && signo < SIGNALS);
	l->handlers[signo] = (struct handler){ run, ctx };
	sigaddset(&l->set, signo);
	sigprocmask(SIG_BLOCK, &l->set, NULL);
	l->signals = signalfd(l->signals, &l->set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (l->signals < 0)
		log_fatal(EX_OSERR, "signalfd: %s", strerror(errno));
	if (l->signal_watch.events == 0) {
		l->signal_watch = (struct watch){ .fd = l->signals, .run = signals_came, .ctx = l };
		loop_watch(l, &l->signal_watch, LOOP_READ);
	}
}

void
loop_idle(struct loop *l, void (*run)(void *), void *ctx)
{
	must_hold(l->nidles < IDLES);
	l->idles[l->nidles++] = (struct handler){ run, ctx };
}

static int
wait_ms(const struct loop *l)
{
	long ms;

	if (l->ntimers == 0)
		return -1;
	ms = l->heap[0]->at - tick_ms();
	return ms <= 0 ? 0 : ms > 3600000 ? 3600000 : (int)ms;
}

void
loop_run(struct loop *l)
{
	while (!l->stopped) {
		for (size_t i = 0; i < l->nidles; i++)
			l->idles[i].run(l->idles[i].ctx);
		if (l->stopped)
			break;
		l->nevents = epoll_wait(l->epoll, l->events, EVENTS, wait_ms(l));
		if (l->nevents < 0 && errno != EINTR)
			log_fatal(EX_OSERR, "epoll_wait: %s", strerror(errno));
		l->now = tick_ms();
		for (int i = 0; i < l->nevents && !l->stopped; i++) {
			struct watch *w = l->events[i].data.ptr;
			unsigned e = l->events[i].events;

			if (w != NULL)
				w->run(w->ctx,
				    (e & ~(unsigned)EPOLLOUT ? LOOP_READ : 0u) | (e & EPOLLOUT ? LOOP_WRITE : 0u));
		}
		l->nevents = 0;
		run_timers(l);
	}
	l->stopped = false;
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
}

long
loop_now(const struct loop *l)
{
	return l->now;
}
