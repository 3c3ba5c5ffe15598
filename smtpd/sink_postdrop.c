/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a local user's mail: postdrop as a child, with a pipe into it.
 * It starts when the content does; until then the envelope is gathered.
 */
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/io/file.h"
#include "lib/mail/maildrop.h"
#include "lib/mail/queueid.h"
#include "smtpd/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum { GATHER = 65536, ENVELOPE_MAX = 64 << 20 };

struct postdrop_sink {
	struct sink base;
	struct client *c;
	struct buf envelope;
	struct buf chunk;
	pid_t pid;   /* 0: not started */
	int in, out; /* its standard input and output; -1: closed */
	bool broken, held_cr;
	char id[QUEUEID_MAX];
};

static struct postdrop_sink *
of(struct sink *s)
{
	return (struct postdrop_sink *)(void *)s;
}

static void
close_once(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
postdrop_rcpt(struct sink *base, const struct recipient *r)
{
	maildrop_put(&of(base)->envelope, submission_rcpt_msg(),
	    &(struct submission_rcpt){ .address = r->address, .notify = r->notify });
}

static void
start(struct postdrop_sink *s)
{
	char *path = mem_fmt("%s/postdrop", s->c->cf->command_directory);
	char *const argv[] = { path, "-r", NULL };
	posix_spawn_file_actions_t actions;
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, error;

	posix_spawn_file_actions_init(&actions);
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0) {
		error = errno;
	} else {
		posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
		posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
		error = posix_spawn(&s->pid, path, &actions, NULL, argv, environ);
	}
	posix_spawn_file_actions_destroy(&actions);
	if (error != 0) {
		log_warn("cannot run %s: %s", path, strerror(error));
		s->pid = 0;
		s->broken = true;
	}
	close_once(&in[0]);
	close_once(&out[1]);
	s->in = in[1];
	s->out = out[0];
	free(path);
}

/* A reader that is gone is no error of ours: its exit status tells. */
static void
send_bytes(struct postdrop_sink *s, const void *bytes, size_t n)
{
	if (!s->broken && !file_write_all(s->in, bytes, n))
		s->broken = true;
}

static void
send_chunk(struct postdrop_sink *s)
{
	unsigned char head[4];

	maildrop_chunk(head, s->chunk.len);
	send_bytes(s, head, sizeof(head));
	if (s->chunk.len > 0)
		send_bytes(s, s->chunk.s, s->chunk.len);
	buf_clear(&s->chunk);
}

static void
postdrop_content(struct sink *base)
{
	struct postdrop_sink *s = of(base);

	maildrop_put(&s->envelope, submission_end_msg(), &(struct submission_end){ .size = -1 });
	if (!buf_ok(&s->envelope)) {
		log_warn("the envelope of a message is too large");
		s->broken = true;
		return;
	}
	start(s);
	send_bytes(s, s->envelope.s, s->envelope.len);
}

static void
gather(struct postdrop_sink *s, const char *bytes, size_t n)
{
	if (s->chunk.len + n > GATHER)
		send_chunk(s);
	buf_add(&s->chunk, bytes, n);
}

/* Local files have LF lines: of each CRLF the LF goes on, whether both come at once or not. */
static void
postdrop_put(struct sink *base, const char *bytes, size_t n)
{
	struct postdrop_sink *s = of(base);
	const char *end = bytes + n, *cr;

	while (bytes < end) {
		size_t some;

		if (s->held_cr && *bytes != '\n')
			gather(s, "\r", 1);
		s->held_cr = false;
		cr = memchr(bytes, '\r', (size_t)(end - bytes));
		for (some = (size_t)((cr != NULL ? cr : end) - bytes); some > GATHER; some -= GATHER, bytes += GATHER)
			gather(s, bytes, GATHER);
		gather(s, bytes, some);
		bytes += some;
		if (cr != NULL) {
			s->held_cr = true;
			bytes++;
		}
	}
}

static void
postdrop_flush(struct sink *base)
{
	(void)base;
}

static const char *
postdrop_id(struct sink *base)
{
	(void)base;
	return NULL; /* it is known when all is over */
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

/* One line with the file's id. */
static void
read_id(struct postdrop_sink *s)
{
	struct buf said = BUF(QUEUEID_MAX);
	char c;

	while (read(s->out, &c, 1) == 1)
		if (c != '\n')
			buf_putc(&said, c);
	if (buf_ok(&said) && queueid_ok(buf_str(&said)) && said.len < sizeof(s->id))
		memcpy(s->id, said.s, said.len + 1);
	buf_free(&said);
}

static enum fate
postdrop_commit(struct sink *base, const struct edit *edits, struct verdict *why)
{
	struct postdrop_sink *s = of(base);
	int status;

	(void)edits; /* access tables are not asked */
	if (s->held_cr)
		gather(s, "\r", 1);
	if (s->chunk.len > 0)
		send_chunk(s);
	send_chunk(s);
	close_once(&s->in);
	if (s->pid == 0)
		return later(why, "4.3.0", "Error: queue file write error");
	read_id(s);
	status = wait_for(s->pid);
	s->pid = 0;
	switch (status == EX_OK && s->broken ? EX_TEMPFAIL : status) {
	case EX_OK:
		return fine(why, "2.0.0", "%s", s->id);
	case EX_DATAERR:
		return verdict_code(why, 554, "5.6.0", "Error: postdrop refused the message");
	case EX_NOPERM:
		return verdict_code(why, 550, "5.7.1", "Error: you are not allowed to submit mail");
	default:
		return later(why, "4.3.0", "Error: queue file write error");
	}
}

static void
postdrop_free(struct sink *base)
{
	struct postdrop_sink *s = of(base);

	if (s->pid > 0) {
		/* The last chunk has not come, so postdrop takes nothing. */
		kill(s->pid, SIGTERM);
		close_once(&s->in);
		wait_for(s->pid);
	}
	close_once(&s->in);
	close_once(&s->out);
	buf_free(&s->envelope);
	buf_free(&s->chunk);
	free(s);
}

static const struct sink_kind postdrop_kind = {
	.rcpt = postdrop_rcpt,
	.content = postdrop_content,
	.put = postdrop_put,
	.flush = postdrop_flush,
	.id = postdrop_id,
	.commit = postdrop_commit,
	.free = postdrop_free,
};

struct sink *
sink_postdrop_open(struct client *c, struct verdict *why)
{
	const struct transaction *t = &c->tx;
	const struct submission_mail mail = { .version = MAILDROP_VERSION,
		.sender = t->sender,
		.full_name = "",
		.ret = t->ret,
		.envid = t->envid,
		.body = t->body,
		.verp = "" };
	const char *wrong = maildrop_mail_wrong(&mail);
	struct postdrop_sink *s;

	if (wrong != NULL) {
		verdict_code(why, 501, "5.5.4", "Error: %s", wrong);
		return NULL;
	}
	s = mem_zero(1, sizeof(*s));
	s->base.kind = &postdrop_kind;
	s->c = c;
	s->in = s->out = -1;
	s->envelope = (struct buf)BUF(ENVELOPE_MAX);
	s->chunk = (struct buf)BUF(GATHER + 1);
	maildrop_put(&s->envelope, submission_mail_msg(), &mail);
	return &s->base;
}
