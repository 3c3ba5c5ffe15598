/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mentions - which names the values in main.cf and master.cf make use of: $name, the lists in
 * smtpd_restriction_classes, and tables whose settings stand in main.cf ("ldap:accounts" uses accounts_server_host).
 *
 *	struct mentions m = MENTIONS;
 *	mentions_value(&m, "relayhost", "$gateway");
 *	mentions_service(&m, &master->services[0], false);
 *	if (mentions_has(&m, "gateway")) ...
 *	mentions_free(&m);
 */
#ifndef CONF_MENTIONS_H
#define CONF_MENTIONS_H

#include "lib/base/hash.h"
#include "lib/conf/conf.h"
#include "lib/conf/mastercf.h"

struct mentions {
	struct hash names, tables;
};
/* clang-format off */
#define MENTIONS { .names = HASH(false), .tables = HASH(false) }
/* clang-format on */

void mentions_value(struct mentions *, const char *parameter, const char *value);
/*
 * Its -o values; a dollar sign in other arguments is for the program: $sender of pipe.  What it
 * mentions and sets itself is no use of main.cf's: that counts when own says so.
 */
void mentions_service(struct mentions *, const struct mastercf_service *, bool own);
bool mentions_has(const struct mentions *, const char *name);
void mentions_free(struct mentions *);

/* Does the service have a parameter of this family, as transports and those that run commands do? */
bool mentions_family(const struct mastercf_service *, const struct param *family);

/* A row of the table, a name of old, or a family's member for a service in master.cf (NULL: there is none). */
bool mentions_known(const struct mastercf *, const char *name);

#endif
