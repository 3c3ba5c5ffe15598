/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/addr.h"

#include "lib/base/text.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static void
make4(struct addr *a, const struct in_addr *host, int port)
{
	memset(a, 0, sizeof(*a));
	a->in.sin_family = AF_INET;
	a->in.sin_addr = *host;
	a->in.sin_port = htons((uint16_t)port);
	a->len = sizeof(a->in);
}

static void
make6(struct addr *a, const struct in6_addr *host, int port, unsigned scope)
{
	struct in_addr four;

	if (IN6_IS_ADDR_V4MAPPED(host)) {
		memcpy(&four, host->s6_addr + 12, sizeof(four));
		make4(a, &four, port);
		return;
	}
	memset(a, 0, sizeof(*a));
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_addr = *host;
	a->in6.sin6_port = htons((uint16_t)port);
	a->in6.sin6_scope_id = scope;
	a->len = sizeof(a->in6);
}

/* "2001:db8::1" or "fe80::1%eth0" */
static bool
parse6(struct addr *a, const char *text, int port)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
	struct in6_addr six;
	unsigned scope = 0;
	char *percent;

	if (strlen(text) >= sizeof(host))
		return false;
	memcpy(host, text, strlen(text) + 1);
	if ((percent = strchr(host, '%')) != NULL) {
		*percent = '\0';
		if ((scope = if_nametoindex(percent + 1)) == 0)
			return false;
	}
	if (inet_pton(AF_INET6, host, &six) != 1)
		return false;
	make6(a, &six, port, scope);
	return true;
}

bool
addr_parse(struct addr *a, const char *host, int port)
{
	char inner[ADDR_TEXT];
	struct in_addr four;
	size_t n = strlen(host);

	if (host[0] == '[') {
		if (n < 3 || host[n - 1] != ']' || n - 2 >= sizeof(inner))
			return false;
		memcpy(inner, host + 1, n - 2);
		inner[n - 2] = '\0';
		host = inner;
	}
	if (text_starts(host, "IPv6:"))
		return parse6(a, host + 5, port);
	if (inet_pton(AF_INET, host, &four) == 1) {
		make4(a, &four, port);
		return true;
	}
	return parse6(a, host, port);
}

bool
addr_unix(struct addr *a, const char *path)
{
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(a->un.sun_path))
		return false;
	memset(a, 0, sizeof(*a));
	a->un.sun_family = AF_UNIX;
	memcpy(a->un.sun_path, path, n + 1);
	a->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	return true;
}

bool
addr_of_sockaddr(struct addr *a, const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		make4(a, &in.sin_addr, ntohs(in.sin_port));
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		make6(a, &in6.sin6_addr, ntohs(in6.sin6_port), in6.sin6_scope_id);
		return true;
	}
	return false;
}

bool
addr_of_bytes(struct addr *a, const void *bytes, size_t n, int port)
{
	struct in_addr four;
	struct in6_addr six;

	if (n == sizeof(four)) {
		memcpy(&four, bytes, n);
		make4(a, &four, port);
	} else if (n == sizeof(six)) {
		memcpy(&six, bytes, n);
		make6(a, &six, port, 0);
	}
	return n == sizeof(four) || n == sizeof(six);
}

static bool
of_socket(struct addr *a, int fd, int (*which)(int, struct sockaddr *, socklen_t *))
{
	struct addr got;

	memset(&got, 0, sizeof(got));
	got.len = sizeof(got.un);
	if (which(fd, &got.sa, &got.len) != 0)
		return false;
	if (got.sa.sa_family == AF_UNIX) {
		/* The kernel's path has no NUL when it is as long as it can be; no client of ours has such a path. */
		got.un.sun_path[sizeof(got.un.sun_path) - 1] = '\0';
		*a = got;
		return true;
	}
	return addr_of_sockaddr(a, &got.sa);
}

static int
peer_of(int fd, struct sockaddr *sa, socklen_t *len)
{
	return getpeername(fd, sa, len);
}

static int
self_of(int fd, struct sockaddr *sa, socklen_t *len)
{
	return getsockname(fd, sa, len);
}

bool
addr_of_peer(struct addr *a, int fd)
{
	return of_socket(a, fd, peer_of);
}

bool
addr_of_self(struct addr *a, int fd)
{
	return of_socket(a, fd, self_of);
}

const char *
addr_host(const struct addr *a, char out[ADDR_TEXT])
{
	const char *text = NULL;

	if (a->sa.sa_family == AF_INET)
		text = inet_ntop(AF_INET, &a->in.sin_addr, out, ADDR_TEXT);
	else if (a->sa.sa_family == AF_INET6)
		text = inet_ntop(AF_INET6, &a->in6.sin6_addr, out, ADDR_TEXT);
	if (text == NULL)
		snprintf(out, ADDR_TEXT, "unknown");
	return out;
}

int
addr_port(const struct addr *a)
{
	if (a->sa.sa_family == AF_INET)
		return ntohs(a->in.sin_port);
	if (a->sa.sa_family == AF_INET6)
		return ntohs(a->in6.sin6_port);
	return 0;
}

void
addr_set_port(struct addr *a, int port)
{
	if (a->sa.sa_family == AF_INET)
		a->in.sin_port = htons((uint16_t)port);
	else if (a->sa.sa_family == AF_INET6)
		a->in6.sin6_port = htons((uint16_t)port);
}

const unsigned char *
addr_bytes(const struct addr *a, size_t *n)
{
	if (a->sa.sa_family == AF_INET) {
		*n = sizeof(a->in.sin_addr);
		return (const unsigned char *)&a->in.sin_addr;
	}
	if (a->sa.sa_family == AF_INET6) {
		*n = sizeof(a->in6.sin6_addr);
		return a->in6.sin6_addr.s6_addr;
	}
	*n = 0;
	return NULL;
}

bool
addr_same_host(const struct addr *a, const struct addr *b)
{
	size_t n, m;
	const unsigned char *x = addr_bytes(a, &n), *y = addr_bytes(b, &m);

	return n > 0 && n == m && memcmp(x, y, n) == 0;
}

bool
addr_same(const struct addr *a, const struct addr *b)
{
	if (a->sa.sa_family == AF_UNIX)
		return b->sa.sa_family == AF_UNIX && strcmp(a->un.sun_path, b->un.sun_path) == 0;
	return addr_same_host(a, b) && addr_port(a) == addr_port(b);
}

void
addr_reverse_name(const struct addr *a, struct buf *out)
{
	size_t n;
	const unsigned char *bytes = addr_bytes(a, &n);

	if (n == 4) {
		for (size_t i = n; i-- > 0;)
			buf_fmt(out, "%d.", bytes[i]);
		buf_puts(out, "in-addr.arpa");
	} else if (n == 16) {
		for (size_t i = n; i-- > 0;)
			buf_fmt(out, "%x.%x.", bytes[i] & 15, bytes[i] >> 4);
		buf_puts(out, "ip6.arpa");
	}
}

void
addr_literal(const struct addr *a, struct buf *out)
{
	char text[ADDR_TEXT];

	buf_fmt(out, "[%s%s]", a->sa.sa_family == AF_INET6 ? "IPv6:" : "", addr_host(a, text));
}
