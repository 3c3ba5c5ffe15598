/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helpers - the front's side: who is kept, for whose next mail.  Shared by all threads of the process.
 *
 *	l->helpers = helpers_new(socket_to_the_stub);
 *	helpers_ask(l->helpers, &act, file, mem, &result, &why);
 *
 * A fork and a user's groups cost more than a delivery, and one delivery makes
 * several requests.  So a helper that has answered is kept, for some seconds
 * (helper.h); of those that nobody uses at most HELPERS_KEPT, of which the one
 * unused for longest makes room.  A helper is asked by one thread at a time, and one user has as many as
 * there are deliveries to that user at once.
 */
#ifndef LOCAL_HELPERS_H
#define LOCAL_HELPERS_H

#include "lib/conf/conf.h"
#include "lib/ipc/stub.h"

enum { HELPERS_KEPT = 128 };

struct helpers;
struct helpers *helpers_new(int stub); /* owns the descriptor */

/*
 * One action as that user.  False: *why says why there is no answer: no such
 * user (FATE_NEVER), or something that may work another time (FATE_LATER).
 */
bool helpers_ask(struct helpers *, const struct stub_act *, int file /* -1: none */, struct arena *,
    struct stub_result *, struct verdict *why);

/* Without its stub the process is of no use: it retires, and master starts a pair of fresh ones. */
bool helpers_ok(struct helpers *);

/* So many one process can have: one each session, the kept ones, and some that are on their way out. */
size_t helpers_most(const struct conf *);

#endif
