/* SPDX-License-Identifier: Apache-2.0 */
/* The transport and the next hop of an address. */
#include "lib/mail/route.h"

#include "lib/base/idn.h"
#include "lib/base/text.h"
#include "lib/mail/address.h"
#include "lib/mail/route_inside.h"

#include <string.h>

/* One question on its way to an answer. */
struct resolving {
	struct routes *r;
	const struct route_query *q;
	struct arena *mem;
	struct route *to;
	const char *domain; /* of to->address */
	struct verdict *why;
};

enum table_result
route_find(struct routes *r, const struct route_query *q, enum route_maps m, const char *address, unsigned forms,
    struct arena *mem, struct maps_hit *out, struct verdict *why)
{
	struct maps_query ask = { .what = r->maps_name[m],
		.list = r->maps[m],
		.address = address,
		.delimiters = r->cf->recipient_delimiter,
		.forms = forms,
		.trace = q->trace };
	enum table_result ours = TABLE_ABSENT;
	const char *local, *domain;

	if (table_list_size(ask.list) == 0)
		return TABLE_ABSENT;
	address_split(address, mem, &local, &domain);
	if ((forms & MAPS_USER) && domain != NULL && (ours = ours_has_users(r->ours, domain, mem, why)) == TABLE_ERROR)
		return ours;
	ask.ours = ours == TABLE_FOUND;
	return maps_find(&ask, mem, out, why);
}

/* ---- values ---- */

/* "transport:nexthop" into its parts, either of which may be "". */
static void
part(const char *entry, struct arena *mem, const char **transport, const char **nexthop)
{
	const char *colon = strchr(entry, ':');

	*transport = colon != NULL ? arena_strn(mem, entry, (size_t)(colon - entry)) : entry;
	*nexthop = colon != NULL ? colon + 1 : "";
}

/* The agents to which the next hop is a reason. */
static bool
returns_mail(const struct conf *cf, const char *transport)
{
	return strcmp(transport, cf->error_service_name) == 0 || strcmp(transport, "retry") == 0;
}
static const char no_reason[] = "Address is undeliverable";

/* transport(5): what is there replaces; a transport alone goes to the recipient's domain. */
static void
apply_entry(struct resolving *x, const char *entry)
{
	const char *transport, *nexthop;

	part(entry, x->mem, &transport, &nexthop);
	if (transport[0] != '\0') {
		x->to->transport = transport;
		x->to->nexthop = returns_mail(x->r->cf, transport) ? no_reason : x->domain;
	}
	if (nexthop[0] != '\0')
		x->to->nexthop = nexthop;
}

/* ---- by class and sender ---- */

/* A table of senders; TABLE_ABSENT also where it says DUNNO. */
static enum table_result
by_sender(struct resolving *x, enum route_maps m, const char *null_key, const char **value)
{
	const char *sender = x->q->sender;
	enum table_result found;
	struct maps_hit hit;

	if (sender == NULL || table_list_size(x->r->maps[m]) == 0)
		return TABLE_ABSENT;
	if (sender[0] == '\0')
		found = trace_lookup(
		    x->q->trace, x->r->maps_name[m], x->r->maps[m], null_key, true, x->mem, &hit.value, x->why);
	else
		found = route_find(x->r, x->q, m, sender, MAPS_ALL, x->mem, &hit, x->why);
	if (found != TABLE_FOUND)
		return found;
	*value = hit.value;
	return text_same(hit.value, "DUNNO") ? TABLE_ABSENT : TABLE_FOUND;
}

/* The class' own transport, or the sender's instead of the default one. */
static enum fate
by_class(struct resolving *x, const char **nexthop)
{
	const struct conf *cf = x->r->cf;
	const struct route_class_row *row = &route_classes[x->to->class_];
	const char *text = route_text_at(cf, row->transport), *entry, *transport;

	if (x->to->class_ == ROUTE_DEFAULT) {
		switch (
		    by_sender(x, MAPS_SENDER_TRANSPORT, cf->empty_address_default_transport_maps_lookup_key, &entry)) {
		case TABLE_ERROR:
			return x->why->fate;
		case TABLE_FOUND:
			part(entry, x->mem, &transport, nexthop);
			if (transport[0] != '\0') {
				x->to->transport = transport;
				return FATE_OK;
			}
			break;
		case TABLE_ABSENT:
			break;
		}
	}
	trace_note(x->q->trace, row->transport_name, route_class_names[x->to->class_], text);
	part(text, x->mem, &x->to->transport, &entry);
	if (*nexthop == NULL || (*nexthop)[0] == '\0')
		*nexthop = entry;
	if (x->to->transport[0] == '\0')
		part(cf->default_transport, x->mem, &x->to->transport, &entry);
	return FATE_OK;
}

static enum fate
relayhost(struct resolving *x, const char **nexthop)
{
	const struct conf *cf = x->r->cf;

	switch (by_sender(x, MAPS_SENDER_RELAYHOST, cf->empty_address_relayhost_maps_lookup_key, nexthop)) {
	case TABLE_ERROR:
		return x->why->fate;
	case TABLE_FOUND:
		return FATE_OK;
	case TABLE_ABSENT:
		break;
	}
	*nexthop = cf->relayhost;
	if (cf->relayhost[0] != '\0')
		trace_note(x->q->trace, "relayhost", x->domain, cf->relayhost);
	return FATE_OK;
}

/* As it is without tables of recipients. */
static enum fate
place(struct resolving *x)
{
	const struct route_class_row *row = &route_classes[x->to->class_];
	const char *nexthop = "";
	enum fate fate;

	if (x->to->class_ == ROUTE_VIRTUAL_ALIAS) {
		x->to->transport = x->r->cf->error_service_name;
		x->to->nexthop = x->r->cf->show_user_unknown_table_name ? "5.1.1 User unknown in virtual alias table"
									: "5.1.1 User unknown";
		return FATE_OK;
	}
	if ((fate = by_class(x, &nexthop)) != FATE_OK)
		return fate;
	if (nexthop[0] == '\0' && returns_mail(x->r->cf, x->to->transport))
		nexthop = no_reason;
	if (nexthop[0] == '\0' && row->relayhost && (fate = relayhost(x, &nexthop)) != FATE_OK)
		return fate;
	if (nexthop[0] == '\0')
		nexthop = row->nexthop_is_me ? x->r->cf->myhostname : x->domain;
	x->to->nexthop = nexthop;
	return FATE_OK;
}

/* ---- by recipient ---- */

/* transport(5): the domain, and .parent domains. */
static enum table_result
find_domain(struct resolving *x, const char *domain, const char **value)
{
	struct table_list *l = x->r->maps[MAPS_TRANSPORT];
	const char *what = x->r->maps_name[MAPS_TRANSPORT];
	struct trace *t = x->q->trace;
	enum table_result found = trace_lookup(t, what, l, domain, false, x->mem, value, x->why);

	for (const char *dot = strchr(domain, '.'); found == TABLE_ABSENT && dot != NULL && domain[0] != '[';
	     dot = strchr(dot + 1, '.'))
		found = trace_lookup(t, what, l, x->r->transport_parents ? dot + 1 : dot, false, x->mem, value, x->why);
	return found;
}

/* The address, its domain in either form, and "*". */
static enum table_result
find_transport(struct resolving *x, const char **value)
{
	const char *other = idn_other_form(x->domain, x->mem);
	enum table_result found;
	struct maps_hit hit;

	found = route_find(x->r, x->q, MAPS_TRANSPORT, x->to->address, MAPS_ADDRESS, x->mem, &hit, x->why);
	if (found == TABLE_FOUND)
		*value = hit.value;
	if (found == TABLE_ABSENT)
		found = find_domain(x, x->domain, value);
	if (found == TABLE_ABSENT && other != NULL)
		found = find_domain(x, other, value);
	if (found == TABLE_ABSENT)
		found = trace_lookup(x->q->trace, x->r->maps_name[MAPS_TRANSPORT], x->r->maps[MAPS_TRANSPORT], "*",
		    false, x->mem, value, x->why);
	return found;
}

/* The rules first: what they say about is not looked for in transport_maps. */
static enum fate
by_tables(struct resolving *x)
{
	enum table_result found = TABLE_ABSENT;
	const char *entry;

	if (table_list_size(x->r->maps[MAPS_ROUTING]) > 0)
		found = route_by_rule(x->r, x->q, x->to->address, x->mem, &entry, x->why);
	if (found == TABLE_ABSENT && table_list_size(x->r->maps[MAPS_TRANSPORT]) > 0)
		found = find_transport(x, &entry);
	if (found == TABLE_ERROR)
		return x->why->fate;
	if (found == TABLE_FOUND)
		apply_entry(x, entry);
	return FATE_OK;
}

static enum fate
relocated(struct resolving *x)
{
	const struct conf *cf = x->r->cf;
	struct maps_hit hit;

	switch (route_find(x->r, x->q, MAPS_RELOCATED, x->to->address, MAPS_ALL, x->mem, &hit, x->why)) {
	case TABLE_ERROR:
		return x->why->fate;
	case TABLE_FOUND:
		x->to->transport = cf->error_service_name;
		x->to->nexthop = cf->relocated_prefix_enable
		    ? arena_fmt(x->mem, "5.1.6 User has moved to %s", hit.value)
		    : hit.value;
		break;
	case TABLE_ABSENT:
		break;
	}
	return FATE_OK;
}

static const char *
class_source(enum route_class c)
{
	return route_classes[c].domains_name != NULL ? route_classes[c].domains_name : "no list of domains";
}

enum fate
route_resolve(struct routes *r, const struct route_query *q, struct arena *mem, struct route *out, struct verdict *why)
{
	struct route to = { .address = q->address };
	struct resolving x = { .r = r, .q = q, .mem = mem, .to = &to, .why = why };
	enum fate fate;

	if ((fate = route_untangle(r, q, mem, &to, &x.domain, why)) != FATE_OK)
		return fate;
	trace_note(q->trace, class_source(to.class_), x.domain, route_class_names[to.class_]);
	if ((fate = place(&x)) != FATE_OK)
		return fate;
	if (to.class_ != ROUTE_VIRTUAL_ALIAS && (fate = by_tables(&x)) != FATE_OK)
		return fate;
	if ((fate = relocated(&x)) != FATE_OK)
		return fate;
	if (!arena_ok(mem))
		return later(why, "4.3.0", "too much to route");
	*out = to;
	return FATE_OK;
}
