/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer - a connection to a server that has greeted us.
 *
 *	struct peer *p = peer_open(&target, nexthop, &settings, &why);
 *	if (p == NULL)
 *		... why: connect, greeting or EHLO failed; FATE_NEVER only when no other host may be tried
 *	... transaction_run(...), cache_put(...) or
 *	peer_quit(&p);
 *
 * A peer owns all that it holds, so that it outlives the delivery that opened
 * it (cache.h).  It is for one thread at a time.
 */
#ifndef SMTP_PEER_H
#define SMTP_PEER_H

#include "lib/base/list.h"
#include "lib/base/verdict.h"
#include "lib/io/conn.h"
#include "smtp/hosts.h"
#include "smtp/offer.h"
#include "smtp/settings.h"

struct peer {
	struct conn *conn;
	const struct settings *settings; /* of the process: they outlive it */
	struct addr addr;
	char *host;  /* "mx.example" */
	char *name;  /* "mx.example[192.0.2.1]" */
	char *relay; /* "mx.example[192.0.2.1]:25", for the log */
	struct offer offer;
	long opened_ms;	  /* tick_ms() when the connection was begun */
	long deliveries;  /* messages so far */
	bool reused;	  /* came out of the cache */
	bool needs_reset; /* the last transaction was broken off */
	bool leaving;	  /* it said 421: no QUIT, no further message */

	/* The cache's. */
	struct list_link link;
	char *nexthop;
	long expires_ms;
};

/* The connection alone, without a word said yet: where a later layer (TLS on connect) would be pushed. */
struct peer *peer_connect(const struct target *, const struct settings *, struct verdict *why);
/* From the greeting to the reply to EHLO; FATE_OK, or why the host cannot be used. */
enum fate peer_greet(struct peer *, const char *myself, struct verdict *why);

/* Say QUIT, wait for the reply if smtp_skip_quit_response says so, and close. */
void peer_quit(struct peer **);
void peer_free(struct peer **); /* close without a word */

/* May it carry another message, as smtp_connection_reuse_time_limit and _count_limit say? */
bool peer_reusable(const struct peer *, long now_ms);

#endif
