/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server - what smtpd makes of its configuration, once, with root's rights still there.
 *
 *	struct server *s = server_open(cf, &err);
 *
 * Lists, tables and routes are those of the calm configuration; what a stress
 * configuration changes is read from the session's own struct conf.
 */
#ifndef SMTPD_SERVER_H
#define SMTPD_SERVER_H

#include "lib/conf/conf.h"
#include "smtpd/smtpd.h"

/* NULL: *err says what to do. */
struct server *server_open(const struct conf *, struct buf *err);
/* For "smtpd -S": no restrictions, no routes; mail goes to postdrop. */
struct server *server_open_alone(const struct conf *, struct buf *err);
bool server_changed(struct server *); /* a table was replaced */
void server_free(struct server **);

/* smtpd_forbid_bare_newline; false: not one of its values. */
bool server_bare(const char *text, enum bare *out);

#endif
