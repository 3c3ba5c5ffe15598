/* SPDX-License-Identifier: Apache-2.0 */
/* local - what a local process holds: its tables and its root stub. */
#ifndef LOCAL_LOCAL_H
#define LOCAL_LOCAL_H

#include "lib/ipc/stub.h"
#include "lib/mail/route.h"
#include "lib/service/agent.h"

struct local {
	const struct conf *cf;
	struct table_list *aliases;
	struct routes *routes;
	struct ipc *stub;
};

/* Ask the stub; file may be -1.  False: *why says that the stub cannot be reached (FATE_LATER). */
bool
local_ask(struct local *, const struct stub_act *, int file, struct arena *, struct stub_result *, struct verdict *why);

void local_deliver(struct attempt *); /* one request of qmgr */

/* The stub's side: serves requests on the socket until it ends; never returns. */
_Noreturn void stub_run(const struct conf *, int socket);

#endif
