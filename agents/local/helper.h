/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper - a child of the root stub that has become a user for good.
 *
 * It serves the front over a connection of its own: any number of requests to
 * read or deliver, or one command and nothing else, as whoever runs other
 * people's programs is gone afterwards.  It knows one user and no way back: it
 * has nobody else's connection, and cannot be traced by its user (the kernel
 * says so of who has changed identity, and we say it again).  If its user kills
 * or stops it, that user's mail waits.
 */
#ifndef LOCAL_HELPER_H
#define LOCAL_HELPER_H

#include "agents/local/as_user.h"
#include "lib/conf/conf.h"

/*
 * The front asks nothing of a helper that is older than HELPER_SECONDS: so long may an account be changed or removed
 * without being noticed.  A helper that was asked nothing for HELPER_IDLE_SECONDS goes, and nobody will ask it any more.
 */
enum { HELPER_SECONDS = 15, HELPER_IDLE_SECONDS = 30 };

struct identity {
	const struct passwd *user;
	const gid_t *groups;
	size_t ngroups;
};

/* Become the user, serve the connection, exit.  Closes all other descriptors. */
_Noreturn void helper_run(const struct conf *, const struct identity *, bool command, int socket);

#endif
