/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent - the part that all delivery agents have in common: they take
 * requests from qmgr (deliver.def), say what became of each recipient, log
 * it, and keep what qmgr has not acknowledged.
 *
 *	static void
 *	deliver(struct attempt *a)
 *	{
 *		struct verdict v = VERDICT(a->mem);
 *
 *		for (size_t i = 0; i < a->n; i++) {
 *			fine(&v, "2.0.0", "delivered to %s", a->rcpts[i].address);
 *			agent_verdict(a, i, &v);
 *		}
 *	}
 *	static void discard_session(struct session *s) { agent_session(s, deliver); }
 *
 * agent_session() serves any number of requests, until qmgr closes the
 * connection; a process that is ending hands the next one back untried.  When qmgr goes away in the middle, deliver() is not disturbed;
 * afterwards the verdicts that were not acknowledged are offered to the next
 * qmgr (public/qmgr), again and again with growing pauses, while the message's
 * descriptor and with it its lock are kept.
 *
 * An attempt and everything in it belongs to the session's thread, and lives
 * until deliver() returns; a->mem a little longer.
 */
#ifndef SERVICE_AGENT_H
#define SERVICE_AGENT_H

#include "lib/base/verdict.h"
#include "lib/ipc/deliver.h"
#include "lib/service/service.h"

struct attempt {
	const struct conf *cf;
	const char *service; /* name in master.cf */
	void *state;	     /* the session's */
	struct deliver_request request;
	const struct deliver_rcpt *rcpts;
	size_t n;
	int file; /* the queue file, for reading with pread() and sendfile() only; stays open until the ack */
	struct arena *mem;

	const char *relay; /* for the log: "local", "mx.example.com[192.0.2.1]:25"; "none" at first */
	bool gather;	   /* verdicts leave with agent_flush() or at the end, and not one by one */
	bool last;	   /* set by deliver(): this process is of no use any more, the connection ends */
	struct agent_kept *kept;
};
typedef void agent_deliver(struct attempt *);

void agent_session(struct session *, agent_deliver *);

/*
 * What became of recipient i: goes to the log and to qmgr, once, when it is
 * final.  Every recipient must have one when deliver() returns.
 */
void agent_verdict(struct attempt *, size_t i, const struct verdict *);
void agent_verdict_rest(struct attempt *, const struct verdict *); /* for all that have none */
bool agent_decided(const struct attempt *, size_t i);
void agent_flush(struct attempt *);

/* Agents that connect somewhere: the connection stands, or failed; delays in the log are counted from here. */
void agent_connected(struct attempt *);
/* The destination itself could not be used; qmgr counts that against it. */
void agent_site_down(struct attempt *, const struct verdict *);

#endif
