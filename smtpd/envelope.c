/* SPDX-License-Identifier: Apache-2.0 */
/* MAIL and RCPT. */
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/conf/conf.h"
#include "lib/mail/address.h"
#include "lib/mail/route.h"
#include "smtpd/dialogue.h"
#include "smtpd/message.h"
#include "smtpd/parameters.h"
#include "smtpd/policy.h"
#include "smtpd/reply.h"
#include "smtpd/sink.h"

#include <string.h>

/* resolve_null_domain: "joe@" is joe@$myhostname. */
static char *
with_domain(struct client *c, char *args)
{
	const char *end = strstr(args, "@>");

	if (!c->cf->resolve_null_domain || end == NULL)
		return args;
	return arena_fmt(&c->scratch, "%.*s@%s%s", (int)(end - args), args, c->cf->myhostname, end + 1);
}

/* A number is a domain only where resolve_numeric_domain says so. */
static bool
domain_can_be(struct client *c, const char *address)
{
	const char *local, *domain;

	address_split(address, &c->scratch, &local, &domain);
	return domain == NULL || route_domain_ok(c->cf, domain);
}

/* The path behind "FROM:" or "TO:" and what follows it; false: it was answered. */
static bool
take_path(
    struct client *c, const char *verb, const char *colon, bool empty_ok, char *args, const char **address, char **rest)
{
	const char *text, *why = "";

	args = with_domain(c, args);
	if (!text_starts(args, colon) || *(text = args + strlen(colon) + strspn(args + strlen(colon), " \t")) == '\0') {
		reply(c, "501 5.5.4 Syntax: %s %s<address>", verb, colon);
		return false;
	}
	if (address_path(&text, c->cf->strict_rfc821_envelopes, empty_ok, false, &c->scratch, address, &why) &&
	    (*text == '\0' || strchr(" \t", *text) != NULL || strchr(" \t", text[-1]) != NULL) &&
	    domain_can_be(c, *address) && arena_ok(&c->scratch)) {
		*rest = args + (text - args);
		return true;
	}
	log_warn("Illegal address syntax from %s in %s command: %s", c->shown, verb,
	    args + strlen(colon) + strspn(args + strlen(colon), " \t"));
	reply(c, empty_ok ? "501 5.1.7 Bad sender address syntax" : "501 5.1.3 Bad recipient address syntax");
	return false;
}

/* FATE_OK, or the verdict for the client; room in the queue is told to the log like a policy. */
static enum fate
may_send(struct client *c, const struct mail_parameters *p, const char *sender, struct verdict *why)
{
	long limit = c->cf->message_size_limit;
	struct occasion o = { .command = "MAIL" };

	if (c->bare_unsure && policy_bare(c, why) != FATE_OK)
		return why->fate;
	if (limit > 0 && p->size > limit)
		return never(why, "5.3.4", "Message size exceeds fixed limit");
	if (message_room(c, p->size, why) != FATE_OK) {
		reply_log(c, "reject", &o, arena_fmt(&c->scratch, "%d %s %s", why->code, why->dsn, why->text));
		return why->fate;
	}
	return policy_mail(c, sender, why);
}

enum state
envelope_mail(struct client *c, char *args)
{
	struct verdict why = VERDICT(&c->scratch);
	struct transaction *t = &c->tx;
	struct mail_parameters p;
	const char *sender, *bad;
	char *rest;

	if (!take_path(c, "MAIL", "FROM:", true, args, &sender, &rest))
		return c->state;
	if ((bad = parameters_mail(rest, c->ehlo_discard, &c->scratch, &p)) != NULL) {
		reply(c, "%s", bad);
		return c->state;
	}
	message_reset(c); /* access rules leave their wishes in the transaction */
	if (may_send(c, &p, sender, &why) != FATE_OK) {
		reply_verdict(c, &why);
		message_reset(c);
		return c->state;
	}
	t->sender = arena_str(&t->mem, sender);
	t->ret = p.ret;
	t->body = p.body;
	t->envid = arena_str(&t->mem, p.envid);
	t->size = p.size;
	t->began_us = now_us();
	reply(c, "250 2.1.0 Ok");
	return STATE_MAIL;
}

/* False: no more recipients in this message; past the overshoot limit that is an error. */
static bool
room_for_one(struct client *c)
{
	struct transaction *t = &c->tx;

	if (t->nrcpts < c->cf->smtpd_recipient_limit)
		return true;
	reply(c, "452 4.5.3 Error: too many recipients");
	c->failed = ++t->surplus > c->cf->smtpd_recipient_overshoot_limit;
	return false;
}

static bool
begin_message(struct client *c)
{
	struct verdict why = VERDICT(&c->scratch);

	if (c->tx.sink != NULL)
		return true;
	if (policy_rewrites(c, &c->tx.rewrite, &why) != FATE_OK || (c->tx.sink = sink_open(c, &why)) == NULL) {
		reply_verdict(c, &why);
		return false;
	}
	return true;
}

enum state
envelope_rcpt(struct client *c, char *args)
{
	struct verdict why = VERDICT(&c->scratch);
	struct transaction *t = &c->tx;
	struct recipient r = { .original = "" };
	struct rcpt_parameters p;
	const char *bad;
	char *rest;

	if (!take_path(c, "RCPT", "TO:", false, args, &r.address, &rest))
		return c->state;
	if ((bad = parameters_rcpt(rest, c->ehlo_discard, &c->scratch, &p)) != NULL) {
		reply(c, "%s", bad);
		return c->state;
	}
	if (!room_for_one(c))
		return c->state;
	if (policy_rcpt(c, "RCPT", r.address, &why) != FATE_OK) {
		reply_verdict(c, &why);
		return c->state;
	}
	if (!begin_message(c))
		return c->state;
	r.orcpt = p.orcpt;
	r.notify = p.notify;
	sink_rcpt(t->sink, &r);
	if (++t->nrcpts == 1)
		t->only_rcpt = arena_str(&t->mem, r.address);
	reply(c, "250 2.1.5 Ok");
	return STATE_RCPT;
}
