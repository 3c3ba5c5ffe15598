/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retry - when a message is tried again, and when no more.  Pure; seconds.
 *
 * The pause is as long as the message is old, so that it doubles with each
 * attempt, but at least minimal_backoff_time and at most maximal_backoff_time.
 */
#ifndef QMGR_RETRY_H
#define QMGR_RETRY_H

#include <stdbool.h>

struct retry {
	long least, most;     /* minimal_backoff_time, maximal_backoff_time */
	long lifetime;	      /* maximal_queue_lifetime */
	long lifetime_bounce; /* bounce_queue_lifetime, for messages from the null sender */
};

long retry_at(const struct retry *, long arrival, long now);
bool retry_over(const struct retry *, long arrival, long now, bool null_sender);

#endif
