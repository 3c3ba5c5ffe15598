/* SPDX-License-Identifier: Apache-2.0 */
/* Where a recipient goes: as its file says, as the FILTER says, or as trivial-rewrite says. */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "qmgr/agents.h"
#include "qmgr/asker.h"
#include "qmgr/outcome.h"

#include <stdlib.h>
#include <string.h>

static const char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL ? at + 1 : "";
}

/* "transport:nexthop" of a content filter. */
static void
place_filtered(struct rcpt *r, const char *filter, const struct recipient *from)
{
	const struct conf *cf = r->message->q->cf;
	const char *colon = strchr(filter, ':'), *nexthop;
	char *transport;

	nexthop = colon != NULL ? colon + 1 : "";
	if (*nexthop == '\0')
		nexthop = cf->default_filter_nexthop[0] != '\0' ? cf->default_filter_nexthop : domain_of(from->address);
	transport = mem_str(filter);
	if (colon != NULL)
		transport[colon - filter] = '\0';
	rcpt_place(r, transport, nexthop, from->address);
	free(transport);
}

void
rcpt_route(struct rcpt *r, const struct recipient *from)
{
	const struct message *m = r->message;

	if (m->envelope->filter[0] != '\0')
		place_filtered(r, m->envelope->filter, from);
	else if (m->routes_fresh && r->attempts == 0 && from->transport[0] != '\0')
		rcpt_place(r, from->transport, from->nexthop, from->address);
	else
		asker_ask(m->q, r);
}

void
rcpt_forget_route(struct rcpt *r)
{
	if (r->where == RCPT_ASKING)
		asker_forget(r->message->q, r);
}

/* The notice about a notice could not be delivered: that is the end of it. */
static bool
is_double_bounce(const struct conf *cf, const char *address)
{
	size_t n = strlen(cf->double_bounce_sender);

	return strncasecmp(address, cf->double_bounce_sender, n) == 0 && address[n] == '@' &&
	    text_same(address + n + 1, cf->myorigin);
}

/* Where each recipient is a destination of its own; extensions of one user are one. */
static char *
own_destination(const struct conf *cf, const char *address, const char *nexthop)
{
	const char *at = strrchr(address, '@');
	int local = at != NULL ? (int)(at - address) : (int)strlen(address);
	size_t user = cf->recipient_delimiter[0] != '\0' ? strcspn(address, cf->recipient_delimiter) : (size_t)local;

	if (user > 0 && user < (size_t)local && address[0] != '"')
		local = (int)user;
	return mem_fmt("%.*s@%s", local, address, nexthop);
}

void
rcpt_place(struct rcpt *r, const char *transport, const char *nexthop, const char *address)
{
	struct message *m = r->message;
	struct qmgr *q = m->q;
	const struct sched_trouble *trouble;
	char *own = NULL;

	rcpt_forget_route(r);
	r->where = RCPT_SCHEDULED;
	r->nexthop = mem_str(nexthop);
	if (strcmp(address, r->address) != 0) {
		free(r->address);
		r->address = mem_str(address);
	}
	if (is_double_bounce(q->cf, address)) {
		outcome_own(r, 250, "2.0.0", "undeliverable postmaster notification discarded");
		return;
	}
	if (!agents_name_ok(transport)) {
		log_warn("%s: bad transport name \"%s\" for %s", m->id, transport, address);
		outcome_own(r, 451, "4.3.5", "mail transport unavailable");
		return;
	}
	if (agents_waits_for_flush(q, transport) && !m->flushed) {
		outcome_own(r, 451, "4.3.2", "deferred transport");
		return;
	}
	if (agents_one_each(q, transport))
		own = own_destination(q->cf, address, nexthop);
	trouble = sched_add(q->sched, &m->sched, transport, own != NULL ? own : nexthop, &r->sched, loop_now(q->loop));
	if (trouble != NULL)
		outcome_own(r, 451, trouble->dsn, trouble->text);
	free(own);
}
