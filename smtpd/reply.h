/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply - what the client hears, and what the log hears about it.
 *
 *	reply(c, "501 5.5.4 Syntax: %s", syntax);
 *
 * A 4xx or 5xx reply makes the command at hand an error.  soft_bounce turns
 * 5xx into 4xx here, in one place.  421 and 521 end the session.  A client
 * with many errors waits for each reply.
 */
#ifndef SMTPD_REPLY_H
#define SMTPD_REPLY_H

#include "smtpd/smtpd.h"

#define REPLY_NOT_OFFERED                                                                                              \
	"5.5.1 Error: command not"                                                                                     \
	" implemented"

void reply(struct client *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void reply_verdict(struct client *, const struct verdict *); /* "code status text" */

/* soft_bounce for a line that begins with a code and perhaps a status. */
void reply_soften(const struct conf *, char *line);

/*
 * "4bQ...: reject: RCPT from name[addr]: text; from=<> to=<> proto=ESMTP helo=<>".
 * event: "reject", "reject_warning", "hold", "warn", ...
 */
void reply_log(struct client *, const char *event, const struct occasion *, const char *text);

/* An occasion of the transaction as it stands. */
struct occasion reply_occasion(const struct client *, const char *command);

#endif
