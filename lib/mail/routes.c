/* SPDX-License-Identifier: Apache-2.0 */
/* The lists and tables that routes come from: opened together, and known by a generation. */
#include "lib/base/text.h"
#include "lib/mail/route_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(p) offsetof(struct conf, p)

const struct route_class_row route_classes[ROUTE_CLASSES] = {
	[ROUTE_LOCAL] = { AT(mydestination), AT(local_recipient_maps), AT(local_transport),
	    AT(unknown_local_recipient_reject_code), "mydestination", "local_recipient_maps", "local_transport",
	    "local recipient", true, false },
	[ROUTE_VIRTUAL_ALIAS] = { AT(virtual_alias_domains), AT(virtual_alias_maps), AT(error_service_name),
	    AT(unknown_virtual_alias_reject_code), "virtual_alias_domains", "virtual_alias_maps", "error_service_name",
	    "virtual alias", false, false },
	[ROUTE_VIRTUAL_MAILBOX] = { AT(virtual_mailbox_domains), AT(virtual_mailbox_maps), AT(virtual_transport),
	    AT(unknown_virtual_mailbox_reject_code), "virtual_mailbox_domains", "virtual_mailbox_maps",
	    "virtual_transport", "virtual mailbox", false, false },
	[ROUTE_RELAY] = { AT(relay_domains), AT(relay_recipient_maps), AT(relay_transport),
	    AT(unknown_relay_recipient_reject_code), "relay_domains", "relay_recipient_maps", "relay_transport",
	    "relay recipient", false, true },
	[ROUTE_DEFAULT] = { .transport = AT(default_transport),
	    .transport_name = "default_transport",
	    .relayhost = true },
};

/* Of what decides where mail goes, no $1 of a result stands for what a sender or a client wrote. */
static const struct {
	const char *name;
	size_t at;
	unsigned flags;
} maps[ROUTE_MAPS] = {
	[MAPS_TRANSPORT] = { "transport_maps", AT(transport_maps), TABLE_FOLD },
	[MAPS_RELOCATED] = { "relocated_maps", AT(relocated_maps), TABLE_FOLD | TABLE_REGEXP_OK },
	[MAPS_ROUTING] = { "routing_maps", AT(routing_maps), TABLE_FOLD },
	[MAPS_SENDER_TRANSPORT] = { "sender_dependent_default_transport_maps",
	    AT(sender_dependent_default_transport_maps), TABLE_FOLD },
	[MAPS_SENDER_RELAYHOST] = { "sender_dependent_relayhost_maps", AT(sender_dependent_relayhost_maps),
	    TABLE_FOLD },
	[MAPS_CANONICAL] = { "canonical_maps", AT(canonical_maps), TABLE_FOLD | TABLE_REGEXP_OK },
	[MAPS_RECIPIENT_CANONICAL] = { "recipient_canonical_maps", AT(recipient_canonical_maps),
	    TABLE_FOLD | TABLE_REGEXP_OK },
};

const char *
route_text_at(const struct conf *cf, size_t at)
{
	return *(const char *const *)(const void *)((const char *)cf + at);
}

long
route_number_at(const struct conf *cf, size_t at)
{
	return *(const long *)(const void *)((const char *)cf + at);
}

static bool
open_class(struct routes *r, enum route_class c, const struct table_env *env, struct buf *err)
{
	const struct route_class_row *row = &route_classes[c];
	const struct conf *cf = r->cf;

	if (row->domains_name == NULL)
		return true;
	if (c == ROUTE_LOCAL)
		r->ours = ours_open(cf, env, err);
	else
		r->domains[c] = match_list_open(row->domains_name, route_text_at(cf, row->domains), env, err);
	if (c == ROUTE_LOCAL ? r->ours == NULL : r->domains[c] == NULL)
		return false;
	r->known[c] = table_list_open(route_text_at(cf, row->known), TABLE_FOLD | TABLE_REGEXP_OK, env, err);
	return r->known[c] != NULL;
}

static void
count(uint32_t *crc, const char *text)
{
	*crc = crc32c(*crc, text, strlen(text) + 1);
}

/* All that routes come from; a change of any of it makes stored routes stale. */
static void
make_generation(struct routes *r)
{
	static const size_t others[] = { AT(relayhost), AT(myhostname), AT(inet_interfaces), AT(proxy_interfaces),
		AT(recipient_delimiter), AT(myorigin), AT(parent_domain_matches_subdomains),
		AT(empty_address_default_transport_maps_lookup_key), AT(empty_address_relayhost_maps_lookup_key) };
	const struct conf *cf = r->cf;
	const char choices[] = { cf->resolve_dequoted_address, cf->resolve_null_domain, cf->resolve_numeric_domain,
		cf->swap_bangpath, cf->allow_percent_hack, cf->relocated_prefix_enable };
	uint32_t crc = crc32c(0, choices, sizeof(choices));

	for (size_t i = 0; i < NITEMS(others); i++)
		count(&crc, route_text_at(cf, others[i]));
	for (size_t i = 0; i < ROUTE_MAPS; i++)
		count(&crc, route_text_at(cf, maps[i].at));
	for (size_t c = 0; c < ROUTE_CLASSES; c++) {
		count(&crc, route_text_at(cf, route_classes[c].transport));
		if (route_classes[c].domains_name != NULL)
			count(&crc, route_text_at(cf, route_classes[c].domains));
	}
	snprintf(r->generation, sizeof(r->generation), "%08x", crc);
}

static bool
open_maps(struct routes *r, enum route_maps m, const struct table_env *env, struct buf *err)
{
	struct buf why = BUF(1024);

	r->maps_name[m] = maps[m].name;
	r->maps[m] = table_list_open(route_text_at(r->cf, maps[m].at), maps[m].flags, env, &why);
	if (r->maps[m] == NULL)
		buf_fmt(err, "%s: %s", maps[m].name, buf_str(&why));
	buf_free(&why);
	return r->maps[m] != NULL;
}

struct routes *
routes_open(const struct conf *cf, const struct table_env *env, struct buf *err)
{
	struct routes *r = mem_zero(1, sizeof(*r));
	bool ok = true;

	r->cf = cf;
	r->transport_parents = text_list_has(cf->parent_domain_matches_subdomains, "transport_maps");
	for (int c = 0; ok && c < ROUTE_CLASSES; c++)
		ok = open_class(r, (enum route_class)c, env, err);
	for (int m = 0; ok && m < ROUTE_MAPS; m++)
		ok = open_maps(r, (enum route_maps)m, env, err);
	if (ok)
		make_generation(r);
	else
		routes_free(&r);
	return r;
}

void
routes_free(struct routes **rp)
{
	struct routes *r = *rp;

	if (r == NULL)
		return;
	for (int c = 0; c < ROUTE_CLASSES; c++) {
		match_list_free(&r->domains[c]);
		table_list_free(&r->known[c]);
	}
	for (int m = 0; m < ROUTE_MAPS; m++)
		table_list_free(&r->maps[m]);
	ours_free(&r->ours);
	free(r);
	*rp = NULL;
}

const char *
routes_generation(const struct routes *r)
{
	return r->generation;
}

bool
routes_changed(struct routes *r)
{
	if (ours_changed(r->ours))
		return true;
	for (int c = 0; c < ROUTE_CLASSES; c++)
		if ((r->domains[c] != NULL && match_list_changed(r->domains[c])) ||
		    (r->known[c] != NULL && table_list_changed(r->known[c])))
			return true;
	for (int m = 0; m < ROUTE_MAPS; m++)
		if (table_list_changed(r->maps[m]))
			return true;
	return false;
}
