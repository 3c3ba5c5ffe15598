/* SPDX-License-Identifier: Apache-2.0 */
/* The session in a child, and all that it needs around it. */
#include "lib/base/log.h"
#include "lib/io/file.h"
#include "lib/service/defaults.h"
#include "tests/support/test.h"
#include "tests/support/transcript_inside.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the session's side ---- */

static int log_fd = -1;

static bool
log_to_file(enum log_level level, const char *line)
{
	char text[LINE];
	int n = snprintf(text, sizeof(text), "%s\n", line);

	(void)level;
	return n > 0 && write(log_fd, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1) > 0;
}

static void
child(struct play *p, int fd)
{
	struct conf_args a = { .dir = "." };
	struct buf err = BUF(65536);
	struct session s = { .service = p->daemon->service, .uid = (uid_t)-1, .gid = (gid_t)-1 };
	int status = 0;

	alarm(5 * TRANSCRIPT_SECONDS);
	signal(SIGPIPE, SIG_IGN);
	must_hold(chdir(p->folder) == 0);
	log_fd = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	log_open("postfix", p->daemon->service, log_to_file);
	defaults_register();
	must_hold(addr_parse(&s.peer, p->peer, 4711));
	s.conn = conn_new(fd);
	if ((s.cf = conf_load(&a, &err)) == NULL || !p->daemon->open(s.cf, &s.state, &err)) {
		log_error("%s", buf_str(&err));
		status = EX_CONFIG;
	} else {
		p->daemon->session(&s);
	}
	conn_free(&s.conn);
	buf_free(&err);
	exit(status); /* and so the leak checker looks */
}

/* ---- beginning and end ---- */

static void
write_conf(struct play *p)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/main.cf", p->folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must_hold(fd >= 0 && file_write_all(fd, p->daemon->conf, strlen(p->daemon->conf)) &&
	    file_write_all(fd, buf_str(&p->conf), p->conf.len));
	close(fd);
}

static void
make_folders(struct play *p)
{
	static const char *const inside[] = { "public", "private" };
	const char *base = getenv("TMPDIR");
	char path[300];

	snprintf(p->folder, sizeof(p->folder), "%s/play.XXXXXX", base != NULL ? base : "/tmp");
	must_hold(mkdtemp(p->folder) != NULL);
	for (size_t i = 0; i < NITEMS(inside); i++) {
		snprintf(path, sizeof(path), "%s/%s", p->folder, inside[i]);
		must_hold(mkdir(path, 0700) == 0);
	}
}

void
play_begin(struct play *p)
{
	char path[300];
	int fds[2];

	if (p->folder[0] != '\0')
		return;
	make_folders(p);
	write_conf(p);
	must_hold(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	fflush(stdout);
	fflush(stderr);
	/* The fakes get their sockets after the fork, so that no thread is there at it; the session may be earlier. */
	must_hold((p->child = fork()) >= 0);
	if (p->child == 0) {
		char go;

		close(fds[0]);
		must_hold(read(fds[1], &go, 1) == 1);
		child(p, fds[1]);
	}
	close(fds[1]);
	p->fd = fds[0];
	snprintf(path, sizeof(path), "%s/public/cleanup", p->folder);
	p->fake_cleanup = fake_cleanup_start(path, buf_str(&p->cleanup));
	snprintf(path, sizeof(path), "%s/private/resolver", p->folder);
	p->fake_resolver = fake_resolver_start(path, buf_str(&p->dns));
	must_hold(write(p->fd, "", 1) == 1);
}

void
play_clean_up(struct play *p)
{
	static const char *const names[] = { "main.cf", "log", "public/cleanup", "private/resolver", "public",
		"private", "" };
	char path[300];

	for (size_t i = 0; i < NITEMS(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", p->folder, names[i]);
		remove(path);
	}
	fake_stop(&p->fake_cleanup);
	fake_stop(&p->fake_resolver);
	play_forget_reply(p);
	buf_free(&p->conf);
	buf_free(&p->dns);
	buf_free(&p->cleanup);
	buf_free(&p->in);
}
