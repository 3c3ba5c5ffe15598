/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/post.h"

#include "lib/io/file.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { POST_SECONDS = 300, CHUNK = 32768 };

struct post {
	struct ipc *ipc;
	struct arena *mem;
	const char *queue_id;
	bool content;
	struct buf chunk;
};

struct post *
post_begin(const char *socket, const struct cleanup_mail *mail, struct arena *mem, struct verdict *why)
{
	struct ipc *i = ipc_connect(socket, &cleanup_protocol, POST_SECONDS, why);
	struct cleanup_started started;
	struct post *p;

	if (i == NULL)
		return NULL;
	cleanup_mail_send(i, mail);
	if (!cleanup_started_read(i, mem, &started)) {
		later(why, "4.3.0", "%s: %s", socket, ipc_why(i));
		ipc_free(&i);
		return NULL;
	}
	p = mem_zero(1, sizeof(*p));
	p->ipc = i;
	p->mem = mem;
	p->queue_id = started.queue_id;
	p->chunk = (struct buf)BUF(CHUNK);
	return p;
}

void
post_rcpt(struct post *p, const struct cleanup_rcpt *r)
{
	cleanup_rcpt_send(p->ipc, r);
}

static void
send_chunk(struct post *p)
{
	uint32_t n = (uint32_t)p->chunk.len;
	const unsigned char length[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n };

	if (!p->content)
		cleanup_content_send(p->ipc, &(struct cleanup_content){});
	p->content = true;
	conn_put(ipc_conn(p->ipc), length, sizeof(length));
	conn_put(ipc_conn(p->ipc), buf_str(&p->chunk), p->chunk.len);
	buf_clear(&p->chunk);
}

void
post_bytes(struct post *p, const void *bytes, size_t n)
{
	const char *s = bytes;

	while (n > 0) {
		size_t some = CHUNK - p->chunk.len < n ? CHUNK - p->chunk.len : n;

		buf_add(&p->chunk, s, some);
		s += some;
		n -= some;
		if (p->chunk.len == CHUNK)
			send_chunk(p);
	}
}

void
post_fmt(struct post *p, const char *fmt, ...)
{
	va_list ap;
	const char *s;

	va_start(ap, fmt);
	s = arena_vfmt(p->mem, fmt, ap);
	va_end(ap);
	post_bytes(p, s, strlen(s));
}

bool
post_file(struct post *p, int file, off_t at, size_t n)
{
	char *some = mem_alloc(CHUNK);
	bool ok = true;

	while (ok && n > 0) {
		size_t now = n < CHUNK ? n : CHUNK;

		if ((ok = file_pread_all(file, some, now, at)))
			post_bytes(p, some, now);
		at += (off_t)now;
		n -= now;
	}
	if (!ok)
		ipc_fail(p->ipc, "reading the message: %s", strerrordesc_np(errno));
	free(some);
	return ok;
}

enum fate
post_commit(struct post **pp, const char **queue_id, struct verdict *why)
{
	struct post *p = *pp;
	struct cleanup_done done;
	enum fate fate;

	if (p->chunk.len > 0)
		send_chunk(p);
	send_chunk(p); /* length 0: the end */
	cleanup_commit_send(p->ipc, &(struct cleanup_commit){});
	if (!cleanup_done_read(p->ipc, p->mem, &done)) {
		fate = later(why, "4.3.0", "cleanup: %s", ipc_why(p->ipc));
	} else {
		fate = verdict_code(why, (int)done.code,
		    done.dsn[0] != '\0' && strlen(done.dsn) < sizeof(why->dsn) ? done.dsn : "4.3.0", "%s", done.text);
		*queue_id = p->queue_id;
	}
	post_free(pp);
	return fate;
}

const char *
post_queue_id(const struct post *p)
{
	return p->queue_id;
}

void
post_free(struct post **pp)
{
	if (*pp == NULL)
		return;
	ipc_free(&(*pp)->ipc);
	buf_free(&(*pp)->chunk);
	free(*pp);
	*pp = NULL;
}
