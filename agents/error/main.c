/* SPDX-License-Identifier: Apache-2.0 */
/* error returns (or, as service "retry", defers) all mail that is routed to it; the next hop is the reason. */
#include "agents/error/reason.h"

#include "lib/service/agent.h"

static void
deliver(struct attempt *a)
{
	struct verdict v = VERDICT(a->mem);

	reason_verdict(a->request.nexthop, a->service, &v);
	a->gather = true;
	agent_verdict_rest(a, &v);
}

static void
session(struct session *s)
{
	agent_session(s, deliver);
}

int
main(int argc, char **argv)
{
	static const struct service error = {
		.program = "error",
		.about = "returns or defers mail, with the next hop as the reason",
		.shape = SHAPE_SESSIONS,
		.account = ACCOUNT_NET,
		.peers = PEER_QUEUE,
		.session = session,
	};

	return service_run(&error, argc, argv);
}
