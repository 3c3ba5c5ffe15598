/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process - what the files that make up the skeleton share; nobody else includes it.
 *
 * One a process, filled before any thread starts; but for the atomic flag it
 * is read-only from then on.
 */
#ifndef SERVICE_PROCESS_H
#define SERVICE_PROCESS_H

#include "lib/service/accounts.h"
#include "lib/service/args.h"
#include "lib/service/service.h"

#include <stdatomic.h>

struct process {
	const struct service *service;
	struct service_args args;
	const struct conf *calm, *stress;
	struct accounts accounts;
	void *state;
	int listeners[SERVICE_LISTENERS];
	int null_fd; /* /dev/null, opened before the jail */
	int stop_fd; /* an eventfd: readable once SIGTERM came (SESSIONS, SINGLE) */
	atomic_bool ending;
};

/* How full a process is, and what master should know of it.  Pure. */
enum fullness { ROOMY, NEARLY_FULL, FULL };
enum fullness process_fullness(long sessions, long share, enum fullness before);

/* Sessions after which a process retires; 0: never.  Pure. */
long process_most_sessions(long max_use, long share);

/* Accepts and checks; -1: nobody, or nobody who may.  *uid and *gid of a Unix peer. */
int process_accept(const struct process *, int listener, struct addr *peer, uid_t *uid, gid_t *gid);

/* One session on an accepted descriptor, which it closes. */
void process_session(const struct process *, int fd, const struct addr *peer, uid_t, gid_t);
/* All sessions find that their peers say nothing more, as if these had gone. */
void process_cut_sessions(void);

/* SIGTERM and SIGPIPE get handlers, stop_fd is made. */
void process_signals(struct process *);

/* Do not retire for a table more often than it is worth asking. */
bool process_changed(const struct process *, long *asked_at);

void serve_sessions(struct process *);
void serve_single(struct process *);
void serve_loop(struct process *);

/* Has this process one thread only?  The thread sanitizer has one of its own, and cannot be asked. */
#ifdef __SANITIZE_THREAD__
#	define process_is_alone() true
#else
#	include <sys/single_threaded.h>
#	define process_is_alone() (__libc_single_threaded != 0)
#endif

#endif
