/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: gathered until we are about to wait for input, or there is a lot. */
#include "lib/base/mem.h"
#include "lib/io/conn_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { COPY_SIZE = 32768, DIRECT = 32768 };

/* 1: all sent, 0: would block, -1: sticky error. */
static int
drain(struct conn *c)
{
	while (c->error == CONN_OK && c->sent < c->out.len) {
		ssize_t r = c->top->write(c->top, c->out.s + c->sent, c->out.len - c->sent);

		if (r > 0)
			c->sent += (size_t)r;
		else if (r < 0 && c->nonblocking && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		else
			conn_broke(c, r < 0 ? errno : EPIPE);
	}
	if (c->error != CONN_OK)
		return -1;
	c->sent = 0;
	if (c->out.cap > OUT_FLUSH)
		buf_free(&c->out);
	else
		buf_clear(&c->out);
	return 1;
}

int
conn_drain(struct conn *c)
{
	return drain(c);
}

bool
conn_flush(struct conn *c)
{
	if (c->out.len == 0)
		return c->error == CONN_OK;
	return drain(c) > 0;
}

size_t
conn_unsent(const struct conn *c)
{
	return c->out.len - c->sent;
}

/* After an addition: too much for a poll loop is an error, for the others a reason to send. */
static void
added(struct conn *c)
{
	if (!buf_ok(&c->out)) {
		conn_broke(c, ENOBUFS);
		buf_clear(&c->out);
	} else if (!c->nonblocking && c->out.len >= OUT_FLUSH) {
		conn_flush(c);
	}
}

/* Is it worth a system call of its own, and does nothing stand between us and the socket? */
static bool
goes_directly(const struct conn *c, size_t n)
{
	return n >= DIRECT && c->top == &c->socket && !c->nonblocking && !c->not_socket && c->nfds_out == 0;
}

/* What was gathered and then these bytes, from where they are: how many of them went. */
static size_t
send_directly(struct conn *c, const char *p, size_t n)
{
	size_t before = c->out.len - c->sent;
	ssize_t r = socket_write_two(&c->socket, c->out.s + c->sent, before, p, n);

	if (r <= 0) {
		conn_broke(c, r < 0 ? errno : EPIPE);
		return 0;
	}
	if ((size_t)r < before) {
		c->sent += (size_t)r;
		return 0;
	}
	c->sent = 0;
	buf_clear(&c->out);
	return (size_t)r - before;
}

void
conn_put(struct conn *c, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (c->error == CONN_OK && goes_directly(c, n)) {
		size_t some = send_directly(c, p, n);

		p += some;
		n -= some;
	}
	while (c->error == CONN_OK && n > 0) {
		size_t some = !c->nonblocking && n > OUT_FLUSH ? OUT_FLUSH : n;

		buf_add(&c->out, p, some);
		added(c);
		p += some;
		n -= some;
	}
}

void
conn_puts(struct conn *c, const char *s)
{
	conn_put(c, s, strlen(s));
}

void
conn_vfmt(struct conn *c, const char *fmt, va_list ap)
{
	if (c->error != CONN_OK)
		return;
	buf_vfmt(&c->out, fmt, ap);
	added(c);
}

void
conn_fmt(struct conn *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	conn_vfmt(c, fmt, ap);
	va_end(ap);
}

static bool
copy_file(struct conn *c, int file, off_t off, size_t n)
{
	char *some = mem_alloc(COPY_SIZE);

	while (n > 0 && c->error == CONN_OK) {
		ssize_t r = pread(file, some, n < COPY_SIZE ? n : COPY_SIZE, off);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0) {
			conn_broke(c, r < 0 ? errno : ENODATA);
			break;
		}
		conn_put(c, some, (size_t)r);
		off += r;
		n -= (size_t)r;
	}
	free(some);
	return c->error == CONN_OK;
}

bool
conn_sendfile(struct conn *c, int file, off_t off, size_t n)
{
	if (n < OUT_FLUSH / 4 || c->top != &c->socket || c->not_socket || c->nonblocking)
		return copy_file(c, file, off, n);
	if (!conn_flush(c))
		return false;
	while (n > 0 && c->error == CONN_OK) {
		ssize_t r = socket_wait(c, true) ? sendfile(c->fd, file, &off, n) : -1;

		if (r > 0)
			n -= (size_t)r;
		else if (r == 0)
			conn_broke(c, ENODATA); /* the file is shorter than its trailer says */
		else if (!socket_again(c))
			conn_broke(c, errno);
	}
	return c->error == CONN_OK;
}
