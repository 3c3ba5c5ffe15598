/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ours - the domains of which a bare user name is enough in the tables of addresses.
 *
 *	struct ours *o = ours_open(cf, &env, &err);	(before the jail; share it)
 *	switch (ours_has(o, "joe@example.com", &mem, &why)) ...
 *
 * myorigin, what mydestination lists, and [addresses] of this host
 * (inet_interfaces, proxy_interfaces).
 */
#ifndef MAIL_OURS_H
#define MAIL_OURS_H

#include "lib/table/table.h"

struct ours;
struct ours *ours_open(const struct conf *, const struct table_env *, struct buf *err); /* NULL: err says why */
enum table_result ours_has(struct ours *, const char *address, struct arena *, struct verdict *why);
bool ours_changed(struct ours *);
void ours_free(struct ours **);

#endif
