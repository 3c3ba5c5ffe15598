/* SPDX-License-Identifier: Apache-2.0 */
/*
 * addr - socket addresses (IPv4, IPv6, Unix), and patterns of them.
 *
 *	struct addr a;
 *	if (addr_parse(&a, "192.0.2.1", 25))
 *		... addr_host(&a, text) is "192.0.2.1"
 *
 * IPv4-mapped IPv6 addresses are turned into IPv4 ones wherever an addr is
 * made: rules and logs know one form of each client.
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include "lib/base/buf.h"
#include "lib/base/verdict.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

struct addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t len;
};
enum { ADDR_TEXT = 128 };

bool addr_parse(struct addr *, const char *host, int port); /* a number, IPv6 with or without [] or "IPv6:" */
bool addr_unix(struct addr *, const char *path);
bool addr_of_peer(struct addr *, int fd);
bool addr_of_self(struct addr *, int fd);
bool addr_of_sockaddr(struct addr *, const struct sockaddr *);	 /* IPv4 and IPv6 only */
const char *addr_host(const struct addr *, char out[ADDR_TEXT]); /* "192.0.2.1", "2001:db8::1", "unknown" for Unix */
int addr_port(const struct addr *);
void addr_set_port(struct addr *, int port);
bool addr_of_bytes(struct addr *, const void *bytes, size_t n, int port); /* n is 4 or 16: false otherwise */
const unsigned char *addr_bytes(const struct addr *, size_t *n); /* 4 or 16, in network order; NULL and 0 for Unix */
bool addr_same_host(const struct addr *, const struct addr *);	 /* Unix sockets are on no host */
bool addr_same(const struct addr *, const struct addr *);	 /* host and port, or path */
/* "1.2.0.192.in-addr.arpa" or the ip6.arpa name. */
void addr_reverse_name(const struct addr *, struct buf *);
/* The address literal of RFC 5321 4.1.3: [192.0.2.1], [IPv6:2001:db8::1]. */
void addr_literal(const struct addr *, struct buf *);

/*
 * An address or a network: 192.0.2.1, 192.0.2.0/24, [2001:db8::]/32, with or
 * without the brackets.  Host bits below the mask are an error, as in Postfix.
 */
struct addr_net {
	struct addr base;
	int bits;
};
bool addr_net_parse(struct addr_net *, const char *text, struct buf *err); /* false: err, which was empty */
bool addr_net_has(const struct addr_net *, const struct addr *);

/*
 * Connect within ms (0: as long as the system tries); -1: errno, and *why
 * (later, 4.4.1) names host, port and system error.  bind_to may be NULL.
 */
int addr_connect(const struct addr *, const struct addr *bind_to, long ms, struct verdict *why);
/*
 * The addresses of a host, a name or a number with or without [], and the port that
 * addr_service_port() knows, in the system's order, from /etc/hosts or DNS as the system is set
 * up, within ms; 0: *why, later.  For who may have threads: a name is looked for in another one.
 */
enum { ADDR_FIND_MAX = 16 };
size_t addr_find(const char *host, const char *service, long ms, struct addr out[ADDR_FIND_MAX], struct verdict *why);
/* The addresses that a master.cf inet service name means: "smtp", "2525", "host:port", "[::1]:port". */
int addr_listen_set(const char *service, const char *inet_interfaces, const char *inet_protocols, struct addr *out,
    int max, struct buf *err);					    /* number of them; -1: err */
int addr_listen(const struct addr *, int backlog, struct buf *err); /* TCP_NODELAY set, close-on-exec; -1: err, errno */

/* A number or a name of /etc/services ("smtp"); -1: neither. */
int addr_service_port(const char *service);
/* Which families inet_protocols allows and this system has. */
enum { ADDR_IPV4 = 1, ADDR_IPV6 = 2 };
int addr_protocols(const char *inet_protocols, struct buf *err); /* -1: err */

/*
 * The addresses that are ours: those of inet_interfaces ("all": of every
 * interface that is up) and of proxy_interfaces.  Ask before the jail.
 */
struct addr_set {
	struct addr *a;
	size_t n;
};
bool addr_own(const char *inet_interfaces, const char *proxy_interfaces, const char *inet_protocols,
    struct addr_set *out, struct buf *err); /* false: err */
bool addr_set_has(const struct addr_set *, const struct addr *);
void addr_set_free(struct addr_set *);

#endif
