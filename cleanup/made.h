/* SPDX-License-Identifier: Apache-2.0 */
/*
 * made - the header fields that a mail system makes itself.
 *
 * Pure functions; each writes one whole field without its last CRLF.
 * Received: RFC 5321 4.4 in Postfix's layout, which log and mail analysers
 * read; the others: RFC 5322 3.6, encoded words: RFC 2047.
 */
#ifndef CLEANUP_MADE_H
#define CLEANUP_MADE_H

#include "lib/base/buf.h"

struct made_received {
	const char *helo, *name, *addr; /* of the client; helo and name both "": not mentioned */
	const char *with;		/* ESMTP ...; "": "by" alone, as for mail that did not come over a network */
	const char *by, *mail_name, *id;
	const char *rcpt; /* NULL when there are several, which must not learn of each other */
	long uid;	  /* of a local submitter; -1: none */
	long seconds;	  /* arrival */
};
void made_received(struct buf *, const struct made_received *);

/* "Resent-Message-Id: <20261124062201.4g9x...@mail.example.com>"; prefix "" or "Resent-". */
void made_message_id(struct buf *, const char *prefix, long seconds, const char *id, const char *host);
void made_date(struct buf *, const char *prefix, long seconds);

/*
 * "From: joe user <joe@example.com>", or without a name "From: joe@example.com".  obsolete: "From:
 * joe@example.com (joe user)".  charset: what an 8-bit name is declared to be; "": it stays as it is.
 */
void
made_from(struct buf *, const char *prefix, const char *address, const char *name, bool obsolete, const char *charset);

#endif
