/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/process.h"

#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/service/link.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CHANGED_MS = 1000, PASS_SECONDS = 5, EMPTY_MS = 100 };

/* The next process is wanted when a tenth of the room is left, and not wanted any more at two tenths. */
enum fullness
process_fullness(long sessions, long share, enum fullness before)
{
	long nearly = share - share / 10, roomy = share - share / 5;

	if (sessions >= share)
		return FULL;
	if (share >= 10 && sessions >= (before == ROOMY ? nearly : roomy))
		return NEARLY_FULL;
	return ROOMY;
}

long
process_most_sessions(long max_use, long share)
{
	return max_use > INT64_MAX / share ? INT64_MAX : max_use * share;
}

static bool
peer_may(const struct process *p, int fd, uid_t *uid, gid_t *gid)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	unsigned peers = p->args.type == SERVICE_PASS ? PEER_QUEUE | PEER_NET : p->service->peers;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0) {
		log_warn("SO_PEERCRED: %s", strerror(errno));
		return false;
	}
	*uid = who.uid;
	*gid = who.gid;
	if (accounts_may_connect(&p->accounts, peers, who.uid, who.gid))
		return true;
	log_warn(
	    "service %s: refused a connection from uid %u, gid %u, pid %d", p->args.name, who.uid, who.gid, who.pid);
	return false;
}

static void
accept_failed(void)
{
	struct timespec pause = { 0, EMPTY_MS * 1000000L };

	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ETIMEDOUT:
		return;
	}
	log_warn("accept connection: %s", strerror(errno));
	nanosleep(&pause, NULL); /* no descriptors or no memory: trying on at once would only burn time */
}

int
process_accept(const struct process *p, int listener, struct addr *peer, uid_t *uid, gid_t *gid)
{
	struct addr from = { .len = sizeof(from) - sizeof(from.len) };
	int fd;

	*uid = (uid_t)-1;
	*gid = (gid_t)-1;
	if ((fd = accept4(listener, &from.sa, &from.len, SOCK_CLOEXEC)) < 0) {
		accept_failed();
		return -1;
	}
	/* TCP_NODELAY is inherited from the listener. */
	if (p->args.type != SERVICE_INET && !peer_may(p, fd, uid, gid)) {
		close(fd);
		return -1;
	}
	/* Of an internet client accept has told it. */
	if (!addr_of_sockaddr(peer, &from.sa) && !addr_of_peer(peer, fd))
		*peer = (struct addr){ .len = 0 };
	return fd;
}

/* The client that another daemon hands over; -1: it did not. */
static int
passed_client(int fd, struct addr *peer)
{
	struct conn *c = conn_new(fd);
	char byte;
	int client = -1;

	conn_accept_fds(c);
	conn_deadline(c, PASS_SECONDS);
	if (conn_read(c, &byte, 1))
		client = conn_take_fd(c);
	if (client < 0)
		log_warn("no client was handed over: %s", conn_why(c));
	else if (!addr_of_peer(peer, client))
		*peer = (struct addr){ .len = 0 };
	conn_free(&c);
	return client;
}

/* The sessions of this process: where their sockets are, while these are certainly theirs. */
struct running {
	struct list_link link;
	int fd;
	ino_t socket; /* a session may close its descriptor early, and the number may be somebody else's then */
};
static pthread_mutex_t running_lock = PTHREAD_MUTEX_INITIALIZER; /* around the list */
static struct list running = LIST(running);

static void
run(const struct process *p, struct session *s, int fd)
{
	struct running me = { .fd = fd };
	struct stat st;

	if (fstat(fd, &st) == 0)
		me.socket = st.st_ino;
	pthread_mutex_lock(&running_lock);
	list_append(&running, &me.link);
	pthread_mutex_unlock(&running_lock);
	s->conn = conn_new(fd);
	p->service->session(s);
	pthread_mutex_lock(&running_lock);
	list_remove(&running, &me.link);
	pthread_mutex_unlock(&running_lock);
	conn_free(&s->conn);
}

void
process_cut_sessions(void)
{
	struct stat st;

	pthread_mutex_lock(&running_lock);
	LIST_EACH (struct running, r, link, &running)
		if (fstat(r->fd, &st) == 0 && st.st_ino == r->socket)
			shutdown(r->fd, SHUT_RD);
	pthread_mutex_unlock(&running_lock);
}

void
process_session(const struct process *p, int fd, const struct addr *peer, uid_t uid, gid_t gid)
{
	struct session s = { .cf = link_stress() ? p->stress : p->calm,
		.peer = *peer,
		.service = p->args.name,
		.uid = uid,
		.gid = gid,
		.state = p->state };

	if (p->args.type == SERVICE_PASS && (fd = passed_client(fd, &s.peer)) < 0)
		return;
	if (!addr_of_self(&s.self, fd))
		s.self = (struct addr){ .len = 0 };
	run(p, &s, fd);
	log_doing("%s", "");
}

static volatile sig_atomic_t wake_fd = -1;

static void
on_term(int signo)
{
	static const uint64_t one = 1;
	int saved = errno;

	(void)signo;
	if (write(wake_fd, &one, sizeof(one)) < 0) {
		/* cannot be: an eventfd is full only after 2^64 signals */
	}
	errno = saved;
}

static void
on_pipe(int signo)
{
	(void)signo;
}

void
process_signals(struct process *p)
{
	struct sigaction term = { .sa_handler = on_term, .sa_flags = SA_RESTART };
	struct sigaction broken = { .sa_handler = on_pipe, .sa_flags = SA_RESTART };

	if ((p->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		log_fatal(EX_OSERR, "eventfd: %s", strerror(errno));
	wake_fd = p->stop_fd;
	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGPIPE, &broken, NULL);
}

bool
process_changed(const struct process *p, long *asked_at)
{
	long now = tick_ms();

	if (p->service->changed == NULL || now - *asked_at < CHANGED_MS)
		return false;
	*asked_at = now;
	return p->service->changed(p->state);
}
