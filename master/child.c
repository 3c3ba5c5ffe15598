/* SPDX-License-Identifier: Apache-2.0 */
/* Processes: started, heard, told, reaped. */
#include "master/master.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ipc/master.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILLS_MOST = 64 };

static char **
arguments(const struct service_post *post, long share)
{
	const struct mastercf_service *s = post->want->line;
	struct service_args a = { .name = s->name,
		.type = s->type,
		.share = share,
		.unprivileged = s->unprivileged,
		.chroot = s->chroot,
		.foreground = post->m->foreground,
		.debug = post->m->debug,
		.noverrides = s->noverrides,
		.own = s->argv };

	for (int i = 0; i < post->nlisteners; i++)
		a.listeners += post->listeners[i].fd >= 0;
	memcpy(a.overrides, s->overrides, s->noverrides * sizeof(*a.overrides));
	return service_args_build(&a, post->want->program);
}

static int
copy_above(int fd, int least)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, least);

	if (copy < 0)
		_exit(EX_OSERR);
	return copy;
}

/* 3 is the socket to us, 4... the listeners; nothing else but 0 to 2 gets through. */
static void
arrange_descriptors(const struct service_post *post, int link)
{
	int above = SERVICE_LISTENER_FD + post->nlisteners, to = SERVICE_LISTENER_FD, copies[SERVICE_LISTENERS], n = 0;

	link = copy_above(link, above);
	for (int i = 0; i < post->nlisteners; i++)
		if (post->listeners[i].fd >= 0)
			copies[n++] = copy_above(post->listeners[i].fd, above);
	if (dup2(link, SERVICE_LINK_FD) < 0)
		_exit(EX_OSERR);
	for (int i = 0; i < n; i++)
		if (dup2(copies[i], to++) < 0)
			_exit(EX_OSERR);
	if (close_range((unsigned)to, ~0U, 0) < 0)
		for (int fd = to; fd < 65536; fd++)
			close(fd);
}

static _Noreturn void
become(const struct service_post *post, char **argv, int link)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	setpgid(0, 0); /* so that it can be ended with all that it started, and the terminal's ^C is not for it */
	for (int s = 1; s < NSIG; s++)
		sigaction(s, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	arrange_descriptors(post, link);
	execv(argv[0], argv);
	_exit(EX_OSFILE);
}

/* Children are not believed what cannot be. */
static long
within(long n, long most)
{
	return n < 0 ? 0 : n > most ? most : n;
}

static void
say_ready(struct child *c, const struct master_ready *r)
{
	struct service_post *post = c->post;

	c->life.ready = true;
	loop_untimer(post->m->loop, &c->start_limit);
	post->most = within(r->most, SERVICE_SHARE_MOST);
	post->helper = r->helper;
	if (post->most > 0 && (post->helper || post->most < c->share))
		c->share = post->most;
	if (c->state == CHILD_STARTING)
		c->state = CHILD_ROOMY;
	if (post == post->m->awaited && !post->m->ready)
		master_started(post->m, NULL);
}

static void
say_state(struct child *c, const struct master_state *s)
{
	c->sessions = within(s->sessions, c->share);
	if (c->state != CHILD_RETIRING && c->life.ready)
		c->state = s->full ? CHILD_FULL : s->nearly ? CHILD_NEARLY : CHILD_ROOMY;
}

static void
say_served(struct child *c)
{
	c->life.served = true;
	c->post->early = 0;
	c->post->used = true;
}

static void
one_message(struct child *c)
{
	struct arena mem = ARENA(8192);
	struct master_ready ready;
	struct master_state state;
	struct master_retire retire;

	if (master_ready_is(c->ipc)) {
		if (master_ready_get(c->ipc, &mem, &ready))
			say_ready(c, &ready);
	} else if (master_state_is(c->ipc)) {
		if (master_state_get(c->ipc, &mem, &state))
			say_state(c, &state);
	} else if (master_served_is(c->ipc)) {
		say_served(c);
	} else if (master_retire_get(c->ipc, &mem, &retire)) {
		log_debug("service %s: process %d retires: %s", c->post->key, c->pid, retire.why);
		c->life.retired = true;
		c->state = CHILD_RETIRING;
	}
	arena_free(&mem);
}

/* What it has said so far; whoever says more than that at once has to wait for the others. */
static void
hear(struct child *c)
{
	struct conn *conn = ipc_conn(c->ipc);
	int more = 1;

	for (int i = 0; i < FILLS_MOST && more > 0; i++) {
		more = conn_fill(conn);
		while (ipc_ready(c->ipc) != NULL)
			one_message(c);
	}
	if (ipc_ok(c->ipc))
		return;
	loop_watch(c->post->m->loop, &c->watch, 0); /* its end comes as SIGCHLD */
	if (conn_error(conn) == CONN_EOF || c->broken)
		return;
	c->broken = true;
	log_warn("service %s: process %d: %s", c->post->key, c->pid, ipc_why(c->ipc));
	child_signal(c, SIGKILL);
}

static void
child_speaks(void *ctx, unsigned events)
{
	struct child *c = ctx;

	(void)events;
	hear(c);
	post_review(c->post);
}

static void
not_ready(void *ctx)
{
	struct child *c = ctx;

	log_warn("service %s: process %d is not ready after %d seconds", c->post->key, c->pid, START_LIMIT_MS / 1000);
	child_signal(c, SIGKILL);
}

static void
child_new(struct service_post *post, pid_t pid, int fd, long share)
{
	struct child *c = mem_zero(1, sizeof(*c));

	c->post = post;
	c->pid = pid;
	c->share = share;
	c->ipc = ipc_begin(fd, &master_protocol);
	conn_nonblocking(ipc_conn(c->ipc));
	conn_drain(ipc_conn(c->ipc));
	c->watch = (struct watch){ .fd = fd, .run = child_speaks, .ctx = c };
	c->start_limit = (struct timer){ .run = not_ready, .ctx = c };
	loop_watch(post->m->loop, &c->watch, LOOP_READ);
	loop_timer(post->m->loop, &c->start_limit, START_LIMIT_MS);
	list_append(&post->children, &c->link);
	if (post->stress)
		child_tell_stress(c, true);
}

bool
child_start(struct service_post *post, long share)
{
	int pair[2];
	pid_t pid;
	char **argv;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		log_warn("service %s: socketpair: %s", post->key, strerror(errno));
		return false;
	}
	argv = arguments(post, share);
	if ((pid = fork()) == 0) {
		close(post->m->lock_fd); /* a copy would keep a successor out, should we be killed now */
		become(post, argv, pair[1]);
	}
	if (pid < 0)
		log_warn("service %s: fork: %s", post->key, strerror(errno));
	service_argv_free(&argv);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return false;
	}
	setpgid(pid, pid); /* whoever comes first, it or we */
	child_new(post, pid, pair[0], share);
	return true;
}

void
child_signal(struct child *c, int signo)
{
	if (signo == SIGKILL) {
		kill(-c->pid, SIGKILL);
		c->life.killed = true;
	} else {
		kill(c->pid, signo);
		c->life.asked = true;
		c->state = CHILD_RETIRING;
	}
}

void
child_free(struct child **cp)
{
	struct child *c = *cp;

	loop_watch(c->post->m->loop, &c->watch, 0);
	loop_untimer(c->post->m->loop, &c->start_limit);
	list_remove(&c->post->children, &c->link);
	ipc_free(&c->ipc);
	free(c);
	*cp = NULL;
}

static struct child *
child_of(struct master *m, pid_t pid)
{
	LIST_EACH (struct service_post, post, link, &m->posts)
		LIST_EACH (struct child, c, link, &post->children)
			if (c->pid == pid)
				return c;
	return NULL;
}

/* Unknown ones are orphans that we, as process 1 of a container, have to bury. */
void
children_reap(void *ctx)
{
	struct master *m = ctx;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *c = child_of(m, pid);

		if (c == NULL)
			continue;
		if (ipc_ok(c->ipc))
			hear(c);
		post_died(c->post, c, status);
	}
}

static void
tell(struct child *c)
{
	conn_drain(ipc_conn(c->ipc)); /* what does not fit, or fails, is told by its end */
}

void
child_tell_wakeup(struct child *c)
{
	master_wakeup_send(c->ipc, &(struct master_wakeup){});
	tell(c);
}

void
child_tell_stress(struct child *c, bool on)
{
	master_stress_send(c->ipc, &(struct master_stress){ on });
	tell(c);
}

void
child_tell_share(struct child *c)
{
	master_share_send(c->ipc, &(struct master_share){ c->share });
	tell(c);
}

void
child_tell_report(struct child *c)
{
	master_report_send(c->ipc, &(struct master_report){});
	tell(c);
}
