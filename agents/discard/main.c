/* SPDX-License-Identifier: Apache-2.0 */
/* discard throws away all mail that is routed to it, and says so; the next hop is the reason. */
#include "lib/service/agent.h"

static void
deliver(struct attempt *a)
{
	struct verdict v = VERDICT(a->mem);
	const char *text = a->request.nexthop;
	char dsn[12] = "2.0.0";

	if (dsn_parse(text, dsn)) {
		text += strlen(dsn);
		dsn[0] = '2';
	}
	text += *text == ' ';
	fine(&v, dsn, "%s", *text != '\0' ? text : "mail is discarded");
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
	static const struct service discard = {
		.program = "discard",
		.about = "throws mail away, with the next hop as the reason",
		.shape = SHAPE_SESSIONS,
		.account = ACCOUNT_NET,
		.peers = PEER_QUEUE,
		.session = session,
	};

	return service_run(&discard, argc, argv);
}
