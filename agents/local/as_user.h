/* SPDX-License-Identifier: Apache-2.0 */
/*
 * as_user - what the stub's child does once it is the user for good.  No code
 * in here runs as root, except when the whole suite's test user is root.
 */
#ifndef LOCAL_AS_USER_H
#define LOCAL_AS_USER_H

#include "lib/base/verdict.h"
#include "lib/ipc/stub.h"

#include <pwd.h>

struct deed {
	const struct stub_act *act;
	const struct passwd *user;
	const char *host;		/* myhostname, for names in a Maildir */
	const char *const *environment; /* "NAME=value" that every command gets; NULL at the end */
	int file;			/* the message; -1: none */
	struct arena *mem;
	struct stub_result *out; /* content, absent and ignored; code, dsn and text come from the verdict */
};

enum fate user_read(struct deed *, struct verdict *why);
enum fate user_maildir(struct deed *, struct verdict *why);
enum fate user_command(struct deed *, struct verdict *why);

/* The first of these files that is there, into out; they stand apart by line ends. */
enum fate forward_read(struct deed *, const char *paths, struct verdict *why);

/*
 * The message as programs and mailboxes of this system have it: LF lines.
 * put() gets pieces; false from it ends the copy.  False: read trouble or put's.
 */
typedef bool message_put(void *ctx, const char *bytes, size_t n);
bool message_copy(const struct deed *, message_put *, void *ctx);

#endif
