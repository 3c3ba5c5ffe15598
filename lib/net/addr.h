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
const char *addr_host(const struct addr *, char out[ADDR_TEXT]); /* "192.0.2.1", "2001:db8::1", "unknown" for Unix */
int addr_port(const struct addr *);
bool addr_same_host(const struct addr *, const struct addr *);
/* "1.2.0.192.in-addr.arpa" or the ip6.arpa name. */
void addr_reverse_name(const struct addr *, struct buf *);
/* The address literal of RFC 5321 4.1.3: [192.0.2.1], [IPv6:2001:db8::1]. */
void addr_literal(const struct addr *, struct buf *);

/*
 * "127.0.0.0/8 [::1]/128 !10.0.0.1 /file" as in mynetworks: parsed once, then
 * matched.  Host bits below the mask are an error, as in Postfix.  Entries
 * type:table go to the callback given at match time, or match nothing.
 */
struct addr_list;
struct addr_list *addr_list_parse(const char *text, struct buf *err); /* NULL: err */
bool addr_list_match(const struct addr_list *, const struct addr *);
void addr_list_free(struct addr_list **);

/* Connect within ms; -1: *why (later) names host, port and system error. bind_to may be NULL. */
int addr_connect(const struct addr *, const struct addr *bind_to, long ms, struct verdict *why);
/* The addresses that a master.cf inet service name means: "smtp", "2525", "host:port", "[::1]:port". */
int addr_listen_set(const char *service, const char *inet_interfaces, const char *inet_protocols, struct addr *out,
    int max, struct buf *err);					    /* number of them; -1: err */
int addr_listen(const struct addr *, int backlog, struct buf *err); /* TCP_NODELAY set, close-on-exec; -1: err */

#endif
