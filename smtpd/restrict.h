/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restrict - who may send what: smtpd_*_restrictions.
 *
 * At start the lists become programs, arrays of (restriction, argument), and
 * their tables are opened; an unknown name is an error then.  A session asks
 *
 *	if (restrict_rcpt(c, "RCPT", address, &why) != FATE_OK)
 *		reply_verdict(c, &why);
 *
 * and the refusal is in the log already, as Postfix words it.  With
 * smtpd_delay_reject the lists of client, HELO and sender are evaluated with
 * the recipient; restrict_connect(), _helo() and _mail() say yes then.
 *
 * SMTPD_ACCESS_README, postconf(5), access(5).
 */
#ifndef SMTPD_RESTRICT_H
#define SMTPD_RESTRICT_H

#include "lib/table/table.h"
#include "smtpd/smtpd.h"

struct restrict_set;

/* NULL: *err names the parameter and the nearest word that would do. */
struct restrict_set *restrict_open(const struct conf *, const struct table_env *, struct buf *err);
bool restrict_changed(struct restrict_set *);
void restrict_free(struct restrict_set **);

/* All of them: FATE_OK, or *why is the answer for the client and the log knows. */
enum fate restrict_connect(struct client *, struct verdict *why);
enum fate restrict_helo(struct client *, const char *command, struct verdict *why);
enum fate restrict_mail(struct client *, const char *sender, struct verdict *why);
enum fate restrict_rcpt(struct client *, const char *command, const char *recipient, struct verdict *why);
enum fate restrict_data(struct client *, const char *command, struct verdict *why);
enum fate restrict_end_of_data(struct client *, struct verdict *why);
enum fate restrict_etrn(struct client *, const char *domain, struct verdict *why);

/* Is it one of local_header_rewrite_clients? */
bool restrict_rewrites(struct client *);

#endif
