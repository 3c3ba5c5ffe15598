/* SPDX-License-Identifier: Apache-2.0 */
/* local - what a local process holds: its tables, and its way to the root stub. */
#ifndef LOCAL_LOCAL_H
#define LOCAL_LOCAL_H

#include "agents/local/helpers.h"
#include "lib/mail/route.h"
#include "lib/service/agent.h"

struct local {
	const struct conf *cf;
	struct table_list *aliases;
	struct routes *routes;
	struct helpers *helpers;
};

void local_deliver(struct attempt *); /* one request of qmgr */

/* The stub's side: serves requests on the socket until it ends; never returns. */
_Noreturn void stub_run(const struct conf *, int socket);

#endif
