/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rdata - what stands in DNS records, as text.  Pure.
 *
 *	struct resolver_record r;
 *	if (rdata_decode(15, bytes, n, &mem, &r))
 *		... r.preference, r.value
 *
 * bytes come from anybody on the Internet: every length is checked, and a
 * record that is too short, too long or compressed is refused.  Characters of
 * a name that are no part of a host name are written as \DDD (RFC 1035 5.1),
 * so that no label can look like two.
 */
#ifndef RESOLVER_RDATA_H
#define RESOLVER_RDATA_H

#include "lib/ipc/resolver.h"

int rdata_type(const char *name); /* "MX": 15; -1: not one that we answer */
const char *rdata_name(int type); /* "MX"; NULL */

bool rdata_decode(int type, const unsigned char *, size_t n, struct arena *, struct resolver_record *out);

#endif
