/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/mapping.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/mail/address.h"
#include "lib/mail/maps.h"
#include "lib/mail/route.h"

#include <stdlib.h>
#include <string.h>

struct mapping {
	const char *name;
	const struct conf *cf;
	struct ours *ours;
	struct table_list *tables;
	bool extends;
};

bool
mapping_open(struct mapping **out, const char *parameter, const char *specs, const char *extension_word,
    const struct conf *cf, struct ours *ours, const struct table_env *env, struct buf *err)
{
	struct table_list *tables;
	struct mapping *m;

	*out = NULL;
	if (specs[strspn(specs, TEXT_LIST)] == '\0')
		return true;
	if ((tables = table_list_open(specs, TABLE_FOLD | TABLE_REGEXP_OK, env, err)) == NULL)
		return false;
	*out = m = mem_zero(1, sizeof(*m));
	*m = (struct mapping){ .name = parameter,
		.cf = cf,
		.ours = ours,
		.tables = tables,
		.extends = text_list_has(cf->propagate_unmatched_extensions, extension_word) };
	return true;
}

bool
mapping_changed(struct mapping *m)
{
	return m != NULL && (table_list_changed(m->tables) || ours_changed(m->ours));
}

void
mapping_free(struct mapping **mp)
{
	struct mapping *m = *mp;

	if (m == NULL)
		return;
	table_list_free(&m->tables);
	free(m);
	*mp = NULL;
}

const char *
mapping_name(const struct mapping *m)
{
	return m->name;
}

static enum table_result
failed(const struct mapping *m, const char *address, struct verdict *why, const char *dsn, const char *text)
{
	later(why, dsn, "%s: %s: %s", m->name, address, text);
	return TABLE_ERROR;
}

/*
 * One address of the entry as it is meant for this address; NULL: it has become too long.  The same user elsewhere
 * is the user that the key had.
 */
static const char *
meant(const struct mapping *m, const char *given, const char *address, const char *extension, struct arena *mem)
{
	const char *local, *domain, *whole = given, *more = extension != NULL && m->extends ? extension : "";

	if (given[0] == '@') {
		address_split(address, mem, &local, &domain);
		local = address_unquote_local(local, mem);
		if (extension != NULL && more[0] == '\0')
			local = arena_strn(mem, local, strlen(local) - strlen(extension));
		whole = arena_fmt(mem, "%s%s", address_quote_local(local, mem), given);
	} else if (more[0] != '\0' && given[0] != '\0') {
		address_split(given, mem, &local, &domain);
		local = arena_fmt(mem, "%s%s", address_unquote_local(local, mem), more);
		whole =
		    arena_fmt(mem, "%s%s%s", address_quote_local(local, mem), domain ? "@" : "", domain ? domain : "");
	}
	whole = route_complete(m->cf, whole, m->cf->myorigin, mem);
	return arena_ok(mem) && strlen(whole) <= ADDRESS_MAX ? whole : NULL;
}

/* The keys of an address; which of them count depends on whether its domain is ours. */
static enum table_result
look_up(struct mapping *m, const char *address, struct trace *trace, struct arena *mem, struct maps_hit *hit,
    struct verdict *why)
{
	struct maps_query q = { .what = m->name,
		.list = m->tables,
		.address = address,
		.delimiters = m->cf->recipient_delimiter,
		.forms = MAPS_ADDRESS,
		.trace = trace };
	enum table_result ours = TABLE_ABSENT, found = maps_find(&q, mem, hit, why);
	const char *local, *domain;

	if (found != TABLE_ABSENT)
		return found;
	address_split(address, mem, &local, &domain);
	if (domain != NULL && (ours = ours_has_users(m->ours, domain, mem, why)) == TABLE_ERROR)
		return ours;
	q.forms = MAPS_USER | MAPS_DOMAIN;
	q.ours = ours == TABLE_FOUND;
	return maps_find(&q, mem, hit, why);
}

enum table_result
mapping_all(struct mapping *m, const char *address, struct trace *trace, struct arena *mem, const char ***list,
    size_t *n, struct verdict *why)
{
	enum table_result found;
	struct maps_hit hit;
	const char **all;
	size_t count;

	if (address[0] == '\0')
		return TABLE_ABSENT;
	if ((found = look_up(m, address, trace, mem, &hit, why)) == TABLE_ERROR)
		return failed(m, address, why, "4.3.0", arena_str(mem, why->text));
	if (found == TABLE_ABSENT)
		return found;
	if (!address_entry(hit.value, mem, &all, &count) || count == 0)
		return failed(m, address, why, "4.3.0",
		    arena_fmt(mem, "the entry is no list of addresses: \"%.200s\"", hit.value));
	for (size_t i = 0; i < count; i++)
		if ((all[i] = meant(m, all[i], address, hit.extension, mem)) == NULL)
			return failed(m, address, why, "4.6.0", "the result is too long");
	*list = all;
	*n = count;
	return TABLE_FOUND;
}

enum table_result
mapping_one(struct mapping *m, const char *address, int rounds, struct trace *trace, struct arena *mem,
    const char **out, struct verdict *why)
{
	enum table_result found = TABLE_ABSENT, ever = TABLE_ABSENT;
	const char **list, *now = address;
	size_t n;

	for (int i = 0; i < rounds; i++) {
		if ((found = mapping_all(m, now, trace, mem, &list, &n, why)) == TABLE_ERROR)
			return found;
		if (found == TABLE_ABSENT)
			break;
		if (n > 1)
			log_warn("multi-valued %s entry for %s: only the first address counts", m->name, now);
		ever = TABLE_FOUND;
		*out = list[0];
		if (text_same(list[0], now))
			break;
		now = list[0];
		if (i + 1 == rounds && rounds > 1)
			return failed(m, address, why, "4.6.0", "the mapping does not come to an end");
	}
	return ever;
}
