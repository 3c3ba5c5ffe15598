/* SPDX-License-Identifier: Apache-2.0 */
/* The running master: found by its locked pid file, asked over pid/control, told by signals. */
#include "commands/sallyport/sallyport.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/net/addr.h"
#include "lib/service/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t
master_pid(const struct place *p)
{
	char *path = mem_fmt("%s/%s/master.pid", p->queue, p->pids);
	struct buf err = BUF(1024);
	pid_t pid = pidfile_holder(path, &err);

	if (pid < 0)
		log_fatal(errno == EACCES ? EX_NOPERM : EX_TEMPFAIL, "%s", buf_str(&err));
	free(path);
	return pid;
}

static bool
read_answer(int fd, struct buf *text)
{
	struct timeval patience = { 5, 0 };
	ssize_t n;
	char *room;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while ((room = buf_room(text, 4096)) != NULL && (n = recv(fd, room, 4096, 0)) > 0)
		buf_grew(text, (size_t)n);
	return buf_ok(text) && text->len > 0;
}

/* The name is relative, as the whole path may be too long for a socket. */
bool
master_ask(const struct place *p, struct buf *text)
{
	char *path = mem_fmt("%s/control", p->pids);
	struct addr a;
	int fd = -1;
	bool ok = chdir(p->queue) == 0 && addr_unix(&a, path) &&
	    (fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0 && connect(fd, &a.sa, a.len) == 0 &&
	    read_answer(fd, text);

	if (fd >= 0)
		close(fd);
	free(path);
	return ok;
}

long
master_reloads(const char *text, const char **failed)
{
	char *end;
	long n;

	*failed = NULL;
	if (!text_starts(text, "reload "))
		return -1;
	n = strtol(text + strlen("reload "), &end, 10);
	if (text_starts(end, ": failed: "))
		*failed = end + strlen(": failed: ");
	return n;
}

static _Noreturn void
become_master(const struct place *p, const char *option)
{
	char *program = mem_fmt("%s/master", p->cf->daemon_directory);
	const char *argv[] = { program, "-c", p->dir, option != NULL ? option : "-d", p->debug ? "-v" : NULL, NULL };

	execv(program, (char *const *)(uintptr_t)argv);
	log_fatal(EX_OSFILE, "execute %s: %s; is daemon_directory right?", program, strerror(errno));
}

bool
master_accepts(const struct place *p, struct buf *said)
{
	int ends[2], status;
	ssize_t n;
	char *room;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		log_fatal(EX_OSERR, "fork: %s", strerror(errno));
	if (pid == 0) {
		if (dup2(ends[1], STDOUT_FILENO) < 0 || dup2(ends[1], STDERR_FILENO) < 0)
			_exit(EX_OSERR);
		become_master(p, "-C");
	}
	close(ends[1]);
	while ((room = buf_room(said, 4096)) != NULL && (n = read(ends[0], room, 4096)) > 0)
		buf_grew(said, (size_t)n);
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			log_fatal(EX_OSERR, "wait for master: %s", strerror(errno));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int
master_execute(const struct place *p, const char *option, bool wait)
{
	int status;
	pid_t pid;

	if (!wait)
		become_master(p, option);
	if ((pid = fork()) < 0)
		log_fatal(EX_OSERR, "fork: %s", strerror(errno));
	if (pid == 0)
		become_master(p, option);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			log_fatal(EX_OSERR, "wait for master: %s", strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
