/* SPDX-License-Identifier: Apache-2.0 */
/*
 * named - tables of a network or of the user database that are named without "proxy:".
 *
 * Postfix's daemons open "transport_maps = tcp:host:port" themselves, so nobody
 * lists it in proxy_read_maps.  Here they ask proxymap, which may be asked for
 * what stands in main.cf or in a -o of master.cf, also within other tables,
 * and for nothing else: a daemon that was taken over chooses no host and port.
 */
#ifndef PROXYMAP_NAMED_H
#define PROXYMAP_NAMED_H

#include "lib/base/hash.h"
#include "lib/conf/conf.h"

void named_in_value(const char *value, struct hash *specs); /* pure: "hash:/x, {tcp:host:25}" adds tcp:host:25 */
void named_tables(const struct conf *, struct hash *specs);

#endif
