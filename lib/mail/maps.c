/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/maps.h"

#include "lib/base/idn.h"
#include "lib/mail/address.h"

#include <string.h>

struct parts {
	const char *local, *user, *extension, *domain; /* unquoted; extension with its delimiter, or NULL */
};

/* One key, of which the extension may have been left out. */
static enum table_result
find_key(const struct maps_query *q, const char *key, bool whole, const char *extension, struct arena *mem,
    struct maps_hit *out, struct verdict *why)
{
	const char *value;
	enum table_result found = trace_lookup(q->trace, q->what, q->list, key, whole, mem, &value, why);

	if (found == TABLE_FOUND)
		*out = (struct maps_hit){ .value = value, .key = key, .extension = extension };
	return found;
}

/* A local part with what follows it, quoted as addresses are written, and then as it is meant. */
static enum table_result
find_local(const struct maps_query *q, const char *local, const char *after, bool whole, const char *extension,
    struct arena *mem, struct maps_hit *out, struct verdict *why)
{
	const char *quoted = address_quote_local(local, mem);
	enum table_result found;

	found = find_key(q, arena_fmt(mem, "%s%s", quoted, after), whole, extension, mem, out, why);
	if (found == TABLE_ABSENT && strcmp(quoted, local) != 0)
		found = find_key(q, arena_fmt(mem, "%s%s", local, after), whole, extension, mem, out, why);
	return found;
}

static struct parts
part(const struct maps_query *q, struct arena *mem)
{
	struct parts p;
	const char *extension;

	address_split(q->address, mem, &p.local, &p.domain);
	p.local = address_unquote_local(p.local, mem);
	address_extension(p.local, q->delimiters, mem, &p.user, &extension);
	p.extension = extension != NULL ? p.local + strlen(p.user) : NULL;
	return p;
}

/* All keys, with the domain in one of its forms. */
static enum table_result
find_all(const struct maps_query *q, const struct parts *p, const char *at, struct arena *mem, struct maps_hit *out,
    struct verdict *why)
{
	bool user = (q->forms & MAPS_USER) && q->ours && *at != '\0';
	enum table_result found = TABLE_ABSENT;

	if (q->forms & MAPS_ADDRESS)
		found = find_local(q, p->local, at, true, NULL, mem, out, why);
	if (found == TABLE_ABSENT && (q->forms & MAPS_ADDRESS) && p->extension != NULL)
		found = find_local(q, p->user, at, false, p->extension, mem, out, why);
	if (found == TABLE_ABSENT && user)
		found = find_local(q, p->local, "", false, NULL, mem, out, why);
	if (found == TABLE_ABSENT && user && p->extension != NULL)
		found = find_local(q, p->user, "", false, p->extension, mem, out, why);
	/* Nothing of the local part is in "@domain": nothing of it was matched, and nothing is carried over. */
	if (found == TABLE_ABSENT && (q->forms & MAPS_DOMAIN) && *at != '\0')
		found = find_key(q, at, false, NULL, mem, out, why);
	return found;
}

enum table_result
maps_find(const struct maps_query *q, struct arena *mem, struct maps_hit *out, struct verdict *why)
{
	enum table_result found;
	const char *other;
	struct parts p;

	if (table_list_size(q->list) == 0)
		return TABLE_ABSENT;
	p = part(q, mem);
	if (p.domain == NULL)
		return find_all(q, &p, "", mem, out, why);
	found = find_all(q, &p, arena_fmt(mem, "@%s", p.domain), mem, out, why);
	if (found == TABLE_ABSENT && (other = idn_other_form(p.domain, mem)) != NULL)
		found = find_all(q, &p, arena_fmt(mem, "@%s", other), mem, out, why);
	return found;
}
