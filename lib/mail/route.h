/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route - where mail for an address goes: transport, next hop, final address.
 *
 *	struct routes *r = routes_open(cf, &env, &err);	(once, before the jail; share it)
 *	struct route to;
 *	if (route_resolve(r, "joe@example.com", sender, &mem, &to, &why) != FATE_OK)
 *		return why.fate;
 *
 * Implements Postfix's address classes (ADDRESS_CLASS_README): local,
 * virtual_alias, virtual_mailbox, relay, default.  A class's transport
 * parameter is "transport:nexthop" with nexthop optional; for the smtp-like
 * ones the next hop is the recipient's domain or relayhost.
 */
#ifndef MAIL_ROUTE_H
#define MAIL_ROUTE_H

#include "lib/conf/conf.h"
#include "lib/table/table.h"

enum route_class { ROUTE_LOCAL, ROUTE_VIRTUAL_ALIAS, ROUTE_VIRTUAL_MAILBOX, ROUTE_RELAY, ROUTE_DEFAULT };
extern const char *const route_class_names[]; /* "local" ... */

struct route {
	enum route_class class_;
	const char *transport, *nexthop, *address;
};
struct routes;

struct routes *routes_open(const struct conf *, const struct table_env *, struct buf *err);
void routes_free(struct routes **);

/* FATE_LATER: a table failed; FATE_NEVER: *why says what is wrong with the address. */
enum fate route_resolve(
    struct routes *, const char *address, const char *sender, struct arena *, struct route *, struct verdict *why);

/* The class of a domain alone. */
enum fate route_class_of(struct routes *, const char *domain, struct arena *, enum route_class *, struct verdict *why);

/*
 * Is the recipient known, as far as its class has a list of them
 * (local_recipient_maps, relay_recipient_maps, virtual_mailbox_maps,
 * virtual_alias_maps)?  FATE_NEVER: 550 5.1.1 <joe@x>: Recipient address
 * rejected: User unknown in local recipient table.
 */
enum fate route_known(struct routes *, const char *address, struct arena *, struct verdict *why);

/*
 * Completion of an address: "joe" -> joe@$myorigin, "joe@host" ->
 * joe@host.$mydomain when append_dot_mydomain, bang and percent forms, as
 * ADDRESS_REWRITING_README describes for the given origin domain.
 */
const char *route_complete(const struct conf *, const char *address, const char *origin, struct arena *);

/* Changes when configuration or tables change; a route in a queue file is fresh while it is the same. */
const char *routes_generation(const struct routes *);
bool routes_changed(struct routes *);

#endif
