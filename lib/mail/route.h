/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route - where mail for an address goes: transport, next hop, final address.
 *
 *	struct routes *r = routes_open(cf, &env, &err);	(once, before the jail; share it)
 *	struct route to;
 *	if (route_resolve(r, &(struct route_query){ .address = "joe@example.com", .sender = sender }, &mem, &to,
 *		&why) != FATE_OK)
 *		return why.fate;
 *
 * Implements Postfix's address classes (ADDRESS_CLASS_README): local,
 * virtual_alias, virtual_mailbox, relay, default; transport(5),
 * relocated(5), routes by sender, and routing(5).  What decides about the
 * transport, the first that says something:
 *
 *	relocated_maps  routing_maps  transport_maps
 *	sender_dependent_default_transport_maps (default class)
 *	the class' transport parameter
 *
 * and about a next hop that is not named there:
 *
 *	sender_dependent_relayhost_maps  relayhost (relay and default class)
 *	myhostname (local class), the recipient's domain
 */
#ifndef MAIL_ROUTE_H
#define MAIL_ROUTE_H

#include "lib/conf/conf.h"
#include "lib/mail/trace.h"
#include "lib/table/table.h"

enum route_class { ROUTE_LOCAL, ROUTE_VIRTUAL_ALIAS, ROUTE_VIRTUAL_MAILBOX, ROUTE_RELAY, ROUTE_DEFAULT };
extern const char *const route_class_names[]; /* "local" ... */

/* Of a message and one of its recipients; what is not known may be NULL. */
struct route_query {
	const char *address, *sender; /* without <> */
	const char *client;	      /* address of the client: "192.0.2.1" */
	const char *login;
	bool is_sender; /* the address is one: route_known() words its refusals for senders */
	struct trace *trace;
};
struct route {
	enum route_class class_;
	const char *transport, *nexthop, *address;
	bool
	    routed; /* a way is left in the local part, which others may follow: user@elsewhere@here, elsewhere!user@here */
};
struct routes;

struct routes *routes_open(const struct conf *, const struct table_env *, struct buf *err);
void routes_free(struct routes **);

/* FATE_LATER: a table failed; FATE_NEVER: *why says what is wrong with the address. */
enum fate
route_resolve(struct routes *, const struct route_query *, struct arena *, struct route *, struct verdict *why);

/* The class of a domain alone. */
enum fate route_class_of(struct routes *, const char *domain, struct arena *, enum route_class *, struct verdict *why);

/*
 * Is the address known, of which route_resolve() has given the route, as far as its class has a list of them
 * (local_recipient_maps, relay_recipient_maps, virtual_mailbox_maps), or as
 * canonical(5) or virtual(5) addresses are?  TABLE_ABSENT: *why is the
 * refusal, 550 5.1.1 User unknown in local recipient table; also what
 * relocated_maps and error: in transport_maps say.  TABLE_ERROR: nobody
 * knows now, and *why is the reason.
 */
enum table_result
route_known(struct routes *, const struct route_query *, const struct route *, struct arena *, struct verdict *why);

/*
 * Can there be such a domain at all?  Not 192.0.2.1 without brackets, unless
 * resolve_numeric_domain, nor a number like 1.2.3.
 */
bool route_domain_ok(const struct conf *, const char *domain);

/*
 * Completion of an address: "joe" -> joe@$myorigin, "joe@host" ->
 * joe@host.$mydomain when append_dot_mydomain, bang and percent forms, as
 * ADDRESS_REWRITING_README describes for the given origin domain.  With an
 * origin other than myorigin (remote_header_rewrite_domain) that is also what
 * stands below: joe@host.domain.invalid.
 */
const char *route_complete(const struct conf *, const char *address, const char *origin, struct arena *);
/* "a!b" to b@a and "a%b" to a@b, where the parameters say so; NULL: local, as addresses have it, is neither. */
const char *route_old_form(const struct conf *, const char *local, struct arena *);

/* Changes when configuration or tables change; a route in a queue file is fresh while it is the same. */
const char *routes_generation(const struct routes *);
bool routes_changed(struct routes *);

#endif
