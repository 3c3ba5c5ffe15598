/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ours - the domains of this host: what mydestination lists, and [addresses] of it (inet_interfaces, proxy_interfaces).
 *
 *	struct ours *o = ours_open(cf, &env, &err);	(before the jail; share it)
 *	switch (ours_has(o, "example.com", &mem, &why)) ...
 */
#ifndef MAIL_OURS_H
#define MAIL_OURS_H

#include "lib/table/match_list.h"

struct ours;
struct ours *ours_open(const struct conf *, const struct table_env *, struct buf *err); /* NULL: err says why */

/* TABLE_ERROR: a table of mydestination failed, *why says which. */
enum table_result ours_has(struct ours *, const char *domain, struct arena *, struct verdict *why);
/* The same, and "" and myorigin too: of these a bare user name is enough in the tables of addresses. */
enum table_result ours_has_users(struct ours *, const char *domain, struct arena *, struct verdict *why);

bool ours_changed(struct ours *);
void ours_free(struct ours **);

#endif
