/* SPDX-License-Identifier: Apache-2.0 */
/* cleanup, as far as a client can tell. */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ipc/cleanup.h"
#include "tests/support/fake_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cleaning {
	struct fake *f;
	struct ipc *i;
	struct arena mem;
	bool in_message, mute;
	struct buf content;
};

static char *
shown(const struct cleaning *c, long chunks)
{
	struct buf b = BUF(1 << 20);

	buf_fmt(&b, "content %zu octets in %ld chunks: ", c->content.len, chunks);
	for (size_t i = 0; i < c->content.len && i < FAKE_SHOWN; i++) {
		unsigned char byte = (unsigned char)c->content.s[i];

		if (byte == '\r' || byte == '\n')
			buf_puts(&b, byte == '\r' ? "\\r" : "\\n");
		else if (byte < ' ' || byte > 126 || byte == '\\')
			buf_fmt(&b, "\\x%02x", byte);
		else
			buf_putc(&b, (char)byte);
	}
	return buf_take(&b);
}

static bool
take_content(struct cleaning *c)
{
	struct conn *conn = ipc_conn(c->i);
	unsigned char head[4];
	long chunks = 0;

	buf_clear(&c->content);
	for (;;) {
		size_t n;
		char *room;

		if (!conn_read(conn, head, sizeof(head)))
			return false;
		n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
		if (n == 0)
			break;
		must_hold(n <= 65536);
		if ((room = buf_room(&c->content, n)) == NULL || !conn_read(conn, room, n))
			return false;
		buf_grew(&c->content, n);
		chunks++;
	}
	fake_tell(c->f, shown(c, chunks));
	return true;
}

static void
start(struct cleaning *c)
{
	char id[32];

	c->in_message = true;
	buf_clear(&c->content);
	pthread_mutex_lock(&c->f->lock);
	snprintf(id, sizeof(id), "4bQ%ld", ++c->f->begun);
	pthread_mutex_unlock(&c->f->lock);
	cleanup_started_send(c->i, &(struct cleanup_started){ .queue_id = fake_said(c->f, "no-id", NULL) ? "" : id });
}

static void
done(struct cleaning *c)
{
	struct cleanup_done d = { .code = 250, .dsn = "2.0.0", .text = "ok", .slow = fake_said(c->f, "slow", NULL) };
	const char *words;
	int code;

	c->in_message = false;
	if (fake_said(c->f, "mute", NULL)) {
		c->mute = true;
		ipc_flush(c->i);
		return;
	}
	if (fake_said(c->f, "done ", &words)) {
		char *text = arena_str(&c->mem, words), *dsn = strchr(text, ' '), *rest;

		must_hold(dsn != NULL && (rest = strchr(dsn + 1, ' ')) != NULL);
		code = (int)strtol(text, NULL, 10);
		*rest++ = '\0';
		rest[strcspn(rest, ";")] = '\0';
		d = (struct cleanup_done){ .code = code, .dsn = dsn + 1, .text = rest, .slow = d.slow };
	}
	if (d.code == 250) {
		pthread_mutex_lock(&c->f->lock);
		if (!fake_said(c->f, "forget", NULL))
			buf_add(&c->f->content, buf_str(&c->content), c->content.len);
		c->f->committed++;
		pthread_mutex_unlock(&c->f->lock);
	}
	cleanup_done_send(c->i, &d);
	if (fake_said(c->f, "leaves", NULL)) {
		c->mute = true;
		ipc_flush(c->i);
	}
}

static bool
message(struct cleaning *c)
{
	for (size_t k = 0; k < NITEMS(cleanup_messages); k++) {
		const struct msg *m = cleanup_messages[k]();
		void *rec;

		if (!ipc_is(c->i, m))
			continue;
		rec = arena_alloc(&c->mem, m->size);
		if (!ipc_get(c->i, m, &c->mem, rec))
			return false;
		fake_tell(c->f, fake_text(m, rec));
		if (m == cleanup_mail_msg())
			start(c);
		else if (m == cleanup_content_msg())
			return take_content(c);
		else if (m == cleanup_commit_msg())
			done(c);
		else if (m == cleanup_abort_msg()) {
			c->in_message = false;
			cleanup_done_send(c->i, &(struct cleanup_done){ .code = 250, .dsn = "2.0.0", .text = "ok" });
		}
		return true;
	}
	return false;
}

static void
serve(struct fake *f, int fd)
{
	struct conn *conn = conn_new(fd);
	struct cleaning c = { .f = f, .mem = ARENA(4 << 20), .content = BUF(256 << 20) };

	c.i = ipc_serve(conn, &cleanup_protocol);
	while (!c.mute && ipc_ok(c.i) && fake_wait(f, conn)) {
		if (ipc_next(c.i) == NULL || !message(&c))
			break;
		arena_reset(&c.mem);
	}
	if (c.in_message)
		fake_tell(f, mem_str("gone"));
	ipc_free(&c.i);
	arena_free(&c.mem);
	buf_free(&c.content);
}

struct fake *
fake_cleanup_start(const char *socket, const char *words)
{
	return strstr(words, "absent") != NULL ? NULL : fake_start(socket, words, serve);
}
