/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nexthop - where qmgr wants a message to go, as smtp(8) of Postfix writes it.
 *
 *	SMTP	domain  domain:port  [host]  [host]:port  [address]  [address]:port
 *	LMTP	unix:path  inet:host  inet:host:port  host  host:port  [address]:port
 *
 * Several, apart by commas or blanks, are tried in turn.  Names are turned
 * into A-labels and lower case.
 *
 *	struct nexthop h;
 *	if (!nexthop_parse("[mx.example.com]:587", lmtp, 25, &mem, &h, &why)) ...
 */
#ifndef SMTP_NEXTHOP_H
#define SMTP_NEXTHOP_H

#include "lib/base/verdict.h"
#include "lib/net/addr.h"

struct nexthop {
	const char *name; /* domain, host, or path of a Unix socket */
	int port;
	bool unix_path, mx; /* mx: the name has mail exchangers */
	bool numeric;	    /* addr is set */
	bool default_port;  /* none was given */
	struct addr addr;
};

bool nexthop_parse(const char *text, bool lmtp, int port, struct arena *, struct nexthop *out, struct verdict *why);

#endif
