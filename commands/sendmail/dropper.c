/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sendmail/dropper.h"

#include "commands/sendmail/submit.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/mail/maildrop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char *
path_of(const struct dropper *d)
{
	return mem_fmt("%s/postdrop", sendmail_text(d->sm, "command_directory"));
}

static void
make_pipe(const struct dropper *d, int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		sendmail_fail(d->sm, EX_OSERR, "pipe: %s", strerror(errno));
}

static _Noreturn void
cannot_run(const struct dropper *d, const char *path, int error)
{
	sendmail_fail(d->sm, EX_UNAVAILABLE, "cannot run %s: %s", path, strerror(error));
}

/* Postdrop as a child. */
static void
start(struct dropper *d)
{
	char *path = path_of(d);
	char *const argv[] = { path, "-r", NULL };
	posix_spawn_file_actions_t actions;
	int in[2], out[2], err;

	signal(SIGPIPE, SIG_IGN); /* postdrop's exit status says why it is gone */
	make_pipe(d, in);
	make_pipe(d, out);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	err = posix_spawn(&d->pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err != 0)
		cannot_run(d, path, err);
	close(in[0]);
	close(out[1]);
	d->in = in[1];
	d->out = out[0];
	free(path);
}

/* The pieces, whole; a reader that is gone is not our error: its exit status tells. */
static void
send_all(struct dropper *d, struct iovec *v, int n)
{
	while (n > 0 && !d->broken) {
		ssize_t r = writev(d->in, v, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0) {
			d->broken = true;
			break;
		}
		for (; n > 0 && (size_t)r >= v->iov_len; v++, n--)
			r -= (ssize_t)v->iov_len;
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + r;
			v->iov_len -= (size_t)r;
		}
	}
}

void
dropper_records(struct dropper *d, const char *bytes, size_t n)
{
	buf_add(&d->records, bytes, n);
	d->broken |= !buf_ok(&d->records);
}

/* What has been gathered, behind the records if it is the first chunk. */
static void
put_chunk(struct dropper *d)
{
	unsigned char head[4];
	struct iovec v[] = { { d->records.s, d->records.len }, { head, sizeof(head) },
		{ d->gathered.s, d->gathered.len } };

	maildrop_chunk(head, d->gathered.len);
	send_all(d, v, d->gathered.len > 0 ? 3 : 2);
	buf_clear(&d->records);
	buf_clear(&d->gathered);
}

static void
put_rest(struct dropper *d)
{
	if (d->gathered.len > 0)
		put_chunk(d);
	put_chunk(d); /* length 0: that was all */
}

void
dropper_content(struct dropper *d, const char *bytes, size_t n)
{
	size_t some;

	for (; n > 0 && !d->broken; bytes += some, n -= some) {
		some = d->gathered.max - d->gathered.len;
		if (some > n)
			some = n;
		buf_add(&d->gathered, bytes, some);
		d->broken |= !buf_ok(&d->gathered);
		if (d->gathered.len < d->gathered.max)
			continue;
		if (d->pid == 0)
			start(d);
		put_chunk(d);
	}
}

bool
dropper_failed(const struct dropper *d)
{
	return d->broken;
}

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EX_OSERR;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EX_TEMPFAIL;
}

/* The whole message in a pipe that nobody reads yet; -1: it does not fit. */
static int
fill_pipe(struct dropper *d)
{
	const size_t size = d->records.len + d->gathered.len + 2 * sizeof(uint32_t);
	int ends[2], room;

	make_pipe(d, ends);
	if ((room = fcntl(ends[1], F_GETPIPE_SZ)) >= 0 && size <= (size_t)room) {
		d->in = ends[1];
		put_rest(d);
		close(ends[1]);
		return ends[0];
	}
	close(ends[0]);
	close(ends[1]);
	return -1;
}

/* Returns only where the message is too large for that. */
static void
become_postdrop(struct dropper *d)
{
	char *path = path_of(d);
	char *const argv[] = { path, "-r", NULL };
	int null, in = fill_pipe(d);

	if (in < 0) {
		free(path);
		return;
	}
	if ((null = open("/dev/null", O_WRONLY | O_CLOEXEC)) < 0)
		sendmail_fail(d->sm, EX_OSERR, "/dev/null: %s", strerror(errno));
	dup2(in, STDIN_FILENO);
	dup2(null, STDOUT_FILENO); /* the queue id is not for our caller */
	execve(path, argv, environ);
	cannot_run(d, path, errno);
}

int
dropper_finish(struct dropper *d)
{
	char id[64];
	int status;

	if (d->pid == 0 && !d->broken)
		become_postdrop(d);
	if (d->pid == 0)
		start(d);
	put_rest(d);
	close(d->in);
	while (read(d->out, id, sizeof(id)) > 0)
		;
	close(d->out);
	status = wait_for(d->pid);
	buf_free(&d->records);
	buf_free(&d->gathered);
	return status == EX_OK && d->broken ? EX_TEMPFAIL : status;
}

void
dropper_cancel(struct dropper *d)
{
	if (d->pid <= 0)
		return;
	kill(d->pid, SIGTERM);
	close(d->in);
	wait_for(d->pid);
	d->pid = 0;
}
