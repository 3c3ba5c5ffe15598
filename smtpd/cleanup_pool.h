/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cleanup_pool - connections to cleanup that wait for the next message.
 *
 * Shared: the sessions of a process take and give from their threads, a mutex
 * inside keeps them apart.  What was taken belongs to whoever took it.
 *
 *	struct pooled p;
 *	if (!cleanup_pool_take(pool, &p, &why))
 *		return why.fate;
 *	... one message through p.ipc ...
 *	cleanup_pool_give(pool, &p, slow);	(or ipc_free(&p.ipc) when something is odd)
 *
 * At most POOL_IDLE connections wait, the one used last goes first.  None
 * waits for more than POOL_SECONDS or serves more than POOL_MESSAGES messages,
 * so that a cleanup process that wants to retire can.  It may have gone
 * already: whoever takes a connection that has served before (messages > 0)
 * must be ready to begin again with another one.
 */
#ifndef SMTPD_CLEANUP_POOL_H
#define SMTPD_CLEANUP_POOL_H

#include "lib/ipc/ipc.h"

enum { POOL_IDLE = 64, POOL_SECONDS = 30, POOL_MESSAGES = 200 };

struct cleanup_pool;
struct pooled {
	struct ipc *ipc;
	long messages; /* that it has served */
	long since;    /* when it was given back, tick_ms() */
};

struct cleanup_pool *cleanup_pool_new(const char *socket, long timeout);
void cleanup_pool_free(struct cleanup_pool **);

/* False: *why is FATE_LATER and says what was tried. */
bool cleanup_pool_take(struct cleanup_pool *, struct pooled *out, struct verdict *why);

/* slow: what cleanup said with its answer; it holds until another answer says otherwise. */
void cleanup_pool_give(struct cleanup_pool *, struct pooled *, bool slow);

/* Should the next message wait for in_flow_delay? */
bool cleanup_pool_slow(struct cleanup_pool *);

#endif
