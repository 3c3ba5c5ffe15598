/* SPDX-License-Identifier: Apache-2.0 */
/* Whose an address is: classes of domains, and the forms that lead through this host. */
#include "lib/base/text.h"
#include "lib/mail/address.h"
#include "lib/mail/route_inside.h"
#include "lib/net/dns.h"

#include <stdio.h>
#include <string.h>

const char *const route_class_names[] = {
	[ROUTE_LOCAL] = "local",
	[ROUTE_VIRTUAL_ALIAS] = "virtual_alias",
	[ROUTE_VIRTUAL_MAILBOX] = "virtual_mailbox",
	[ROUTE_RELAY] = "relay",
	[ROUTE_DEFAULT] = "default",
};

/* Of a domain that is not local. */
static enum fate
class_elsewhere(struct routes *r, const char *domain, struct arena *mem, enum route_class *out, struct verdict *why)
{
	for (int c = ROUTE_LOCAL + 1; c < ROUTE_CLASSES && !address_is_literal(domain); c++) {
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

enum fate
route_class_of(struct routes *r, const char *domain, struct arena *mem, enum route_class *out, struct verdict *why)
{
	enum table_result local = ours_has(r->ours, domain, mem, why);

	if (local == TABLE_ERROR)
		return why->fate;
	if (local == TABLE_ABSENT)
		return class_elsewhere(r, domain, mem, out, why);
	*out = ROUTE_LOCAL;
	return FATE_OK;
}

/* "192.0.2.1", or a number that is none: "1.2.3". */
static bool
is_numeric(const char *domain)
{
	return domain[strspn(domain, "0123456789.")] == '\0';
}

/* A dot at the end says that nothing is to be appended. */
static bool
has_last_dot(const char *domain)
{
	size_t n = strlen(domain);

	return n > 1 && domain[n - 1] == '.' && domain[n - 2] != '.';
}

bool
route_domain_ok(const struct conf *cf, const char *domain)
{
	char plain[256];
	struct addr a;

	if (is_numeric(domain))
		return cf->resolve_numeric_domain && addr_parse(&a, domain, 0);
	if (!has_last_dot(domain))
		return address_domain_ok(domain, true);
	return snprintf(plain, sizeof(plain), "%.*s", (int)strlen(domain) - 1, domain) < (int)sizeof(plain) &&
	    address_domain_ok(plain, true);
}

/* What a local part says about the way on, and the address that follows from it; NULL: nothing. */
static const char *
way_on(const struct conf *cf, const char *local, struct arena *mem)
{
	const char *at, *next;

	if (cf->resolve_dequoted_address) {
		local = address_unquote_local(local, mem);
		if ((at = strrchr(local, '@')) != NULL && at > local && at[1] != '\0')
			return arena_fmt(mem, "%s@%s",
			    address_quote_local(arena_strn(mem, local, (size_t)(at - local)), mem), at + 1);
		local = address_quote_local(local, mem);
	}
	next = route_old_form(cf, local, mem);
	return next != NULL ? route_complete(cf, next, cf->myorigin, mem) : NULL;
}

/* The domain of an address; one that is a number, or missing, is completed in the address, too. */
static enum fate
take_domain(const struct conf *cf, struct route *to, struct arena *mem, const char **local, const char **domain,
    struct verdict *why)
{
	bool changed = false;

	address_split(to->address, mem, local, domain);
	if (*domain == NULL || ((*domain)[0] == '\0' && cf->resolve_null_domain)) {
		*domain = cf->myhostname;
		changed = true;
	}
	if (has_last_dot(*domain)) {
		*domain = arena_strn(mem, *domain, strlen(*domain) - 1);
		changed = true;
	}
	if (!route_domain_ok(cf, *domain))
		return never(why, "5.1.3", "bad domain in address: %s", *domain);
	if (is_numeric(*domain)) {
		*domain = arena_fmt(mem, "[%s]", *domain);
		changed = true;
	}
	if (changed)
		to->address = arena_fmt(mem, "%s@%s", *local, *domain);
	return FATE_OK;
}

/* Each turn takes something off the local part, so that there is an end. */
enum fate
route_untangle(struct routes *r, const struct route_query *q, struct arena *mem, struct route *to, const char **domain,
    struct verdict *why)
{
	const char *local, *next;
	enum table_result here;
	enum fate fate;

	to->address = q->address;
	if (to->address[0] == '\0')
		to->address = r->cf->empty_address_recipient;
	for (;;) {
		if ((fate = take_domain(r->cf, to, mem, &local, domain, why)) != FATE_OK)
			return fate;
		if ((here = ours_has(r->ours, *domain, mem, why)) == TABLE_ERROR)
			return why->fate;
		if (here == TABLE_ABSENT || (next = way_on(r->cf, local, mem)) == NULL || !arena_ok(mem))
			break;
		trace_note(q->trace, "way through this host", to->address, next);
		to->address = next;
	}
	to->routed = strpbrk(local, "@%!") != NULL;
	if (!arena_ok(mem))
		return later(why, "4.3.0", "too much to route");
	to->class_ = ROUTE_LOCAL;
	return here == TABLE_FOUND ? FATE_OK : class_elsewhere(r, *domain, mem, &to->class_, why);
}
