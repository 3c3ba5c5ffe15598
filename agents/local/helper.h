/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper - children of the root stub that have become a user for good, kept for that user's next mail.
 *
 *	struct helpers kept = { 0 };
 *	helper_ask(&kept, cf, pw, &act, file, mem, &result, &why);
 *
 * A fork and a user's groups cost more than a delivery, and one delivery makes
 * several requests.  So a helper stays for HELPER_SECONDS, and there are at most
 * HELPERS_MOST, of which the one unused for longest makes room.
 *
 * A helper knows one user and no way back: it has the two ends of nobody
 * else's connection, cannot be traced by its user (the kernel says so of who
 * has changed identity, and we say it again), and if its user kills or stops it,
 * that user's mail waits.  It runs no command: those get a child of their own.
 */
#ifndef LOCAL_HELPER_H
#define LOCAL_HELPER_H

#include "agents/local/as_user.h"
#include "lib/conf/conf.h"

enum { HELPERS_MOST = 4, HELPER_SECONDS = 60 };

struct helper {
	struct ipc *ipc; /* NULL: none */
	pid_t pid;
	char *name, *home;
	uid_t uid;
	gid_t gid;
	long since, used; /* tick_ms() */
};
struct helpers {
	struct helper list[HELPERS_MOST];
};

/* One "read" or "maildir" as that user.  The answer is in out; *why only says why there is none (FATE_LATER). */
enum fate helper_ask(struct helpers *, const struct conf *, const struct passwd *, const struct stub_act *, int file,
    struct arena *mem, struct stub_result *out, struct verdict *why);

/* What the actions are called, and what they do; NULL: no such action. */
struct action {
	const char *name;
	enum fate (*run)(struct deed *, struct verdict *why);
	bool message; /* a descriptor comes with it */
	bool command; /* it executes somebody else's program */
};
const struct action *action_find(const char *name);

/* Become the user, and be sure that there is no way back; then at home, or in /. */
bool become_user(const struct passwd *);
/* The answer to a request: the verdict, and what is in r already. */
void stub_answer(struct ipc *, const struct verdict *, struct stub_result *r);

#endif
