/* SPDX-License-Identifier: Apache-2.0 */
/* Completion of addresses: what a bare or short form stands for. */
#include "lib/base/text.h"
#include "lib/conf/level.h"
#include "lib/mail/address.h"
#include "lib/mail/route.h"

#include <string.h>

const char *
route_old_form(const struct conf *cf, const char *local, struct arena *mem)
{
	const char *mark;

	if (local[0] == '"')
		return NULL;
	if (cf->swap_bangpath && (mark = strchr(local, '!')) != NULL && mark > local && mark[1] != '\0')
		return arena_fmt(mem, "%s@%.*s", mark + 1, (int)(mark - local), local);
	if (cf->allow_percent_hack && (mark = strrchr(local, '%')) != NULL && mark > local && mark[1] != '\0')
		return arena_fmt(mem, "%.*s@%s", (int)(mark - local), local, mark + 1);
	return NULL;
}

/* user@host gets the domain of this host, which is what only the old default wants. */
static const char *
with_domain(const struct conf *cf, const char *local, const char *domain, const char *below, struct arena *mem)
{
	const char *full = arena_fmt(mem, "%s@%s.%s", local, domain, below);

	if (level_decides(cf, "append_dot_mydomain"))
		level_notice("append_dot_mydomain", "rewrite \"%s\" to \"%s.%s\"", domain, domain, below);
	return full;
}

const char *
route_complete(const struct conf *cf, const char *address, const char *origin, struct arena *mem)
{
	/* Where another origin is asked for, a short host name is not one of ours, either. */
	const char *local, *domain, *swapped, *below = text_same(origin, cf->myorigin) ? cf->mydomain : origin;
	size_t n;

	if (address[0] == '\0')
		return address;
	address_split(address, mem, &local, &domain);
	if (domain == NULL && (swapped = route_old_form(cf, local, mem)) != NULL)
		address_split(address = swapped, mem, &local, &domain);
	if (domain == NULL || domain[0] == '\0')
		return cf->append_at_myorigin && origin[0] != '\0' ? arena_fmt(mem, "%s@%s", local, origin) : address;
	n = strlen(domain);
	if (domain[n - 1] == '.' && n > 1 && domain[n - 2] != '.')
		return arena_fmt(mem, "%s@%.*s", local, (int)n - 1, domain);
	if (cf->append_dot_mydomain && strchr(domain, '.') == NULL && domain[0] != '[' &&
	    !text_same(domain, "localhost") && below[0] != '\0')
		return with_domain(cf, local, domain, below, mem);
	return address;
}
