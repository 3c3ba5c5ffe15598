/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHAPE_SESSIONS: leader and followers.  One idle thread, the leader, waits
 * for everything; it accepts, appoints the next leader and runs the session
 * itself, on its own small stack.  So no session changes threads.  While the
 * process is full, its leader listens to master alone, and new clients are
 * left to other processes.
 */
#include "lib/service/process.h"

#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/service/link.h"
#include "lib/service/logging.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { STACK = 256 * 1024, SURPLUS_SECONDS = 10, EVENTS = 8 };

struct pool {
	struct process *p;
	int epoll, full_epoll; /* listeners, master and stop; while full: master, stop and room */
	int room;	       /* an eventfd: readable when there is room again */
	pthread_mutex_t lock;  /* around all below, and the share */
	long most;	       /* sessions until retirement, 0: no limit */
	pthread_cond_t turn;   /* for a follower: leadership is free */
	pthread_cond_t over;   /* for the main thread: retired */
	bool leader, retired;
	enum fullness told;
	long sessions, begun;
	int waiting; /* followers */
	long idle_since, changed_at;
};

/* For the life of the process: threads that end use it to their last step. */
static struct pool the_pool;

static void *thread_main(void *);

static void
tell_state(struct pool *q)
{
	enum fullness now = process_fullness(q->sessions, q->p->args.share, q->told);

	/* Master counts what retiring processes still have, to know what room there is. */
	if (q->retired)
		link_state(true, false, q->sessions);
	else if (now != q->told)
		link_state(now == FULL, now == NEARLY_FULL, q->sessions);
	q->told = now;
}

static bool
is_full(const struct pool *q)
{
	return q->sessions >= q->p->args.share;
}

/* The leader may wait where no client comes, and the main thread for the last session to end. */
static void
call_leader(struct pool *q)
{
	static const uint64_t one = 1;

	if ((q->leader || q->retired) && write(q->room, &one, sizeof(one)) < 0)
		log_warn("write an eventfd: %s", strerror(errno));
}

static void
retire(struct pool *q, const char *why)
{
	if (q->retired)
		return;
	q->retired = true;
	atomic_store(&q->p->ending, true);
	link_retire(why);
	for (int i = 0; i < q->p->args.listeners; i++)
		close(q->p->listeners[i]);
	tell_state(q);
	pthread_cond_broadcast(&q->turn);
	pthread_cond_signal(&q->over);
}

static bool
start_thread(struct pool *q)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, thread_main, q);
	pthread_attr_destroy(&attr);
	if (err != 0)
		log_warn("start a thread: %s", strerror(err));
	return err == 0;
}

/* Somebody else must wait for clients now; when nobody can, the next session's end sees to it. */
static void
appoint_leader(struct pool *q)
{
	if (q->retired)
		return;
	if (q->waiting > 0)
		pthread_cond_signal(&q->turn);
	else
		start_thread(q);
}

/* False: this thread is not needed any more. */
static bool
become_leader(struct pool *q)
{
	struct timespec until;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += SURPLUS_SECONDS;
	q->waiting++;
	while (!q->retired && q->leader && err == 0)
		err = pthread_cond_timedwait(&q->turn, &q->lock, &until);
	q->waiting--;
	if (q->retired || q->leader)
		return false;
	return q->leader = true;
}

/* Milliseconds that the leader may sleep; with no session open that is until max_idle. */
static int
patience(struct pool *q)
{
	long ms = q->p->calm->max_idle * 1000;

	if (q->sessions == 0)
		ms -= tick_ms() - q->idle_since;
	return ms < 0 ? 0 : ms > 3600000 ? 3600000 : (int)ms;
}

static void
set_share(struct pool *q, long share)
{
	q->p->args.share = share;
	q->most = process_most_sessions(q->p->calm->max_use, share);
	tell_state(q);
}

static void
heard_master(struct pool *q)
{
	unsigned what = link_read();

	if (what & LINK_GONE)
		retire(q, "master is gone");
	if ((what & LINK_SHARE) && !q->retired && link_share() > q->p->args.share)
		set_share(q, link_share());
	if (what & LINK_REPORT)
		link_state(q->told == FULL, q->told == NEARLY_FULL, q->sessions);
}

/* Was it readable?  It is not any more. */
static bool
take_event(int fd)
{
	uint64_t n;

	return read(fd, &n, sizeof(n)) == sizeof(n);
}

/* With the lock: what came?  The listener that has a client, or -1. */
static int
listener_of(struct pool *q, const struct epoll_event *events, int n)
{
	int listener = -1;

	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;

		if (fd == q->p->stop_fd && take_event(fd))
			retire(q, "asked to stop");
		else if (fd == link_fd())
			heard_master(q);
		else if (fd == q->room)
			take_event(fd);
		else
			listener = fd;
	}
	if (n == 0 && q->sessions == 0 && tick_ms() - q->idle_since >= q->p->calm->max_idle * 1000)
		retire(q, "max_idle");
	if (listener >= 0 && !q->retired && process_changed(q->p, &q->changed_at))
		retire(q, "table changed");
	return q->retired ? -1 : listener;
}

/* As the leader, with the lock but for the waiting: the next client, or -1 when retired. */
static int
wait_for_client(struct pool *q, struct addr *peer, uid_t *uid, gid_t *gid)
{
	struct epoll_event events[EVENTS];
	int fd = -1;

	while (!q->retired && fd < 0) {
		int n, listener, ms = patience(q), where = is_full(q) ? q->full_epoll : q->epoll;

		pthread_mutex_unlock(&q->lock);
		n = epoll_wait(where, events, EVENTS, ms);
		pthread_mutex_lock(&q->lock);
		if (n < 0 && errno != EINTR)
			log_fatal(EX_OSERR, "epoll_wait: %s", strerror(errno));
		if (n >= 0 && (listener = listener_of(q, events, n)) >= 0)
			fd = process_accept(q->p, listener, peer, uid, gid);
	}
	return fd;
}

static void
one_session(struct pool *q, int fd, const struct addr *peer, uid_t uid, gid_t gid)
{
	q->sessions++;
	q->begun++;
	if (q->most > 0 && q->begun >= q->most)
		retire(q, "max_use");
	tell_state(q);
	appoint_leader(q);
	pthread_mutex_unlock(&q->lock);
	link_served();
	process_session(q->p, fd, peer, uid, gid);
	pthread_mutex_lock(&q->lock);
	if (is_full(q) || q->retired)
		call_leader(q);
	if (--q->sessions == 0)
		q->idle_since = tick_ms();
	tell_state(q);
}

static void *
thread_main(void *ctx)
{
	struct pool *q = ctx;
	struct addr peer;
	uid_t uid;
	gid_t gid;

	pthread_mutex_lock(&q->lock);
	while (become_leader(q)) {
		int fd = wait_for_client(q, &peer, &uid, &gid);

		q->leader = false;
		if (fd >= 0)
			one_session(q, fd, &peer, uid, gid);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

static int
new_epoll(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		log_fatal(EX_OSERR, "epoll_create1: %s", strerror(errno));
	return fd;
}

static void
watch(int epoll, int fd, unsigned events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		log_fatal(EX_OSERR, "epoll_ctl for descriptor %d: %s", fd, strerror(errno));
}

static bool
has_sessions(struct pool *q)
{
	bool any;

	pthread_mutex_lock(&q->lock);
	any = q->sessions > 0;
	pthread_mutex_unlock(&q->lock);
	return any;
}

/* Until the last session has ended; who asks once more cannot wait for them. */
static void
await_sessions(struct pool *q)
{
	struct pollfd fds[] = { { .fd = q->room, .events = POLLIN }, { .fd = q->p->stop_fd, .events = POLLIN } };

	while (has_sessions(q)) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			log_fatal(EX_OSERR, "poll: %s", strerror(errno));
		take_event(q->room);
		if (take_event(q->p->stop_fd))
			process_cut_sessions();
	}
}

void
serve_sessions(struct process *p)
{
	struct pool *q = &the_pool;

	*q = (struct pool){ .p = p,
		.epoll = new_epoll(),
		.full_epoll = new_epoll(),
		.most = process_most_sessions(p->calm->max_use, p->args.share),
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.turn = PTHREAD_COND_INITIALIZER,
		.over = PTHREAD_COND_INITIALIZER,
		.idle_since = tick_ms() };
	process_signals(p);
	if ((q->room = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		log_fatal(EX_OSERR, "eventfd: %s", strerror(errno));
	for (int i = 0; i < p->args.listeners; i++)
		watch(q->epoll, p->listeners[i], EPOLLIN | EPOLLEXCLUSIVE);
	watch(q->epoll, link_fd(), EPOLLIN);
	watch(q->epoll, p->stop_fd, EPOLLIN);
	watch(q->full_epoll, link_fd(), EPOLLIN);
	watch(q->full_epoll, p->stop_fd, EPOLLIN);
	watch(q->full_epoll, q->room, EPOLLIN);
	service_ready();
	logging_gather(true);
	pthread_mutex_lock(&q->lock);
	if (!start_thread(q))
		log_fatal(EX_OSERR, "no thread can be started");
	while (!q->retired)
		pthread_cond_wait(&q->over, &q->lock);
	pthread_mutex_unlock(&q->lock);
	await_sessions(q);
}
