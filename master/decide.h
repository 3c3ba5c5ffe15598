/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide - master's decisions, without clock, processes or files.
 *
 * How many sessions a new process may have, whether one is wanted, and what
 * follows from a process's end.
 */
#ifndef MASTER_DECIDE_H
#define MASTER_DECIDE_H

#include <stdbool.h>

/* What is known of a service's limits. */
struct limits {
	long maxproc;		   /* sessions, for helpers processes; 0: no limit */
	long sessions_per_process; /* at least 1 */
	bool helper;		   /* maxproc counts processes */
	bool one_process;	   /* the next starts only when the last is gone: poll loops, and maxproc 1 */
};

/* The maxproc column: -1 is the default, which default_process_limit is when main.cf sets it (else -1). */
long decide_maxproc(long column, long default_process_limit, const char *program, long sessions_per_process);

/* Who has room, counted over a service's processes. */
struct crew {
	long processes;	  /* all that live */
	long serving;	  /* those that do not retire */
	long taken;	  /* shares of those that serve, sessions of those that retire; for helpers processes */
	long with_room;	  /* starting, or with room for more than a few sessions */
	long nearly_full; /* few sessions fit */
};

/* The share of a new process; 0: there may be none. */
long decide_share(const struct limits *, const struct crew *, bool careful);

/* The share that a process with this one should have from now on, if it is none of the careful ones' time. */
long decide_growth(const struct limits *, const struct crew *, long share, bool careful);

enum wish { WISH_NONE, WISH_ON_DEMAND, WISH_NOW };
/* Is another process wanted: not at all, when a client comes, or in advance? */
enum wish decide_wish(const struct limits *, const struct crew *, bool careful);

enum death {
	DEATH_FINE,  /* it was asked to go, or had said that it would */
	DEATH_START, /* before it was ready: something is wrong with the set-up */
	DEATH_EARLY, /* ready, but before its first session */
	DEATH_CRASH, /* in its work: somebody's packet, not the set-up */
};
struct life {
	bool ready, served, asked, retired;
	bool failed; /* by a signal, or with an exit status other than 0 */
	bool killed; /* by us */
};
enum death decide_death(const struct life *);

/* Milliseconds until the next process may start; early counts deaths before the first session, this one too. */
long decide_delay(enum death, long early, long throttle_ms);

/* Until when new processes take one session each, after a crash at now with the one before at last (0: none). */
long decide_careful_until(long last, long now);

#endif
