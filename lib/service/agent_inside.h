/* SPDX-License-Identifier: Apache-2.0 */
/* agent_inside - what the files that make up agent share; nobody else includes it. */
#ifndef SERVICE_AGENT_INSIDE_H
#define SERVICE_AGENT_INSIDE_H

#include "lib/service/agent.h"

struct agent_kept {
	struct ipc *ipc;		  /* to the qmgr that asked */
	struct deliver_verdict *verdicts; /* one per recipient; code 0: none yet */
	size_t decided;
	struct deliver_done done;
	int lock; /* of a message that got its file meanwhile; -1: none */
	long started_us, connected_us;
};

/* To the next qmgr with the verdicts that the last one did not acknowledge; returns when they are taken. */
void agent_offer(struct attempt *);

#endif
