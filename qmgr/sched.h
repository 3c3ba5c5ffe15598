/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched - decides which recipients of which message are tried next.
 *
 * Pure: no clock, no files, no sockets.  now is milliseconds of a clock that
 * never jumps.  The program around it reads messages, has workers (idle
 * connections to delivery agents) and asks, for each worker: what now?
 *
 *	struct sched *s = sched_new(&limits, settings_of, ctx);
 *	struct sched_message m;
 *	sched_message_add(s, &m, nrcpts, now);			(a message was opened)
 *	n = sched_room(s, &m, now);				(how many recipients it may read now)
 *	sched_read(s, &m, n);					(it has read them)
 *	trouble = sched_add(s, &m, "smtp", "example.com", &r->rcpt, now);	(for each; NULL: it waits)
 *	...
 *	b = sched_take(s, transport, now);			(a worker is free; NULL: nothing may go)
 *	... for each recipient with a verdict: sched_settle(s, &r->rcpt)
 *	sched_done(s, b, SCHED_GOOD, NULL, now);
 *	...
 *	sched_message_remove(s, &m);				(when none of its recipients is in memory)
 *
 * What it does, after Postfix's SCHEDULER_README:
 * - a destination is a transport and a next hop; each has a window (window.h)
 *   of parallel deliveries, a pause between deliveries if so configured, and
 *   is dead for a while when too many connections fail: what waited for it
 *   comes back through sched_dropped(), what is added meanwhile is refused;
 * - within a transport messages go in the order of their arrival, the
 *   destinations of one message take turns, and a small message may overtake
 *   a large one: a large one earns a slot for each delivery_slot_cost
 *   deliveries, a small one that needs no more slots than that is put before it;
 * - a message with many recipients has only some of them in memory.
 *
 * Each step costs O(log n).  struct sched_message and struct sched_rcpt are
 * the caller's, at rest while the scheduler knows them; everything else is
 * the scheduler's.
 */
#ifndef QMGR_SCHED_H
#define QMGR_SCHED_H

#include "lib/base/list.h"
#include "qmgr/window.h"

#include <stdint.h>

struct sched;
struct sched_transport;
struct sched_destination;
struct job;

struct sched_limits {
	long rcpts;	     /* qmgr_message_recipient_limit; also of dead destinations remembered */
	long rcpts_minimum;  /* qmgr_message_recipient_minimum */
	long dead_ms;	     /* minimal_backoff_time: how long a dead destination rests */
	size_t destinations; /* idle ones whose windows are remembered */
};

/* Of one transport: the parameters <transport>_... and default_... */
struct sched_settings {
	struct window_limits window;
	long rate_delay_ms;	      /* after each delivery to one destination */
	long transport_rate_delay_ms; /* between any two starts */
	long batch;		      /* destination_recipient_limit; 0: SCHED_BATCH_MAX */
	long slot_cost, slot_loan, slot_discount, minimum_slots;
	long rcpts, extra_rcpts; /* recipient_limit, extra_recipient_limit */
	long refill, refill_delay_ms;
};
enum { SCHED_BATCH_MAX = 1000 };

/* Why something waits. */
struct sched_trouble {
	char dsn[12];
	char *text;
};

struct sched_message {
	struct list jobs;
	uint64_t seq;	/* order of arrival */
	long since;	/* when */
	long in_memory; /* recipients */
	long unread;	/* recipients in the file that were never looked at */
	long filled;	/* when recipients were read last */
	bool started;
};

struct sched_rcpt {
	struct list_link link; /* in what it waits in: a peer, a batch, or what was dropped */
	struct list *in;
	struct sched_peer *peer;	   /* while it waits */
	struct sched_transport *transport; /* whose memory it counts against; NULL: none */
	struct sched_message *message;
};

struct sched_batch {
	struct sched_message *message;
	struct sched_transport *transport;
	struct sched_destination *to;
	struct list rcpts; /* sched_settle() takes them out */
	struct job *job;   /* the scheduler's */
	bool soon;	   /* the one before it to the same destination went a moment ago */
};

typedef void sched_settings_fn(void *ctx, const char *transport, struct sched_settings *out);

struct sched *sched_new(const struct sched_limits *, sched_settings_fn *, void *ctx);
void sched_free(struct sched **); /* messages and batches must be gone */

void sched_message_add(struct sched *, struct sched_message *, long unread, long now);
void sched_message_remove(struct sched *, struct sched_message *);

/* How many recipients of the message may be read now; 0: none, or it has none. */
long sched_room(const struct sched *, const struct sched_message *, long now);
/* So many were read into memory, and of the unread ones so many are left. */
void sched_read(struct sched *, struct sched_message *, long n, long unread, long now);

/*
 * A recipient waits for its turn.  NULL: it does.  Else the destination or
 * the transport is dead; the recipient is not taken, the trouble is valid
 * until the next call.
 */
const struct sched_trouble *sched_add(struct sched *, struct sched_message *, const char *transport,
    const char *destination, struct sched_rcpt *, long now);

/* The recipient leaves memory: its verdict is known, wherever it was (also without sched_add). */
void sched_settle(struct sched *, struct sched_message *, struct sched_rcpt *);
bool sched_waits(const struct sched_rcpt *); /* added, and not in a batch */

/* The next recipient that waited for what has died meanwhile; still in memory, to be settled. */
struct sched_rcpt *sched_dropped(struct sched *, struct sched_trouble *out);

/* A batch for a free worker.  more: others wait for the same destination, or come often. */
struct sched_batch *sched_take(struct sched *, struct sched_transport *, long now);
bool sched_more(const struct sched_batch *);

enum sched_result {
	SCHED_GOOD,  /* the connection worked, whatever became of the recipients */
	SCHED_BAD,   /* connection or handshake failed: trouble says how */
	SCHED_AGAIN, /* nothing was tried: recipients that are left go back to the front */
};
void sched_done(struct sched *, struct sched_batch *, enum sched_result, const struct sched_trouble *, long now);

/* Transports exist from their first recipient on. */
struct sched_transport *sched_transport_next(struct sched *, const struct sched_transport *); /* NULL: the first */
const char *sched_transport_name(const struct sched_transport *);
void **sched_transport_owner(struct sched_transport *);	    /* the caller's pool of workers */
bool sched_wants(const struct sched_transport *, long now); /* is there a batch for a worker? */
size_t sched_open(const struct sched_transport *);	    /* destinations that have one */
/* The agents do not answer: what waits is dropped, what comes is refused, for ms. */
void sched_transport_down(struct sched *, struct sched_transport *, const struct sched_trouble *, long ms, long now);

/* Wake what has rested or paused long enough; milliseconds until that is so again, -1: nothing rests. */
long sched_tick(struct sched *, long now);
void sched_forgive(struct sched *, long now); /* nothing is dead any more (flush) */

const char *sched_destination_name(const struct sched_destination *);
long sched_rcpts(const struct sched *); /* in memory */
/* The destination that most messages wait for, and how many; NULL: none. */
const struct sched_destination *sched_busiest(const struct sched *, size_t *messages);
/* For tests and status. */
struct sched_counts {
	size_t transports, destinations, dead, idle, jobs;
};
void sched_count(const struct sched *, struct sched_counts *);
long sched_window(const struct sched_destination *);

#endif
