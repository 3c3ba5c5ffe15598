/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_list - lists of patterns, as in mydestination, relay_domains and mynetworks.
 *
 *	struct match_list *l = match_list_open("relay_domains", cf->relay_domains, &env, &err);
 *	switch (match_list_get(l, "example.com", &mem, &why)) ...
 *
 * The first pattern that fits decides.  They stand apart by blanks and commas,
 * which within braces belong to the pattern:
 *
 *	example.com	the name, with U-labels or A-labels; what is below it too, if parent_domain_matches_subdomains has the parameter
 *	.example.com	what is below it, if not
 *	192.0.2.1 192.0.2.0/24 [2001:db8::]/32	in lists of clients: their addresses
 *	type:table	has an entry, whatever that says; parents are looked for as above
 *	/file		what stands in it; lines that begin with # are comments
 *	!pattern	not what the pattern fits
 *
 * TABLE_ERROR: a table failed before anything fitted; *why (later) names parameter and table.
 */
#ifndef TABLE_MATCH_LIST_H
#define TABLE_MATCH_LIST_H

#include "lib/net/addr.h"
#include "lib/table/table.h"

struct match_list;

/* NULL: *err begins with the parameter.  "" for it: no list of main.cf, without parents. */
struct match_list *
match_list_open(const char *parameter, const char *patterns, const struct table_env *, struct buf *err);
enum table_result match_list_get(struct match_list *, const char *name, struct arena *, struct verdict *why);
/* Names that are no domains: what stands in the list is the whole name, and there are no parents. */
enum table_result match_list_get_exact(struct match_list *, const char *name, struct arena *, struct verdict *why);

/*
 * Lists of clients, by verified name and by address, of which each pattern is
 * compared with both.  Host bits below a mask are an error, as in Postfix.
 */
struct match_list *
match_list_open_clients(const char *parameter, const char *patterns, const struct table_env *, struct buf *err);
enum table_result
match_list_get_client(struct match_list *, const char *name, const struct addr *, struct arena *, struct verdict *why);

bool match_list_changed(struct match_list *);
void match_list_free(struct match_list **);

#endif
