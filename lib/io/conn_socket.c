/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lowest layer.  A blocking socket whose own time-out does the waiting
 * costs one system call a read, where poll and read would be two.  The
 * time-out only has to fire before the deadline, or soon after it: when it
 * comes earlier we look at the clock and wait again, so it is seldom set anew.
 * What is written nearly always finds room, and needs none.
 */
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/io/conn_inside.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OFTEN_MS = 1000 };

/* Milliseconds left; 0: over; -1: for ever. */
static long
left(const struct conn *c)
{
	long ms;

	if (c->deadline == 0)
		return -1;
	ms = c->deadline - tick_ms();
	return ms > 0 ? ms : 0;
}

static bool
set_timeout(struct conn *c, bool writing, long ms)
{
	struct timeval tv = { ms < 0 ? 0 : ms / 1000, ms < 0 ? 0 : ms % 1000 * 1000 };

	if (setsockopt(c->fd, SOL_SOCKET, writing ? SO_SNDTIMEO : SO_RCVTIMEO, &tv, sizeof(tv)) < 0) {
		if (errno != ENOTSOCK)
			return false;
		c->not_socket = true;
	}
	c->timeouts[writing] = ms;
	return true;
}

/* For pipes: poll, in one step. */
static bool
poll_wait(struct conn *c, bool writing, long ms)
{
	struct pollfd p = { .fd = writing ? c->out_fd : c->fd, .events = writing ? POLLOUT : POLLIN };
	int n;

	while ((n = poll(&p, 1, (int)ms)) < 0 && errno == EINTR)
		;
	if (n == 0)
		errno = EAGAIN;
	return n > 0;
}

/* Early enough for this deadline, and not so often that we would do nothing else? */
static bool
timeout_fits(long set, long ms)
{
	if (ms < 0)
		return set < 0 || set >= OFTEN_MS;
	return set >= 0 && set <= ms + 50 + ms / 16 && (set >= ms || set >= OFTEN_MS);
}

bool
socket_again(const struct conn *c)
{
	return errno == EINTR || ((errno == EAGAIN || errno == EWOULDBLOCK) && !c->nonblocking && left(c) != 0);
}

bool
socket_wait(struct conn *c, bool writing)
{
	long ms, set = c->timeouts[writing];

	if (c->nonblocking)
		return true;
	if ((ms = left(c)) == 0) {
		errno = EAGAIN;
		return false;
	}
	if (!writing && c->idles && (ms < 0 || ms > REST_MS))
		ms = REST_MS;
	if (!c->not_socket) {
		if (timeout_fits(set, ms))
			return true;
		if (!set_timeout(c, writing, ms))
			return false;
	}
	return !c->not_socket || poll_wait(c, writing, ms);
}

static void
keep_fds(struct conn *c, struct msghdr *m)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h != NULL; h = CMSG_NXTHDR(m, h)) {
		size_t n;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(int));
			if (c->nfds_in < CONN_FDS)
				c->fds_in[c->nfds_in++] = fd;
			else
				close(fd);
		}
	}
}

static ssize_t
receive(struct conn *c, void *bytes, size_t n)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(CONN_FDS * sizeof(int))];
	} control;
	struct iovec iov = { bytes, n };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)
	};
	ssize_t r = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC | (c->nonblocking ? MSG_DONTWAIT : 0));

	if (r >= 0)
		keep_fds(c, &m);
	return r;
}

/* The peer was silent for a moment, and may be for long.  True: there is input now. */
static bool
rest(struct conn *c)
{
	long ms = left(c);

	if (ms == 0 || c->nonblocking || c->not_socket)
		return false;
	mem_rest_stack();
	return poll_wait(c, false, ms);
}

ssize_t
socket_read(struct conn_layer *l, void *bytes, size_t n)
{
	struct conn *c = l->conn;
	ssize_t r;

	do {
		if (!socket_wait(c, false))
			return -1;
		if (c->not_socket)
			r = read(c->fd, bytes, n);
		else if (c->accept_fds)
			r = receive(c, bytes, n);
		else
			r = recv(c->fd, bytes, n, c->nonblocking ? MSG_DONTWAIT : 0);
	} while (r < 0 && (c->idles && errno == EAGAIN ? rest(c) : socket_again(c)));
	return r;
}

/* All waiting descriptors go with the first byte; they were duplicates. */
static ssize_t
send_fds(struct conn *c, const void *bytes, size_t n, bool wait)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(CONN_FDS * sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)bytes, n };
	size_t size = (size_t)c->nfds_out * sizeof(int);
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = CMSG_SPACE(size)
	};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	ssize_t r;

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(h), c->fds_out, size);
	r = sendmsg(c->fd, &m, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
	if (r > 0) {
		while (c->nfds_out > 0)
			close(c->fds_out[--c->nfds_out]);
	}
	return r;
}

static ssize_t
send_once(struct conn *c, struct iovec *v, size_t n, bool wait)
{
	const struct msghdr m = { .msg_iov = v, .msg_iovlen = n };
	int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);

	if (c->not_socket)
		return writev(c->out_fd, v, (int)n);
	if (c->nfds_out > 0)
		return send_fds(c, v->iov_base, v->iov_len, wait);
	return n == 1 ? send(c->fd, v->iov_base, v->iov_len, flags) : sendmsg(c->fd, &m, flags);
}

/* wait: there will hardly be room at once. */
static ssize_t
send_pieces(struct conn *c, struct iovec *v, size_t n, bool wait)
{
	ssize_t r;

	if (!c->nonblocking && left(c) == 0) {
		errno = EAGAIN;
		return -1;
	}
	for (;;) {
		if (wait && !socket_wait(c, true))
			return -1;
		r = send_once(c, v, n, wait);
		if (r < 0 && errno == ENOTSOCK)
			c->not_socket = true;
		else if (r >= 0 || !socket_again(c))
			return r;
		wait = true;
	}
}

ssize_t
socket_write(struct conn_layer *l, const void *bytes, size_t n)
{
	struct iovec v = { (void *)(uintptr_t)bytes, n };

	return send_pieces(l->conn, &v, 1, l->conn->not_socket); /* a socket: only when there was no room */
}

ssize_t
socket_write_two(struct conn_layer *l, const void *first, size_t n, const void *second, size_t m)
{
	struct iovec v[] = { { (void *)(uintptr_t)first, n }, { (void *)(uintptr_t)second, m } };

	return n > 0 ? send_pieces(l->conn, v, 2, true) : send_pieces(l->conn, v + 1, 1, true);
}
