/* SPDX-License-Identifier: Apache-2.0 */
/* Who is there: the recipients that each class knows, and what is said about the others. */
#include "lib/mail/address.h"
#include "lib/mail/route_inside.h"

#include <string.h>

static enum table_result
find_in(struct routes *r, const struct route_query *q, const char *what, struct table_list *list, const char *address,
    bool ours, struct arena *mem, struct verdict *why)
{
	const struct maps_query ask = { .what = what,
		.list = list,
		.address = address,
		.delimiters = r->cf->recipient_delimiter,
		.forms = MAPS_ALL,
		.ours = ours,
		.trace = q->trace };
	struct maps_hit hit;

	return maps_find(&ask, mem, &hit, why);
}

/* An address that is rewritten is known: what it becomes is for those who know that. */
static enum table_result
is_rewritten(struct routes *r, const struct route_query *q, const struct route *to, const char *domain,
    struct arena *mem, struct verdict *why)
{
	enum table_result found, ours;
	struct maps_hit hit;

	found = route_find(r, q, MAPS_RECIPIENT_CANONICAL, to->address, MAPS_ALL, mem, &hit, why);
	if (found == TABLE_ABSENT)
		found = route_find(r, q, MAPS_CANONICAL, to->address, MAPS_ALL, mem, &hit, why);
	if (found != TABLE_ABSENT || table_list_size(r->known[ROUTE_VIRTUAL_ALIAS]) == 0)
		return found;
	if ((ours = ours_has_users(r->ours, domain, mem, why)) == TABLE_ERROR)
		return ours;
	return find_in(
	    r, q, "virtual_alias_maps", r->known[ROUTE_VIRTUAL_ALIAS], to->address, ours == TABLE_FOUND, mem, why);
}

/* RFC 3463: what is wrong with a sender's address has another number than that with a recipient's. */
static const char *
status_of(const struct route_query *q, long code, const char *dsn, struct arena *mem)
{
	static const struct {
		const char *recipient, *sender;
	} pairs[] = { { ".1.1", ".1.7" }, { ".1.2", ".1.8" }, { ".1.3", ".1.7" }, { ".1.6", ".1.7" } };
	const char *subject = dsn + 1;

	for (size_t i = 0; i < NITEMS(pairs); i++)
		if (q->is_sender && strcmp(subject, pairs[i].recipient) == 0) {
			subject = pairs[i].sender;
			break;
		}
	return arena_fmt(mem, "%c%s", code < 500 ? '4' : '5', subject);
}

/* What is said of those of whom nothing more is known. */
static const char *
unknown(const struct route_query *q, long code)
{
	if (q->is_sender)
		return code < 500 ? "4.1.0" : "5.1.0";
	return code < 500 ? "4.1.1" : "5.1.1";
}

/* A route that ends here, with its reason: "5.1.6 User has moved to ...". */
static enum table_result
refused_by_route(
    const struct conf *cf, const struct route_query *q, const struct route *to, struct arena *mem, struct verdict *why)
{
	const char *text = to->nexthop, *status;
	long code = to->class_ == ROUTE_VIRTUAL_ALIAS ? cf->unknown_virtual_alias_reject_code : 550;
	char dsn[12];

	if (dsn_parse(text, dsn)) {
		text += strlen(dsn);
		status = status_of(q, code, dsn, mem);
	} else {
		status = unknown(q, code);
	}
	text += strspn(text, " \t");
	verdict_code(why, (int)code, status, "%s", text[0] != '\0' ? text : "User unknown");
	return TABLE_ABSENT;
}

static enum table_result
unlisted(const struct conf *cf, const struct route_query *q, const struct route_class_row *row, struct verdict *why)
{
	long code = route_number_at(cf, row->reject_code);
	bool named = cf->show_user_unknown_table_name;

	verdict_code(why, (int)code, unknown(q, code), "User unknown%s%s%s", named ? " in " : "",
	    named ? row->table : "", named ? " table" : "");
	return TABLE_ABSENT;
}

enum table_result
route_known(
    struct routes *r, const struct route_query *q, const struct route *to, struct arena *mem, struct verdict *why)
{
	const struct route_class_row *row = &route_classes[to->class_];
	struct table_list *list = r->known[to->class_];
	const char *local, *domain;
	enum table_result found;

	address_split(to->address, mem, &local, &domain);
	if ((found = is_rewritten(r, q, to, domain, mem, why)) != TABLE_ABSENT)
		return found;
	if (strcmp(to->transport, r->cf->error_service_name) == 0)
		return refused_by_route(r->cf, q, to, mem, why);
	if (list == NULL || table_list_size(list) == 0)
		return TABLE_FOUND;
	found = find_in(r, q, row->known_name, list, to->address, to->class_ == ROUTE_LOCAL, mem, why);
	return found == TABLE_ABSENT ? unlisted(r->cf, q, row, why) : found;
}
