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

void
dropper_start(struct dropper *d, const struct sendmail *sm)
{
	char *path = mem_fmt("%s/postdrop", sendmail_text(sm, "command_directory"));
	char *const argv[] = { path, "-r", NULL };
	posix_spawn_file_actions_t actions;
	int in[2], out[2], err;

	signal(SIGPIPE, SIG_IGN); /* postdrop's exit status says why it is gone */
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		sendmail_fail(sm, EX_OSERR, "pipe: %s", strerror(errno));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	err = posix_spawn(&d->pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err != 0)
		sendmail_fail(sm, EX_UNAVAILABLE, "cannot run %s: %s", path, strerror(err));
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
	struct iovec v = { (void *)(uintptr_t)bytes, n };

	send_all(d, &v, 1);
}

static void
send_chunk(struct dropper *d)
{
	unsigned char head[4];
	struct iovec v[] = { { head, sizeof(head) }, { d->gathered.s, d->gathered.len } };

	maildrop_chunk(head, d->gathered.len);
	send_all(d, v, d->gathered.len > 0 ? 2 : 1);
	buf_clear(&d->gathered);
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
		if (d->gathered.len == d->gathered.max)
			send_chunk(d);
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

int
dropper_finish(struct dropper *d)
{
	char id[64];
	int status;

	if (d->gathered.len > 0)
		send_chunk(d);
	send_chunk(d); /* length 0: that was all */
	close(d->in);
	while (read(d->out, id, sizeof(id)) > 0)
		;
	close(d->out);
	status = wait_for(d->pid);
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
