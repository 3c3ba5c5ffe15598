/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy - the restrictions of this server, asked about a client; lib/access/restrict.h says what they are.
 *
 *	if (policy_rcpt(c, "RCPT", address, &why) != FATE_OK)
 *		reply_verdict(c, &why);
 *
 * FATE_OK, or *why is the answer for the client and the log knows.
 */
#ifndef SMTPD_POLICY_H
#define SMTPD_POLICY_H

#include "smtpd/smtpd.h"

enum fate policy_connect(struct client *, struct verdict *why);
enum fate policy_helo(struct client *, const char *command, struct verdict *why);
enum fate policy_mail(struct client *, const char *sender, struct verdict *why);
enum fate policy_rcpt(struct client *, const char *command, const char *recipient, struct verdict *why);
enum fate policy_data(struct client *, const char *command, struct verdict *why);
enum fate policy_end_of_data(struct client *, struct verdict *why);
enum fate policy_etrn(struct client *, const char *domain, struct verdict *why);
enum fate policy_rewrites(struct client *, bool *out, struct verdict *why);

/*
 * How bare line feeds of this client are taken: c->bare.  Later: a table failed, and c->bare_unsure; commands
 * are taken with them, and who wants to send mail asks once more.
 */
enum fate policy_bare(struct client *, struct verdict *why);

#endif
