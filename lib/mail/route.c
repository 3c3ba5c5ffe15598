/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/route.h"

#include "lib/base/text.h"
#include "lib/mail/address.h"
#include "lib/net/addr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const route_class_names[] = {
	[ROUTE_LOCAL] = "local",
	[ROUTE_VIRTUAL_ALIAS] = "virtual_alias",
	[ROUTE_VIRTUAL_MAILBOX] = "virtual_mailbox",
	[ROUTE_RELAY] = "relay",
	[ROUTE_DEFAULT] = "default",
};
enum { CLASSES = ROUTE_DEFAULT + 1, CONFIG_MAX = 1 << 20 };

/*
 * What a class is made of, each by the place of its parameter in struct conf:
 * the domains that are in it, the recipients that it knows, where its mail
 * goes, and what is said about others.
 */
#define AT(p) offsetof(struct conf, p)
static const struct class_row {
	size_t domains, known, transport, reject_code;
	const char *domains_name, *table;
	bool nexthop_is_me; /* the next hop is myhostname, not the recipient's domain */
	bool relayhost;	    /* $relayhost has a say */
} classes[CLASSES] = {
	[ROUTE_LOCAL] = { AT(mydestination), AT(local_recipient_maps), AT(local_transport),
	    AT(unknown_local_recipient_reject_code), "mydestination", "local recipient", true, false },
	[ROUTE_VIRTUAL_ALIAS] = { AT(virtual_alias_domains), AT(virtual_alias_maps), AT(error_service_name),
	    AT(unknown_virtual_alias_reject_code), "virtual_alias_domains", "virtual alias", false, false },
	[ROUTE_VIRTUAL_MAILBOX] = { AT(virtual_mailbox_domains), AT(virtual_mailbox_maps), AT(virtual_transport),
	    AT(unknown_virtual_mailbox_reject_code), "virtual_mailbox_domains", "virtual mailbox", false, false },
	[ROUTE_RELAY] = { AT(relay_domains), AT(relay_recipient_maps), AT(relay_transport),
	    AT(unknown_relay_recipient_reject_code), "relay_domains", "relay recipient", false, true },
	[ROUTE_DEFAULT] = { .transport = AT(default_transport), .relayhost = true },
};

struct routes {
	const struct conf *cf;
	struct match_list *domains[CLASSES];
	struct table_list *known[CLASSES];
	struct table_list *transports;
	struct addr_set own;
	char generation[16];
};

static const char *
text_at(const struct conf *cf, size_t at)
{
	return *(const char *const *)(const void *)((const char *)cf + at);
}

static long
number_at(const struct conf *cf, size_t at)
{
	return *(const long *)(const void *)((const char *)cf + at);
}

/* parent_domain_matches_subdomains names the parameters for which it holds. */
static bool
parent_matches(const struct conf *cf, const char *parameter)
{
	char *copy = mem_str(cf->parent_domain_matches_subdomains), *cursor = copy, *word;
	bool found = false;

	while (!found && (word = text_word(&cursor, TEXT_LIST)) != NULL)
		found = text_same(word, parameter);
	free(copy);
	return found;
}

static bool
open_class(struct routes *r, enum route_class c, const struct table_env *env, struct buf *err)
{
	const struct class_row *row = &classes[c];
	const struct conf *cf = r->cf;

	if (row->domains_name == NULL)
		return true;
	r->domains[c] = match_list_open(text_at(cf, row->domains), parent_matches(cf, row->domains_name), env, err);
	if (r->domains[c] == NULL)
		return false;
	r->known[c] = table_list_open(text_at(cf, row->known), TABLE_FOLD, env, err);
	return r->known[c] != NULL;
}

/* All that routes come from; a change of any of it makes stored routes stale. */
static void
make_generation(struct routes *r)
{
	static const size_t others[] = { AT(relayhost), AT(transport_maps), AT(myhostname), AT(inet_interfaces),
		AT(proxy_interfaces), AT(recipient_delimiter) };
	uint32_t crc = 0;

	for (size_t i = 0; i < NITEMS(others); i++)
		crc = crc32c(crc, text_at(r->cf, others[i]), strlen(text_at(r->cf, others[i])) + 1);
	for (size_t c = 0; c < CLASSES; c++) {
		const char *transport = text_at(r->cf, classes[c].transport);

		crc = crc32c(crc, transport, strlen(transport) + 1);
		if (classes[c].domains_name != NULL)
			crc = crc32c(
			    crc, text_at(r->cf, classes[c].domains), strlen(text_at(r->cf, classes[c].domains)) + 1);
	}
	snprintf(r->generation, sizeof(r->generation), "%08x", crc);
}

struct routes *
routes_open(const struct conf *cf, const struct table_env *env, struct buf *err)
{
	struct routes *r = mem_zero(1, sizeof(*r));
	bool ok = true;

	r->cf = cf;
	for (int c = 0; ok && c < CLASSES; c++)
		ok = open_class(r, (enum route_class)c, env, err);
	ok = ok && (r->transports = table_list_open(cf->transport_maps, TABLE_FOLD, env, err)) != NULL;
	ok = ok && addr_own(cf->inet_interfaces, cf->proxy_interfaces, cf->inet_protocols, &r->own, err);
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
	for (int c = 0; c < CLASSES; c++) {
		match_list_free(&r->domains[c]);
		table_list_free(&r->known[c]);
	}
	table_list_free(&r->transports);
	addr_set_free(&r->own);
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
	for (int c = 0; c < CLASSES; c++)
		if ((r->domains[c] != NULL && match_list_changed(r->domains[c])) ||
		    (r->known[c] != NULL && table_list_changed(r->known[c])))
			return true;
	return table_list_changed(r->transports);
}

enum fate
route_class_of(struct routes *r, const char *domain, struct arena *mem, enum route_class *out, struct verdict *why)
{
	if (address_is_literal(domain)) {
		struct addr a;
		char *inside = arena_strn(mem, domain + 1, strlen(domain) - 2);

		*out = addr_parse(&a, inside, 0) && addr_set_has(&r->own, &a) ? ROUTE_LOCAL : ROUTE_DEFAULT;
		return FATE_OK;
	}
	for (int c = 0; c < CLASSES; c++) {
		if (r->domains[c] == NULL)
			continue;
		switch (match_list_get(r->domains[c], domain, mem, why)) {
		case TABLE_FOUND:
			*out = (enum route_class)c;
			return FATE_OK;
		case TABLE_ERROR:
			return why->fate;
		case TABLE_ABSENT:
			break;
		}
	}
	*out = ROUTE_DEFAULT;
	return FATE_OK;
}

/* "transport:nexthop", either of which may be empty: then what is there stays. */
static void
apply(const char *entry, struct arena *mem, const char **transport, const char **nexthop)
{
	const char *colon = strchr(entry, ':');
	size_t n = colon != NULL ? (size_t)(colon - entry) : strlen(entry);

	if (n > 0)
		*transport = arena_strn(mem, entry, n);
	if (colon != NULL && colon[1] != '\0')
		*nexthop = arena_str(mem, colon + 1);
}

/* The keys under which an address may stand in a table, most specific first. */
struct keys {
	const char *key[8];
	size_t n;
};

static void
add_key(struct keys *k, const char *key)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->key[i], key) == 0)
			return;
	k->key[k->n++] = key;
}

/* user+ext@domain, user@domain; for local ones also user+ext and user; @domain. */
static struct keys
address_keys(struct routes *r, const char *address, bool bare, bool whole_domain, struct arena *mem)
{
	const char *local, *domain, *user, *ext;
	struct keys k = { .n = 0 };

	address_split(address, mem, &local, &domain);
	if (domain == NULL)
		domain = "";
	local = address_unquote_local(local, mem);
	address_extension(local, r->cf->recipient_delimiter, mem, &user, &ext);
	add_key(&k, arena_fmt(mem, "%s@%s", local, domain));
	add_key(&k, arena_fmt(mem, "%s@%s", user, domain));
	if (bare) {
		add_key(&k, local);
		add_key(&k, user);
	}
	if (whole_domain)
		add_key(&k, arena_fmt(mem, "@%s", domain));
	return k;
}

static enum table_result
find_first(struct table_list *l, const struct keys *k, struct arena *mem, const char **value, struct verdict *why)
{
	for (size_t i = 0; i < k->n; i++) {
		enum table_result r = table_list_get(l, k->key[i], mem, value, why);

		if (r != TABLE_ABSENT)
			return r;
	}
	return TABLE_ABSENT;
}

/* transport(5): the address, its domain, .parent domains, and "*". */
static enum table_result
find_transport(struct routes *r, const char *address, const char *domain, struct arena *mem, const char **value,
    struct verdict *why)
{
	struct keys k = address_keys(r, address, false, false, mem);
	enum table_result found = find_first(r->transports, &k, mem, value, why);

	if (found == TABLE_ABSENT)
		found = table_list_get(r->transports, domain, mem, value, why);
	for (const char *dot = strchr(domain, '.'); found == TABLE_ABSENT && dot != NULL && domain[0] != '[';
	     dot = strchr(dot + 1, '.'))
		found = table_list_get(r->transports, dot, mem, value, why);
	if (found == TABLE_ABSENT)
		found = table_list_get(r->transports, "*", mem, value, why);
	return found;
}

enum fate
route_resolve(struct routes *r, const char *address, const char *sender, struct arena *mem, struct route *out,
    struct verdict *why)
{
	const struct conf *cf = r->cf;
	const struct class_row *row;
	const char *local, *domain, *entry;
	struct route to = { .address = address };
	enum fate fate;

	(void)sender; /* sender-dependent tables look at it */
	address_split(address, mem, &local, &domain);
	if (domain == NULL || domain[0] == '\0')
		domain = cf->myhostname;
	if (!address_domain_ok(domain, true))
		return never(why, "5.1.3", "<%s>: bad domain in address", address);
	if ((fate = route_class_of(r, domain, mem, &to.class_, why)) != FATE_OK)
		return fate;
	row = &classes[to.class_];
	to.transport = cf->default_transport;
	to.nexthop = row->nexthop_is_me ? cf->myhostname : domain;
	if (row->relayhost && cf->relayhost[0] != '\0' && !address_is_literal(domain))
		to.nexthop = cf->relayhost;
	apply(text_at(cf, row->transport), mem, &to.transport, &to.nexthop);
	if (to.class_ == ROUTE_VIRTUAL_ALIAS)
		to.nexthop = "5.1.1 User unknown in virtual alias table";
	if (table_list_size(r->transports) > 0) {
		switch (find_transport(r, address, domain, mem, &entry, why)) {
		case TABLE_ERROR:
			return why->fate;
		case TABLE_FOUND:
			apply(entry, mem, &to.transport, &to.nexthop);
			break;
		case TABLE_ABSENT:
			break;
		}
	}
	*out = to;
	return FATE_OK;
}

static bool
is_known_without_table(const struct routes *r, enum route_class c)
{
	return r->known[c] == NULL || (table_list_size(r->known[c]) == 0 && c != ROUTE_VIRTUAL_ALIAS);
}

enum fate
route_known(struct routes *r, const char *address, struct arena *mem, struct verdict *why)
{
	const struct conf *cf = r->cf;
	const char *local, *domain, *value;
	enum table_result found;
	enum route_class c;
	struct keys k;
	enum fate fate;

	address_split(address, mem, &local, &domain);
	if (domain == NULL || domain[0] == '\0')
		domain = cf->myhostname;
	if ((fate = route_class_of(r, domain, mem, &c, why)) != FATE_OK)
		return fate;
	if (is_known_without_table(r, c))
		return FATE_OK;
	k = address_keys(r, address, c == ROUTE_LOCAL, true, mem);
	found = find_first(r->known[ROUTE_VIRTUAL_ALIAS], &k, mem, &value, why);
	if (found == TABLE_ABSENT && c != ROUTE_VIRTUAL_ALIAS)
		found = find_first(r->known[c], &k, mem, &value, why);
	if (found == TABLE_ERROR)
		return why->fate;
	if (found == TABLE_FOUND)
		return FATE_OK;
	return verdict_code(why, (int)number_at(cf, classes[c].reject_code),
	    number_at(cf, classes[c].reject_code) < 500 ? "4.1.1" : "5.1.1",
	    "<%s>: Recipient address rejected: User unknown%s%s%s", address,
	    cf->show_user_unknown_table_name ? " in " : "", cf->show_user_unknown_table_name ? classes[c].table : "",
	    cf->show_user_unknown_table_name ? " table" : "");
}
