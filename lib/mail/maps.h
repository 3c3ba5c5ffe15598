/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maps - where an address may stand in the tables of canonical(5), virtual(5), relocated(5) and their like.
 *
 *	struct maps_query q = { .what = "virtual_alias_maps", .list = l, .address = "joe+x@example.com",
 *	    .delimiters = cf->recipient_delimiter, .forms = MAPS_ALL, .ours = true };
 *	switch (maps_find(&q, &mem, &hit, &why)) ...
 *
 * looks for these keys, in this order, each in all the tables of the list:
 *
 *	joe+x@example.com  joe@example.com	MAPS_ADDRESS
 *	joe+x  joe				MAPS_USER, and the domain is ours
 *	@example.com				MAPS_DOMAIN
 *
 * Without an extension there are fewer.  A local part that needs quotes is
 * looked for with them and without, an internationalized domain in its other
 * form (A-labels, U-labels) after the one that it has.  Tables of patterns
 * hear the whole address only.  Where a table fails, that is the answer: it
 * might have had what the rest does not.
 */
#ifndef MAIL_MAPS_H
#define MAIL_MAPS_H

#include "lib/mail/trace.h"

enum maps_forms { MAPS_ADDRESS = 1, MAPS_USER = 2, MAPS_DOMAIN = 4, MAPS_ALL = 7 };

struct maps_query {
	const char *what; /* the parameter, for the trace */
	struct table_list *list;
	const char *address;
	const char *delimiters; /* recipient_delimiter; "": no extensions */
	unsigned forms;
	bool ours; /* the domain is myorigin, in mydestination, or an address of this host */
	struct trace *trace;
};
struct maps_hit {
	const char *value;
	const char *key;       /* under which it stood */
	const char *extension; /* "+x", which the key did not have: propagate_unmatched_extensions; NULL: none */
};

enum table_result maps_find(const struct maps_query *, struct arena *, struct maps_hit *, struct verdict *why);

#endif
