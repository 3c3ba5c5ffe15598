/* SPDX-License-Identifier: Apache-2.0 */
/* sd_notify(3) without its library: one datagram. */
#include "master/master.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void
notify_open(struct master *m)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (path != NULL && (path[0] == '/' || path[0] == '@'))
		m->notify_socket = mem_str(path);
	unsetenv("NOTIFY_SOCKET");
}

void
notify(const struct master *m, const char *fmt, ...)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct buf text = BUF(1024);
	size_t len;
	va_list ap;
	int fd;

	if (m->notify_socket == NULL || (len = strlen(m->notify_socket)) >= sizeof(a.sun_path))
		return;
	memcpy(a.sun_path, m->notify_socket, len);
	if (a.sun_path[0] == '@')
		a.sun_path[0] = '\0';
	va_start(ap, fmt);
	buf_vfmt(&text, fmt, ap);
	va_end(ap);
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0) {
		if (sendto(fd, text.s, text.len, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&a,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
			log_warn("NOTIFY_SOCKET %s: %s", m->notify_socket, strerror(errno));
		close(fd);
	}
	buf_free(&text);
}
