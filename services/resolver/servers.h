/* SPDX-License-Identifier: Apache-2.0 */
/*
 * servers - the name servers to ask, from resolv.conf(5) or from dns_server.
 *
 *	servers_parse("nameserver 192.0.2.53\n", &s);
 *	servers_one("127.0.0.1:5300", &s);
 *
 * Each is in libunbound's form "address@port".  Pure.
 */
#ifndef RESOLVER_SERVERS_H
#define RESOLVER_SERVERS_H

#include "lib/base/buf.h"

enum { SERVERS_MAX = 8, SERVER_TEXT = 96 };

struct servers {
	char at[SERVERS_MAX][SERVER_TEXT];
	size_t n;
};

void servers_parse(const char *resolv_conf, struct servers *);
bool servers_one(const char *dns_server, struct servers *); /* false: not address:port */
bool servers_same(const struct servers *, const struct servers *);

#endif
