/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root stub: takes a user's name, and starts a helper that becomes this
 * user for good.  It opens no file, and looks at no byte of a message or of what
 * a user's process says; it hears from its front alone.
 */
#include "agents/local/helper.h"
#include "agents/local/helpers.h"
#include "agents/local/local.h"
#include "lib/base/log.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20, GROUPS_MAX = 65536 };

struct stub {
	const struct conf *cf;
	struct ipc *front;
	pid_t *children; /* which have not been waited for: nobody else has their numbers */
	size_t n, most;
	int ended; /* a signalfd for SIGCHLD */
	sigset_t ordinary;
	gid_t *groups;
	struct arena mem;
};

/* A front that has gone wrong cannot fill the host with processes.  Groups are looked up here, not by each child anew. */
static bool
may_start(struct stub *s, const char *user, struct identity *who, struct verdict *why)
{
	int n = GROUPS_MAX;

	errno = 0;
	who->user = getpwnam(user);
	if (who->user == NULL && errno != 0 && errno != ENOENT && errno != ESRCH)
		later(why, "4.3.0", "user lookup of %s: %s", user, strerror(errno));
	else if (who->user == NULL)
		never(why, "5.1.1", "unknown user: \"%s\"", user);
	else if (who->user->pw_uid == 0 && geteuid() == 0)
		later(why, "4.3.5", "nothing is delivered as root: give %s an alias in alias_maps", user);
	else if (geteuid() != 0 && geteuid() != who->user->pw_uid)
		later(
		    why, "4.3.5", "privilege separation is off: only user %d gets mail, not %s", (int)geteuid(), user);
	else if (s->n >= s->most)
		later(why, "4.3.2", "too many delivery processes");
	else if (getgrouplist(who->user->pw_name, who->user->pw_gid, s->groups, &n) < 0)
		later(why, "4.3.0", "groups of user %s cannot be found out", user);
	who->ngroups = (size_t)n;
	return why->fate == FATE_OK;
}

/* The front's end of the connection to a new child; -1: none. */
static int
start_child(struct stub *s, const struct identity *who, bool command, struct verdict *why)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		later(why, "4.3.0", "socketpair: %s", strerror(errno));
		return -1;
	}
	if ((pid = fork()) == 0) {
		sigprocmask(SIG_SETMASK, &s->ordinary, NULL);
		helper_run(s->cf, who, command, pair[1]);
	}
	close(pair[1]);
	if (pid < 0) {
		later(why, "4.3.0", "fork: %s", strerror(errno));
		close(pair[0]);
		return -1;
	}
	s->children[s->n++] = pid;
	return pair[0];
}

static void
start(struct stub *s)
{
	struct verdict why = VERDICT(&s->mem);
	struct stub_start ask;
	struct identity who = { .groups = s->groups };
	int fd = -1;

	if (!stub_start_get(s->front, &s->mem, &ask))
		return;
	if (may_start(s, ask.user, &who, &why))
		fd = start_child(s, &who, ask.command, &why);
	stub_started_send(s->front,
	    &(struct stub_started){
		.code = why.code, .dsn = why.dsn, .text = why.text, .number = fd >= 0 ? s->children[s->n - 1] : 0 });
	if (fd >= 0) {
		conn_put_fd(ipc_conn(s->front), fd);
		close(fd);
	}
}

/* Its user may have stopped it, so that it does not go by itself. */
static void
end(struct stub *s)
{
	struct stub_end ask;

	if (!stub_end_get(s->front, &s->mem, &ask))
		return;
	for (size_t i = 0; i < s->n; i++)
		if (s->children[i] == ask.number)
			kill(s->children[i], SIGKILL);
}

static void
reap(struct stub *s)
{
	struct signalfd_siginfo signals[8];
	pid_t pid;
	int status;

	if (read(s->ended, signals, sizeof(signals)) < 0 && errno != EAGAIN && errno != EINTR)
		log_fatal(EX_OSERR, "read a signalfd: %s", strerror(errno));
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
			log_error("delivery process %d died, status 0x%x", (int)pid, status);
		for (size_t i = 0; i < s->n; i++)
			if (s->children[i] == pid)
				s->children[i] = s->children[--s->n];
	}
}

/* Children that have ended are waited for at once; true: the front has something to say. */
static bool
hear(struct stub *s)
{
	struct pollfd p[2] = { { .fd = conn_fd(ipc_conn(s->front)), .events = POLLIN },
		{ .fd = s->ended, .events = POLLIN } };

	if (conn_buffered(ipc_conn(s->front)) > 0)
		return true;
	if (poll(p, NITEMS(p), -1) < 0) {
		if (errno != EINTR)
			log_fatal(EX_OSERR, "poll: %s", strerror(errno));
		return false;
	}
	if (p[1].revents != 0)
		reap(s);
	return p[0].revents != 0;
}

static void
prepare(struct stub *s, int socket)
{
	sigset_t child;

	/* Nothing of the front's but the socket: not master's, not the listeners. */
	if (dup2(socket, 3) < 0 || close_range(4, ~0u, 0) < 0)
		_exit(EX_OSERR);
	log_open(s->cf->syslog_name, "local", log_to_stderr); /* the log's socket is closed, too */
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_IGN); /* it ends with its front, not before */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &child, &s->ordinary) < 0 ||
	    (s->ended = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		_exit(EX_OSERR);
	s->most = helpers_most(s->cf);
	s->children = mem_zero(s->most, sizeof(*s->children));
	s->groups = mem_alloc(GROUPS_MAX * sizeof(*s->groups));
	s->front = ipc_serve(conn_new(3), &stub_protocol);
	ipc_flush(s->front);
}

_Noreturn void
stub_run(const struct conf *cf, int socket)
{
	struct stub s = { .cf = cf, .mem = ARENA(REQUEST_MAX) };

	prepare(&s, socket);
	for (;;) {
		if (!hear(&s))
			continue;
		if (ipc_next(s.front) == NULL)
			_exit(0);
		if (stub_end_is(s.front))
			end(&s);
		else
			start(&s);
		ipc_flush(s.front);
		arena_reset(&s.mem);
	}
}
