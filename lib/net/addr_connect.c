/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/addr.h"

#include "lib/base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* The system's error once the socket is writable, ETIMEDOUT when it does not get so far. */
static int
wait_connected(int fd, long ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	long end = tick_ms() + ms, left = ms;
	int error = 0, n;
	socklen_t len = sizeof(error);

	do {
		n = poll(&p, 1, ms == 0 ? -1 : (int)(left < 0 ? 0 : left > 1000000 ? 1000000 : left));
		left = end - tick_ms();
	} while ((n < 0 && errno == EINTR) || (n == 0 && ms > 0 && left > 0));
	if (n == 0)
		return ETIMEDOUT;
	if (n < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return errno;
	return error;
}

static int
connect_error(int fd, const struct addr *to, const struct addr *bind_to, long ms)
{
	const int on = 1;
	int flags;

	if (to->sa.sa_family != AF_UNIX && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		return errno;
	if (bind_to != NULL && bind(fd, &bind_to->sa, bind_to->len) != 0)
		return errno;
	if (connect(fd, &to->sa, to->len) != 0) {
		/* A Unix socket whose queue is full says EAGAIN: it is as good as refused. */
		if (errno != EINPROGRESS)
			return errno;
		int error = wait_connected(fd, ms);

		if (error != 0)
			return error;
	}
	if ((flags = fcntl(fd, F_GETFL)) < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
		return errno;
	return 0;
}

int
addr_connect(const struct addr *to, const struct addr *bind_to, long ms, struct verdict *why)
{
	int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = errno;
	char host[ADDR_TEXT];

	if (fd >= 0 && (error = connect_error(fd, to, bind_to, ms)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	if (to->sa.sa_family == AF_UNIX)
		later(why, "4.4.1", "connect to %s: %s", to->un.sun_path, strerror(error));
	else
		later(why, "4.4.1", "connect to %s:%d: %s", addr_host(to, host), addr_port(to), strerror(error));
	errno = error;
	return -1;
}
