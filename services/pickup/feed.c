/* SPDX-License-Identifier: Apache-2.0 */
#include "services/pickup/feed.h"

#include "services/pickup/wire.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/mail/maildrop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MEMORY = 64 << 20, CHUNK = 65536 };

/* One message while it is fed. */
struct message {
	struct feed *f;
	struct maildrop_reader r;
	struct maildrop m;
	struct arena mem;
	struct buf chunk;
	uid_t uid;
	bool started;	/* cleanup was told of it, and waits for commit or abort */
	bool confirmed; /* it has answered */
};

static ssize_t
read_file(void *ctx, void *to, size_t n)
{
	ssize_t r;

	while ((r = read(*(int *)ctx, to, n)) < 0 && errno == EINTR)
		;
	return r;
}

static bool
connected(struct feed *f, struct verdict *why)
{
	char path[128];

	if (f->cleanup != NULL && ipc_ok(f->cleanup))
		return true;
	feed_close(f);
	snprintf(path, sizeof(path), "public/%s", f->cf->cleanup_service_name);
	f->cleanup = ipc_connect(path, &cleanup_protocol, f->cf->ipc_timeout, why);
	return f->cleanup != NULL;
}

static enum fate
broken(struct feed *f, struct verdict *why)
{
	later(why, "4.3.0", "cleanup: %s", ipc_why(f->cleanup));
	feed_close(f);
	return FATE_LATER;
}

/*
 * The answer to the start of a message.  What fits into one chunk is told whole, in one write, before it is waited
 * for: cleanup wakes up once.  With more to come it is waited for first, so that our line is in the log before others.
 */
static bool
confirm(struct message *m)
{
	struct cleanup_started started;

	if (m->confirmed)
		return true;
	if (!cleanup_started_read(m->f->cleanup, &m->mem, &started))
		return false;
	m->confirmed = true;
	if (started.queue_id[0] != '\0')
		log_info("%s: uid=%ld from=<%s>", started.queue_id, (long)m->uid, m->m.mail.sender);
	return true;
}

static void
start(struct message *m)
{
	const struct submission_mail *mail = &m->m.mail;
	const struct conf *cf = m->f->cf;
	struct ipc *i = m->f->cleanup;

	m->started = true;
	cleanup_mail_send(i,
	    &(struct cleanup_mail){ .sender = mail->sender,
		.origin = "local",
		.rewrite = !mail->gateway,
		.arrival_us = mail->arrival_us,
		.ret = mail->ret,
		.envid = mail->envid,
		.body = mail->body,
		.smtputf8 = mail->smtputf8,
		.size_hint = m->m.end.size,
		.service = "pickup",
		.uid = (long)m->uid,
		.full_name = mail->full_name,
		.filter = cf->content_filter,
		.verp = mail->verp,
		.overrides = cf->receive_override_options });
	for (size_t n = 0; n < m->m.nrcpts; n++)
		cleanup_rcpt_send(i,
		    &(struct cleanup_rcpt){ .address = m->m.rcpts[n].address,
			.original = m->m.rcpts[n].address,
			.notify = m->m.rcpts[n].notify });
	cleanup_content_send(i, &(struct cleanup_content){});
}

static void
send_chunk(struct message *m)
{
	struct conn *c = ipc_conn(m->f->cleanup);
	unsigned char head[4];

	maildrop_chunk(head, m->chunk.len);
	conn_deadline(c, m->f->cf->ipc_timeout);
	conn_put(c, head, sizeof(head));
	conn_put(c, buf_str(&m->chunk), m->chunk.len);
	buf_clear(&m->chunk);
}

static void
gather(void *ctx, const char *bytes, size_t n)
{
	struct message *m = ctx;

	while (n > 0) {
		size_t some = m->chunk.max - m->chunk.len < n ? m->chunk.max - m->chunk.len : n;

		buf_add(&m->chunk, bytes, some);
		if (!buf_ok(&m->chunk)) {
			ipc_fail(m->f->cleanup, "out of memory");
			return;
		}
		bytes += some;
		n -= some;
		if (m->chunk.len < m->chunk.max)
			continue;
		if (!confirm(m)) {
			ipc_fail(m->f->cleanup, "no answer to the start of a message");
			return;
		}
		send_chunk(m);
	}
}

/* While it is read it may change, grow for ever, or be cut short. */
static enum fate
content(struct message *m, struct verdict *why)
{
	struct wire w = { .take = gather, .ctx = m };
	const char *bytes;
	ssize_t n;

	while (ipc_ok(m->f->cleanup) && (n = maildrop_content(&m->r, &bytes)) != 0) {
		if (n < 0)
			return later(why, "4.3.0", "read: %s", strerror(errno));
		if (m->r.received > m->m.end.size)
			return never(why, "5.6.0", "there is more than was dropped");
		wire_feed(&w, bytes, (size_t)n);
	}
	wire_end(&w);
	if (m->chunk.len > 0)
		send_chunk(m);
	send_chunk(m); /* length 0: that was all */
	if (!ipc_ok(m->f->cleanup))
		return broken(m->f, why);
	if (!maildrop_whole(&m->r, &m->m))
		return never(why, "5.6.0", "it is not what was dropped: cut short or altered");
	return FATE_OK;
}

static enum fate
commit(struct message *m, struct verdict *why)
{
	struct cleanup_done done;

	cleanup_commit_send(m->f->cleanup, &(struct cleanup_commit){});
	if (!confirm(m) || !cleanup_done_read(m->f->cleanup, &m->mem, &done))
		return broken(m->f, why);
	m->started = false;
	m->f->slow = done.slow;
	return verdict_code(
	    why, (int)done.code, strlen(done.dsn) < sizeof(why->dsn) ? done.dsn : "4.3.0", "%s", done.text);
}

static enum fate
feed_message(struct message *m, struct verdict *why)
{
	const struct conf *cf = m->f->cf;
	enum fate fate;

	if ((fate = maildrop_read(&m->r, &m->mem, &m->m, why)) != FATE_OK)
		return fate;
	if (m->m.end.size < 0)
		return never(why, "5.6.0", "it was never finished");
	if (cf->message_size_limit > 0 && m->m.end.size > cf->message_size_limit)
		return never(why, "5.3.4", "it is larger than message_size_limit");
	if (!connected(m->f, why))
		return why->fate;
	start(m);
	fate = content(m, why);
	return fate == FATE_OK ? commit(m, why) : fate;
}

enum fate
feed_file(struct feed *f, int fd, uid_t uid, struct verdict *why)
{
	struct message m = { .f = f, .uid = uid, .mem = ARENA(MEMORY), .chunk = BUF(CHUNK) };
	enum fate fate;

	f->slow = false;
	maildrop_open(&m.r, read_file, &fd);
	fate = feed_message(&m, why);
	/* Without its commit cleanup forgets the message when the connection ends. */
	if (m.started)
		feed_close(f);
	maildrop_close(&m.r);
	maildrop_free(&m.m);
	buf_free(&m.chunk);
	arena_free(&m.mem);
	return fate;
}

bool
feed_lost(const struct feed *f)
{
	return f->cleanup == NULL;
}

void
feed_close(struct feed *f)
{
	ipc_free(&f->cleanup);
}
