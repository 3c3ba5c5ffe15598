/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message - a client's transaction: its content, its end, its queue id.
 */
#ifndef SMTPD_MESSAGE_H
#define SMTPD_MESSAGE_H

#include "smtpd/smtpd.h"

/*
 * The queue id, for log lines; NULL: there is none.  When it becomes known
 * the log is told who the client is, before cleanup can have a line about it.
 */
const char *message_id(struct client *);

/* No transaction any more; what was begun is taken back. */
void message_reset(struct client *);

/* Is there room in the queue for a message of so many bytes (0: not known)? */
enum fate message_room(struct client *, long size, struct verdict *why);

#endif
