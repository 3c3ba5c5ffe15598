/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transaction - one message over one connection: MAIL FROM, RCPT TO, DATA or
 * BDAT, for the recipients that are open.
 *
 *	switch (transaction_run(&d, peer, &why)) {
 *	case TRANSACTION_DONE: ... the peer may be used again, or be said QUIT to
 *	case TRANSACTION_LOST: ... it is of no use any more; why: for those still open
 *	case TRANSACTION_STALE: ... it came out of the cache and was dead; nothing was tried
 *
 * Commands go out in groups where the server offers PIPELINING (RFC 2920);
 * what they are to be answered with stands in a list that one reader walks.
 * The message goes with BDAT (RFC 3030) where CHUNKING is offered, in one
 * chunk and only after a recipient was accepted: there is no dot to double
 * and no reply to wait for before it; else with DATA.
 *
 * Each recipient gets its verdict from its own reply, or from the one that
 * ended the transaction: with SMTP the one reply to the end of data counts for
 * all that were accepted, with LMTP there is one for each (RFC 2033).
 */
#ifndef SMTP_TRANSACTION_H
#define SMTP_TRANSACTION_H

#include "smtp/delivery.h"

enum transaction_end { TRANSACTION_DONE, TRANSACTION_LOST, TRANSACTION_STALE };

enum transaction_end transaction_run(struct delivery *, struct peer *, struct verdict *why);

#endif
