/* SPDX-License-Identifier: Apache-2.0 */
/* As the user: run a command with the message on its standard input. */
#include "agents/local/as_user.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum { OUTPUT_MAX = 512, ENVIRONMENT_MAX = 64, SHELL_NOT_FOUND = 127, SHELL_NOT_RUN = 126 };

/* What an exit status means, sysexits.h; RFC 3463 codes as mail systems use them. */
static const struct meaning {
	int status;
	const char *dsn;
	const char *text;
} meanings[] = {
	{ EX_USAGE, "5.3.0", "command line usage error" },
	{ EX_DATAERR, "5.6.0", "data format error" },
	{ EX_NOINPUT, "5.3.0", "cannot open input" },
	{ EX_NOUSER, "5.1.1", "user unknown" },
	{ EX_NOHOST, "5.1.2", "host name unknown" },
	{ EX_UNAVAILABLE, "5.3.0", "service unavailable" },
	{ EX_SOFTWARE, "5.3.0", "internal software error" },
	{ EX_OSERR, "4.3.0", "system error" },
	{ EX_OSFILE, "5.3.0", "critical OS file missing" },
	{ EX_CANTCREAT, "5.2.0", "can't create user output file" },
	{ EX_IOERR, "4.3.0", "input/output error" },
	{ EX_TEMPFAIL, "4.3.0", "temporary failure" },
	{ EX_PROTOCOL, "5.5.0", "remote error in protocol" },
	{ EX_NOPERM, "5.7.0", "permission denied" },
	{ EX_CONFIG, "5.3.5", "local configuration error" },
};

static _Noreturn void
run_shell(const struct deed *d, int in, int out)
{
	const char *env[ENVIRONMENT_MAX + 8];
	char *lines = arena_str(d->mem, d->act->environment), *line;
	size_t n = 0;

	env[n++] = arena_fmt(d->mem, "HOME=%s", d->user->pw_dir);
	env[n++] = arena_fmt(d->mem, "USER=%s", d->user->pw_name);
	env[n++] = arena_fmt(d->mem, "LOGNAME=%s", d->user->pw_name);
	env[n++] = arena_fmt(d->mem, "SHELL=%s", d->user->pw_shell[0] != '\0' ? d->user->pw_shell : "/bin/sh");
	env[n++] = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
	for (const char *const *e = d->environment; *e != NULL; e++)
		env[n++] = *e;
	while (n < ENVIRONMENT_MAX && (line = text_word(&lines, "\n")) != NULL)
		env[n++] = line;
	env[n] = NULL;
	setsid();
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || close_range(3, ~0u, 0) < 0)
		_exit(EX_OSERR);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	execle("/bin/sh", "sh", "-c", d->act->argument, (char *)NULL, env);
	_exit(SHELL_NOT_RUN);
}

struct talk {
	int in, out; /* to its standard input, from its standard output; -1: closed */
	struct buf output;
	long until; /* tick_ms() */
	bool timed_out, deaf;
};

static void
end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
take_output(struct talk *t)
{
	char some[4096];
	ssize_t r = read(t->out, some, sizeof(some));

	if (r > 0) {
		size_t room = t->output.max - t->output.len;

		buf_add(&t->output, some, (size_t)r < room ? (size_t)r : room);
	} else if (r == 0 || (errno != EAGAIN && errno != EINTR)) {
		end(&t->out);
	}
}

/* Wait for either side; false: the time is over. */
static bool
wait_for(struct talk *t)
{
	struct pollfd p[2] = { { t->in, POLLOUT, 0 }, { t->out, POLLIN, 0 } };
	long left = t->until - tick_ms();

	if (left <= 0 || poll(p, 2, left > 60000 ? 60000 : (int)left) < 0)
		return left > 0 && errno == EINTR;
	if (p[1].revents != 0)
		take_output(t);
	return true;
}

static bool
feed(void *ctx, const char *bytes, size_t n)
{
	struct talk *t = ctx;

	while (n > 0) {
		ssize_t r = write(t->in, bytes, n);

		if (r > 0) {
			bytes += r;
			n -= (size_t)r;
		} else if (errno == EPIPE) {
			t->deaf = true; /* it need not read it all */
			return false;
		} else if (errno != EAGAIN && errno != EINTR) {
			return false;
		} else if (!wait_for(t)) {
			t->timed_out = true;
			return false;
		}
	}
	return true;
}

static enum fate
judge(const struct deed *d, int status, const char *output, struct verdict *why)
{
	const char *command = d->act->argument, *more = output[0] != '\0' ? ". Command output: " : "";
	char dsn[12];

	if (WIFSIGNALED(status))
		return never(
		    why, "5.3.0", "Command died with signal %d: \"%s\"%s%s", WTERMSIG(status), command, more, output);
	if (WEXITSTATUS(status) == 0)
		return fine(why, "2.0.0", "delivered to command: %s", command);
	if (WEXITSTATUS(status) == SHELL_NOT_FOUND || WEXITSTATUS(status) == SHELL_NOT_RUN)
		return later(why, "4.3.5", "Command cannot be run: \"%s\"%s%s", command, more, output);
	/* "5.7.1 text" as the first words of the output say it better than the exit status. */
	if (dsn_parse(output, dsn) && dsn[0] != '2')
		return verdict_code(why, dsn[0] == '4' ? 451 : 550, dsn, "%s",
		    output + strlen(dsn) + strspn(output + strlen(dsn), " "));
	for (size_t i = 0; i < NITEMS(meanings); i++)
		if (meanings[i].status == WEXITSTATUS(status))
			return verdict_code(why, meanings[i].dsn[0] == '4' ? 451 : 550, meanings[i].dsn, "%s%s%s",
			    meanings[i].text, more, output);
	return never(
	    why, "5.3.0", "Command died with status %d: \"%s\"%s%s", WEXITSTATUS(status), command, more, output);
}

/* The command's whole process group ends with the time limit. */
static enum fate
converse(const struct deed *d, struct talk *t, pid_t pid, struct verdict *why)
{
	bool fed = message_copy(d, feed, t), over;
	int status;

	end(&t->in);
	while (!t->timed_out && t->out >= 0)
		t->timed_out = !wait_for(t);
	over = t->timed_out || (!fed && !t->deaf);
	if (over)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (t->timed_out)
		return later(why, "4.3.0", "Command time limit exceeded: \"%s\"", d->act->argument);
	if (over)
		return later(why, "4.3.0", "cannot feed the command \"%s\": %s", d->act->argument, strerror(errno));
	text_printable(t->output.s != NULL ? t->output.s : (char[]){ "" });
	return judge(d, status, text_trim(arena_str(d->mem, buf_str(&t->output))), why);
}

enum fate
user_command(struct deed *d, struct verdict *why)
{
	struct talk t = { .output = BUF(OUTPUT_MAX), .until = tick_ms() + d->act->time_limit * 1000 };
	int in[2], out[2];
	enum fate fate;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) < 0)
		return later(why, "4.3.0", "pipe: %s", strerror(errno));
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return later(why, "4.3.0", "pipe: %s", strerror(errno));
	}
	if ((pid = fork()) == 0)
		run_shell(d, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	t.in = in[1];
	t.out = out[0];
	fcntl(t.in, F_SETFL, O_NONBLOCK);
	fcntl(t.out, F_SETFL, O_NONBLOCK);
	if (pid < 0)
		fate = later(why, "4.3.0", "fork: %s", strerror(errno));
	else
		fate = converse(d, &t, pid, why);
	end(&t.in);
	end(&t.out);
	buf_free(&t.output);
	return fate;
}
