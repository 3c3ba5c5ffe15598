/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/io/conn.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/io/conn_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
socket_close(struct conn_layer *l)
{
	struct conn *c = l->conn;

	if (c->fd >= 0)
		close(c->fd);
	if (c->out_fd >= 0 && c->out_fd != c->fd)
		close(c->out_fd);
}

struct conn *
conn_new_two(int in, int out)
{
	struct conn *c = mem_zero(1, sizeof(*c));

	c->fd = in;
	c->out_fd = out;
	c->not_socket = in != out;
	c->timeouts[0] = c->timeouts[1] = -1;
	c->out = (struct buf)BUF(OUT_MOST);
	c->socket = (struct conn_layer){ socket_read, socket_write, socket_close, NULL, c };
	c->top = &c->socket;
	return c;
}

struct conn *
conn_new(int fd)
{
	return conn_new_two(fd, fd);
}

void
conn_free(struct conn **cp)
{
	struct conn *c = *cp;
	struct conn_layer *l, *under;

	if (c == NULL)
		return;
	for (l = c->top; l != NULL; l = under) {
		under = l->under;
		l->close(l);
	}
	while (c->nfds_in > 0)
		close(c->fds_in[--c->nfds_in]);
	while (c->nfds_out > 0)
		close(c->fds_out[--c->nfds_out]);
	free(c->in);
	buf_free(&c->out);
	free(c);
	*cp = NULL;
}

int
conn_fd(const struct conn *c)
{
	return c->fd;
}

int
conn_take(struct conn **cp)
{
	int fd = (*cp)->fd;

	must_hold((*cp)->top == &(*cp)->socket);
	(*cp)->fd = (*cp)->out_fd = -1;
	conn_free(cp);
	return fd;
}

void
conn_push(struct conn *c, struct conn_layer *l)
{
	l->under = c->top;
	l->conn = c;
	c->top = l;
}

void
conn_deadline_ms(struct conn *c, long ms)
{
	c->deadline = ms > 0 ? tick_ms() + ms : 0;
}

void
conn_deadline(struct conn *c, long seconds)
{
	conn_deadline_ms(c, seconds * 1000);
}

void
conn_idles(struct conn *c)
{
	c->idles = true;
}

enum conn_error
conn_error(const struct conn *c)
{
	return c->error;
}

int
conn_errno(const struct conn *c)
{
	return c->sys_errno;
}

const char *
conn_why(const struct conn *c)
{
	static const char *const words[] = { [CONN_OK] = "no error",
		[CONN_EOF] = "lost connection",
		[CONN_TIMEOUT] = "timeout",
		[CONN_TOO_LONG] = "line too long",
		[CONN_PROTOCOL] = "protocol error" };

	return c->error == CONN_BROKEN ? strerrordesc_np(c->sys_errno) : words[c->error];
}

void
conn_fail(struct conn *c, enum conn_error error)
{
	if (c->error == CONN_OK)
		c->error = error;
}

void
conn_forgive(struct conn *c)
{
	if (c->error == CONN_TIMEOUT || c->error == CONN_TOO_LONG)
		c->error = CONN_OK;
}

void
conn_broke(struct conn *c, int err)
{
	if (c->error != CONN_OK)
		return;
	c->sys_errno = err;
	if (err == EAGAIN || err == EWOULDBLOCK || err == ETIMEDOUT)
		c->error = CONN_TIMEOUT;
	else if (err == ECONNRESET || err == EPIPE || err == ENOTCONN)
		c->error = CONN_EOF;
	else
		c->error = CONN_BROKEN;
}

void
conn_give_fd(struct conn *c, int fd)
{
	if (c->nfds_out < CONN_FDS) {
		c->fds_out[c->nfds_out++] = fd;
	} else {
		close(fd);
		conn_broke(c, EMFILE);
	}
}

void
conn_put_fd(struct conn *c, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		conn_broke(c, errno);
	else
		conn_give_fd(c, copy);
}

void
conn_accept_fds(struct conn *c)
{
	c->accept_fds = true;
}

int
conn_take_fd(struct conn *c)
{
	int fd;

	if (c->nfds_in == 0)
		return -1;
	fd = c->fds_in[0];
	memmove(c->fds_in, c->fds_in + 1, (size_t)--c->nfds_in * sizeof(int));
	return fd;
}

void
conn_nonblocking(struct conn *c)
{
	c->nonblocking = true;
}

bool
conn_pair(struct conn *out[2])
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return false;
	out[0] = conn_new(fds[0]);
	out[1] = conn_new(fds[1]);
	return true;
}
