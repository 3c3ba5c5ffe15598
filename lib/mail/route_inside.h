/* SPDX-License-Identifier: Apache-2.0 */
/* route_inside - what the route files share; nobody else includes it. */
#ifndef MAIL_ROUTE_INSIDE_H
#define MAIL_ROUTE_INSIDE_H

#include "lib/mail/maps.h"
#include "lib/mail/ours.h"
#include "lib/mail/route.h"

#include <stddef.h>

enum { ROUTE_CLASSES = ROUTE_DEFAULT + 1 };

/*
 * What a class is made of, each by the place of its parameter in struct conf:
 * the domains that are in it, the recipients that it knows, where its mail
 * goes, and what is said about others.
 */
struct route_class_row {
	size_t domains, known, transport, reject_code;
	const char *domains_name, *known_name, *transport_name, *table;
	bool nexthop_is_me; /* the next hop is myhostname, not the recipient's domain */
	bool relayhost;	    /* $relayhost has a say */
};
extern const struct route_class_row route_classes[ROUTE_CLASSES];

/* Tables that are not a class' own. */
enum route_maps {
	MAPS_TRANSPORT,
	MAPS_RELOCATED,
	MAPS_ROUTING,
	MAPS_SENDER_TRANSPORT,
	MAPS_SENDER_RELAYHOST,
	MAPS_CANONICAL,
	MAPS_RECIPIENT_CANONICAL,
	ROUTE_MAPS
};

struct routes {
	const struct conf *cf;
	struct ours *ours;			   /* the local class */
	struct match_list *domains[ROUTE_CLASSES]; /* of the other classes that have a list */
	struct table_list *known[ROUTE_CLASSES];
	struct table_list *maps[ROUTE_MAPS];
	const char *maps_name[ROUTE_MAPS];
	bool transport_parents; /* "example.com" in transport_maps is also what is below it */
	char generation[16];
};

const char *route_text_at(const struct conf *, size_t at);
long route_number_at(const struct conf *, size_t at);

/* What the address is about in the end: ways through this host are followed.  FATE_NEVER: it cannot be an address. */
enum fate route_untangle(
    struct routes *, const struct route_query *, struct arena *, struct route *, const char **domain, struct verdict *);

/* Look for an address in one of the tables, as canonical(5) has it; forms are those of maps.h. */
enum table_result route_find(struct routes *, const struct route_query *, enum route_maps, const char *address,
    unsigned forms, struct arena *, struct maps_hit *, struct verdict *why);

/* What routing_maps says about all of the query; routing(5). */
enum table_result route_by_rule(struct routes *, const struct route_query *, const char *address, struct arena *,
    const char **value, struct verdict *why);

#endif
