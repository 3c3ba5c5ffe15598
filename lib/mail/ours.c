/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/ours.h"

#include "lib/base/text.h"
#include "lib/mail/address.h"
#include "lib/net/addr.h"

#include <stdlib.h>
#include <string.h>

struct ours {
	const struct conf *cf;
	struct match_list *destinations;
	struct addr_set own;
};

struct ours *
ours_open(const struct conf *cf, const struct table_env *env, struct buf *err)
{
	struct ours *o = mem_zero(1, sizeof(*o));

	o->cf = cf;
	o->destinations = match_list_open("mydestination", cf->mydestination, env, err);
	if (o->destinations == NULL ||
	    !addr_own(cf->inet_interfaces, cf->proxy_interfaces, cf->inet_protocols, &o->own, err))
		ours_free(&o);
	return o;
}

enum table_result
ours_has(struct ours *o, const char *domain, struct arena *mem, struct verdict *why)
{
	struct addr a;

	if (!address_is_literal(domain))
		return match_list_get(o->destinations, domain, mem, why);
	return addr_parse(&a, arena_strn(mem, domain + 1, strlen(domain) - 2), 0) && addr_set_has(&o->own, &a)
	    ? TABLE_FOUND
	    : TABLE_ABSENT;
}

enum table_result
ours_has_users(struct ours *o, const char *domain, struct arena *mem, struct verdict *why)
{
	return domain[0] == '\0' || text_same(domain, o->cf->myorigin) ? TABLE_FOUND : ours_has(o, domain, mem, why);
}

bool
ours_changed(struct ours *o)
{
	return match_list_changed(o->destinations);
}

void
ours_free(struct ours **op)
{
	struct ours *o = *op;

	if (o == NULL)
		return;
	match_list_free(&o->destinations);
	addr_set_free(&o->own);
	free(o);
	*op = NULL;
}
