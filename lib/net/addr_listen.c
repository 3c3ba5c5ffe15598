/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/addr.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OWN_MAX = 1024 };

int
addr_service_port(const char *service)
{
	/* What mail needs, for a jail without /etc/services, and lmtp, which it does not have. */
	static const struct {
		const char *name;
		int port;
	} known[] = { { "smtp", 25 }, { "lmtp", 24 }, { "submission", 587 }, { "submissions", 465 }, { "smtps", 465 } };
	struct servent found, *result = NULL;
	char space[1024];
	long port;

	if (text_number(service, 1, 65535, &port))
		return (int)port;
	for (size_t i = 0; i < NITEMS(known); i++)
		if (strcmp(known[i].name, service) == 0)
			return known[i].port;
	if (getservbyname_r(service, "tcp", &found, space, sizeof(space), &result) == 0 && result != NULL)
		return ntohs((uint16_t)result->s_port);
	return -1;
}

static bool
have_family(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int
addr_protocols(const char *inet_protocols, struct buf *err)
{
	char *copy = mem_str(inet_protocols), *cursor = copy, *word;
	int set = 0;

	while (set >= 0 && (word = text_word(&cursor, TEXT_LIST)) != NULL) {
		if (text_same(word, "all"))
			set |= ADDR_IPV4 | ADDR_IPV6;
		else if (text_same(word, "ipv4"))
			set |= ADDR_IPV4;
		else if (text_same(word, "ipv6"))
			set |= ADDR_IPV6;
		else
			set = -1;
	}
	free(copy);
	if (set <= 0) {
		buf_fmt(err, "inet_protocols = %s: specify all, ipv4, ipv6, or several of them", inet_protocols);
		return -1;
	}
	if ((set & ADDR_IPV6) && !have_family(AF_INET6))
		set &= ~ADDR_IPV6;
	if (set == 0)
		buf_fmt(err, "inet_protocols = %s: this system has no IPv6; specify ipv4", inet_protocols);
	return set ? set : -1;
}

static bool
family_in(int protocols, int family)
{
	return (family == AF_INET && (protocols & ADDR_IPV4)) || (family == AF_INET6 && (protocols & ADDR_IPV6));
}

/* A list that is being filled; none twice, -1 for "full". */
struct filling {
	struct addr *out;
	int n, max;
};

static bool
add(struct filling *f, const struct addr *a)
{
	for (int i = 0; i < f->n; i++)
		if (addr_same_host(&f->out[i], a) && addr_port(&f->out[i]) == addr_port(a))
			return true;
	if (f->n == f->max)
		return false;
	f->out[f->n++] = *a;
	return true;
}

/* All addresses of a host name or a number, within the protocols. */
static bool
add_host(struct filling *f, const char *host, int port, int protocols, struct buf *err)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *found = NULL;
	struct addr a;
	int was = f->n, error;
	bool ok = true;

	if (addr_parse(&a, host, port)) {
		if (!family_in(protocols, a.sa.sa_family)) {
			buf_fmt(err, "%s: inet_protocols does not allow that, or this system does not have it", host);
			return false;
		}
		if (!add(f, &a))
			buf_fmt(err, "more than %d addresses", f->max);
		return err->len == 0;
	}
	if ((error = getaddrinfo(host, NULL, &hints, &found)) != 0) {
		buf_fmt(err, "host %s not found: %s", host, gai_strerror(error));
		return false;
	}
	for (struct addrinfo *i = found; i != NULL && ok; i = i->ai_next) {
		if (!family_in(protocols, i->ai_family) || !addr_of_sockaddr(&a, i->ai_addr))
			continue;
		addr_set_port(&a, port);
		ok = add(f, &a);
	}
	freeaddrinfo(found);
	if (!ok)
		buf_fmt(err, "more than %d addresses", f->max);
	else if (f->n == was)
		buf_fmt(err, "host %s has no address that inet_protocols allows", host);
	return err->len == 0;
}

/* The addresses of this system's interfaces; loopback only, or all. */
static bool
add_interfaces(struct filling *f, int port, int protocols, bool loopback, struct buf *err)
{
	struct ifaddrs *all = NULL;
	struct addr a;
	bool ok = true;

	if (getifaddrs(&all) != 0) {
		buf_fmt(err, "cannot list the addresses of this system: %s", strerror(errno));
		return false;
	}
	for (struct ifaddrs *i = all; i != NULL && ok; i = i->ifa_next) {
		if (i->ifa_addr == NULL || !(i->ifa_flags & IFF_UP) || !addr_of_sockaddr(&a, i->ifa_addr))
			continue;
		if (!family_in(protocols, a.sa.sa_family) || (loopback && !(i->ifa_flags & IFF_LOOPBACK)))
			continue;
		addr_set_port(&a, port);
		ok = add(f, &a);
	}
	freeifaddrs(all);
	if (!ok)
		buf_fmt(err, "more than %d addresses", f->max);
	return ok;
}

static bool
add_wildcards(struct filling *f, int port, int protocols, struct buf *err)
{
	return (!(protocols & ADDR_IPV4) || add_host(f, "0.0.0.0", port, protocols, err)) &&
	    (!(protocols & ADDR_IPV6) || add_host(f, "::", port, protocols, err));
}

/* inet_interfaces; to listen, "all" is the wildcard; to know ourselves, it is each single address. */
static bool
add_inet_interfaces(struct filling *f, const char *text, int port, int protocols, bool listening, struct buf *err)
{
	char *copy = mem_str(text), *cursor = copy, *word;
	bool ok = true;

	while (ok && (word = text_word(&cursor, TEXT_LIST)) != NULL) {
		if (text_same(word, "all"))
			ok = listening ? add_wildcards(f, port, protocols, err)
				       : add_interfaces(f, port, protocols, false, err);
		else if (text_same(word, "loopback-only"))
			ok = add_interfaces(f, port, protocols, true, err);
		else
			ok = add_host(f, word, port, protocols, err);
	}
	free(copy);
	return ok;
}

/* "host:port" and "[host]:port" parted; host is NULL in "port". */
static bool
split_service(char *service, char **host, char **port)
{
	char *colon = strrchr(service, ':'), *close;

	*host = NULL;
	*port = service;
	if (service[0] == '[') {
		close = strchr(service, ']');
		if (close == NULL || close[1] != ':')
			return false;
		*close = '\0';
		*host = service + 1;
		*port = close + 2;
	} else if (colon != NULL) {
		*colon = '\0';
		*host = service;
		*port = colon + 1;
	}
	return *host == NULL || **host != '\0' || service[0] != '[';
}

int
addr_listen_set(const char *service, const char *inet_interfaces, const char *inet_protocols, struct addr *out, int max,
    struct buf *err)
{
	struct filling f = { .out = out, .max = max };
	char *copy = mem_str(service), *host, *name;
	int port, protocols;

	buf_clear(err);
	if ((protocols = addr_protocols(inet_protocols, err)) < 0) {
		free(copy);
		return -1;
	}
	if (!split_service(copy, &host, &name))
		buf_fmt(err, "%s: write port, host:port or [address]:port", service);
	else if ((port = addr_service_port(name)) < 0)
		buf_fmt(err, "%s: unknown service or bad port number \"%s\"", service, name);
	else if (host != NULL && *host != '\0')
		add_host(&f, host, port, protocols, err);
	else
		add_inet_interfaces(&f, inet_interfaces, port, protocols, true, err);
	if (err->len == 0 && f.n == 0)
		buf_fmt(err, "%s: inet_interfaces = %s gives no address", service, inet_interfaces);
	free(copy);
	return err->len == 0 ? f.n : -1;
}

bool
addr_own(const char *inet_interfaces, const char *proxy_interfaces, const char *inet_protocols, struct addr_set *set,
    struct buf *err)
{
	struct filling f = { .out = mem_zero(OWN_MAX, sizeof(*f.out)), .max = OWN_MAX };
	int protocols;

	buf_clear(err);
	if ((protocols = addr_protocols(inet_protocols, err)) < 0 ||
	    !add_inet_interfaces(&f, inet_interfaces, 0, protocols, false, err) ||
	    !add_inet_interfaces(&f, proxy_interfaces, 0, ADDR_IPV4 | ADDR_IPV6, false, err)) {
		free(f.out);
		return false;
	}
	set->a = f.out;
	set->n = (size_t)f.n;
	return true;
}

bool
addr_set_has(const struct addr_set *set, const struct addr *a)
{
	for (size_t i = 0; i < set->n; i++)
		if (addr_same_host(&set->a[i], a))
			return true;
	return false;
}

void
addr_set_free(struct addr_set *set)
{
	free(set->a);
	set->a = NULL;
	set->n = 0;
}

static void
describe(const struct addr *a, struct buf *out)
{
	char host[ADDR_TEXT];

	if (a->sa.sa_family == AF_UNIX)
		buf_puts(out, a->un.sun_path);
	else
		buf_fmt(out, a->sa.sa_family == AF_INET6 ? "[%s]:%d" : "%s:%d", addr_host(a, host), addr_port(a));
}

/* A socket file of a process that is gone is in the way; anything else that has the name stays. */
static void
remove_stale(const struct addr *a)
{
	struct stat st;

	if (a->sa.sa_family == AF_UNIX && lstat(a->un.sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(a->un.sun_path);
}

static bool
set_options(int fd, int family)
{
	const int on = 1;

	if (family == AF_UNIX)
		return true;
	/* Accepted connections inherit TCP_NODELAY. */
	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    (family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0);
}

int
addr_listen(const struct addr *a, int backlog, struct buf *err)
{
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	buf_clear(err);
	if (fd >= 0 && set_options(fd, a->sa.sa_family)) {
		remove_stale(a);
		if (bind(fd, &a->sa, a->len) == 0 && listen(fd, backlog) == 0)
			return fd;
	}
	error = errno;
	buf_puts(err, "bind ");
	describe(a, err);
	buf_fmt(err, ": %s", strerror(error));
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}
