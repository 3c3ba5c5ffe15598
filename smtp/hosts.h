/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts - the addresses behind a next hop, in the order in which to try them.
 *
 *	struct finder f = { .settings = &s, .own = &own, .ask = ask, .ctx = dns, ... };
 *	if (hosts_find(&f, &hop, &mem, &list, &why) == FATE_OK)
 *		for (i = 0; i < list.n; i++) ... list.t[i].addr ...
 *
 * Mail exchangers by preference (RFC 5321 5.1), equal ones shuffled; without
 * MX records the domain itself; a null MX (RFC 7505) takes no mail.  Where
 * we are an exchanger ourselves, only better ones are left; if there is none,
 * mail would loop.  DNS trouble is FATE_LATER, never FATE_NEVER.
 *
 * No socket and no clock: DNS is asked through ask(), and random is the
 * caller's.
 */
#ifndef SMTP_HOSTS_H
#define SMTP_HOSTS_H

#include "lib/net/dns.h"
#include "lib/net/hosts_file.h"
#include "smtp/nexthop.h"
#include "smtp/settings.h"

#include <stdint.h>

struct target {
	const char *name; /* of the host; for a Unix socket our own */
	struct addr addr;
	long preference;
	bool secure; /* all the way there was validated */
};
struct target_list {
	struct target *t;
	size_t n;
	bool we_are_mx; /* fallback relays would send it back */
};

struct finder {
	const struct settings *settings;
	const struct hosts_file *hosts; /* NULL: none */
	const struct addr_set *own;
	int protocols; /* ADDR_IPV4 | ADDR_IPV6 */
	uint64_t random;
	enum dns_status (*ask)(void *ctx, const char *name, const char *type, struct arena *, struct dns_answer *);
	void *ctx;
};

enum fate
hosts_find(struct finder *, const struct nexthop *, struct arena *, struct target_list *out, struct verdict *why);

#endif
