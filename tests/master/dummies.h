/* SPDX-License-Identifier: Apache-2.0 */
/* dummies - the services of the suites that master's tests start; part of suite.h. */
#ifndef TESTS_MASTER_DUMMIES_H
#define TESTS_MASTER_DUMMIES_H

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/io/file.h"
#include "lib/service/service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SENTINEL_FD = 77 };

static void
append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || !file_write_all(fd, text, strlen(text)))
		log_fatal(EX_OSERR, "write %s: %s", path, strerror(errno));
	close(fd);
}

static void
dummy_session(struct session *s)
{
	struct line l;

	conn_deadline(s->conn, 30);
	conn_fmt(s->conn, "hello %d\r\n", getpid());
	while (conn_line(s->conn, 1000, &l) && strcmp(l.s, "quit") != 0) {
		if (strcmp(l.s, "crash") == 0)
			must_hold(!"asked to crash");
		else if (strcmp(l.s, "uid") == 0)
			conn_fmt(s->conn, "%u\r\n", geteuid());
		else if (strcmp(l.s, "state") == 0)
			conn_fmt(s->conn, "%s\r\n", s->state != NULL ? (const char *)s->state : "");
		else if (strcmp(l.s, "timeout") == 0)
			conn_fmt(s->conn, "%ld\r\n", s->cf->smtpd_timeout);
		else
			conn_fmt(s->conn, "%s\r\n", l.s);
	}
}

/* What came through from whoever started master. */
static bool
note_surroundings(const struct conf *cf, void **state, struct buf *err)
{
	const char *const *own = service_arguments();

	(void)cf;
	(void)err;
	*state = mem_fmt("sentinel %s, secret %s, arguments%s%s", fcntl(SENTINEL_FD, F_GETFD) < 0 ? "closed" : "open",
	    getenv("SECRET") == NULL ? "gone" : "there", own[0] != NULL ? " " : "", own[0] != NULL ? own[0] : "");
	return true;
}

static bool
open_badly(const struct conf *cf, void **state, struct buf *err)
{
	(void)cf;
	(void)state;
	buf_puts(err, "this service never starts");
	return false;
}

static void
note_wakeup(const struct conf *cf, void *state)
{
	(void)cf;
	(void)state;
	append("incoming/woken", "w");
}

static struct loop *dummy_loop;

static void
loop_over(void *ctx)
{
	(void)ctx;
	append("incoming/loop", "-");
	loop_stop(dummy_loop);
}

static void
start_loop(struct loop *l, const struct conf *cf, void *state, const int *listeners, int n)
{
	(void)cf;
	(void)state;
	(void)listeners;
	(void)n;
	dummy_loop = l;
	append("incoming/loop", "+");
	service_ready();
}

static void
stop_loop(void *state)
{
	static struct timer t = { .run = loop_over };

	(void)state;
	loop_timer(dummy_loop, &t, 300);
}

static void
crash_soon(struct loop *l, const struct conf *cf, void *state, const int *listeners, int n)
{
	start_loop(l, cf, state, listeners, n);
	raise(SIGKILL);
}

static const struct service dummies[] = {
	{ .program = "echo",
	    .shape = SHAPE_SESSIONS,
	    .account = ACCOUNT_NET,
	    .peers = PEER_ANY,
	    .open = note_surroundings,
	    .session = dummy_session },
	{ .program = "single",
	    .shape = SHAPE_SINGLE,
	    .account = ACCOUNT_QUEUE,
	    .peers = PEER_QUEUE,
	    .session = dummy_session },
	{ .program = "waker",
	    .shape = SHAPE_SINGLE,
	    .account = ACCOUNT_QUEUE,
	    .peers = PEER_USERS,
	    .rights = { .executes = true },
	    .wakeup = note_wakeup },
	{ .program = "qmgr",
	    .shape = SHAPE_LOOP,
	    .account = ACCOUNT_QUEUE,
	    .peers = PEER_QUEUE,
	    .rights = { .executes = true },
	    .loop = start_loop,
	    .stop = stop_loop },
	{ .program = "early",
	    .shape = SHAPE_LOOP,
	    .account = ACCOUNT_QUEUE,
	    .peers = PEER_USERS,
	    .rights = { .executes = true },
	    .loop = crash_soon },
	{ .program = "bad",
	    .shape = SHAPE_SINGLE,
	    .account = ACCOUNT_QUEUE,
	    .peers = PEER_USERS,
	    .open = open_badly,
	    .session = dummy_session },
};

/* -1: this is the test itself. */
static int
dummy_main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *name = slash != NULL ? slash + 1 : argv[0];

	for (size_t i = 0; i < NITEMS(dummies); i++)
		if (strcmp(dummies[i].program, name) == 0)
			return service_run(&dummies[i], argc, argv);
	return -1;
}

#endif
