/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery - one message to one next hop, over as many servers as it takes.
 *
 * Each recipient is open until it is settled.  A server's yes or never
 * settles it at once (agent_verdict); a server's later is kept, and stands
 * when no other server is left to try.
 */
#ifndef SMTP_DELIVERY_H
#define SMTP_DELIVERY_H

#include "lib/mail/mapping.h"
#include "lib/net/dns.h"
#include "lib/service/agent.h"
#include "smtp/cache.h"
#include "smtp/content.h"
#include "smtp/hosts.h"
#include "smtp/peer.h"

/* What a process knows; read-only after start, but for the cache, which is shared and locks itself. */
struct client {
	struct settings settings;
	struct addr_set own;
	struct hosts_file *hosts; /* NULL: not needed */
	int protocols, port;	  /* port: where none is given */
	unsigned flags;		  /* of master.cf: see extra.h */
	struct cache *cache;
	struct ours *ours;	 /* for generic */
	struct mapping *generic; /* NULL: addresses go out as they are */
};

/* What a thread has for itself. */
struct worker {
	struct client *client;
	struct dns dns;
};

struct open_recipient {
	bool settled;	   /* agent_verdict() was called */
	bool accepted;	   /* by RCPT TO of the transaction that goes on */
	struct verdict v;  /* the last "later"; text is "" when there was none */
	const char *relay; /* who said it */
};

struct delivery {
	struct attempt *a;
	struct worker *w;
	const struct settings *s;
	struct open_recipient *rcpts;	 /* as many as a->n */
	size_t open;			 /* not settled */
	struct deliver_request wire;	 /* as the servers hear of it */
	struct deliver_rcpt *wire_rcpts; /* likewise */
	struct buf header;		 /* when it is not the one of the file */
	struct content content;
	long size;	    /* octets that will be sent */
	bool last_try;	    /* no further server is known */
	bool talked;	    /* some server went through a whole dialogue */
	struct verdict why; /* of the destination as a whole; text is "" when nothing is wrong */
};

/* The agent_deliver function; a->state is a struct worker. */
void delivery_run(struct attempt *);

/*
 * A verdict for one open recipient, or for all.  last: no other server may be
 * tried after it (the message may have arrived).
 */
void delivery_settle(struct delivery *, size_t i, const struct verdict *, bool last);
void delivery_settle_all(struct delivery *, const struct verdict *, bool last);

#endif
