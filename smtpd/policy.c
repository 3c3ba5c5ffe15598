/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/policy.h"

#include "lib/base/log.h"
#include "smtpd/reply.h"

static void
log_for(void *ctx, const char *event, const struct occasion *o, const char *text)
{
	reply_log(ctx, event, o, text);
}

/* What the client is known by at this moment. */
static struct restrict_client
known(struct client *c)
{
	const struct server *s = c->server;

	return (struct restrict_client){ .cf = c->cf,
		.set = s->restrictions,
		.routes = s->routes,
		.mynetworks = s->mynetworks,
		.own = &s->own,
		.dns = &c->dns,
		.mem = &c->scratch,
		.addr = &c->addr,
		.name = c->name,
		.reverse = c->reverse,
		.name_code = c->name_code,
		.host = c->host,
		.shown = c->shown,
		.helo = c->helo,
		.pipelined = c->pipelined,
		.ahead = conn_buffered(c->conn) > 0,
		.sender = c->tx.sender,
		.only_rcpt = c->tx.only_rcpt,
		.nrcpts = c->tx.nrcpts,
		.edits = &c->tx.edits,
		.edits_mem = &c->tx.mem,
		.log = log_for,
		.ctx = c };
}

enum fate
policy_connect(struct client *c, struct verdict *why)
{
	const struct restrict_client who = known(c);

	return restrict_connect(&who, why);
}

enum fate
policy_helo(struct client *c, const char *command, struct verdict *why)
{
	const struct restrict_client who = known(c);

	return restrict_helo(&who, command, why);
}

enum fate
policy_mail(struct client *c, const char *sender, struct verdict *why)
{
	const struct restrict_client who = known(c);

	return restrict_mail(&who, sender, why);
}

enum fate
policy_rcpt(struct client *c, const char *command, const char *recipient, struct verdict *why)
{
	const struct restrict_client who = known(c);

	return restrict_rcpt(&who, command, recipient, why);
}

enum fate
policy_data(struct client *c, const char *command, struct verdict *why)
{
	const struct restrict_client who = known(c);

	return restrict_data(&who, command, why);
}

enum fate
policy_end_of_data(struct client *c, struct verdict *why)
{
	const struct restrict_client who = known(c);

	return restrict_end_of_data(&who, why);
}

enum fate
policy_etrn(struct client *c, const char *domain, struct verdict *why)
{
	const struct restrict_client who = known(c);

	return restrict_etrn(&who, domain, why);
}

enum fate
policy_rewrites(struct client *c, bool *out, struct verdict *why)
{
	const struct restrict_client who = known(c);

	return restrict_rewrites(&who, out, why);
}

/* Strangers are held to the letter, our own may be as careless as they ever were. */
enum fate
policy_bare(struct client *c, struct verdict *why)
{
	c->bare = BARE_NO;
	c->bare_unsure = false;
	if (c->server->pool == NULL)
		return FATE_OK;
	switch (match_list_get_client(c->server->bare_newline_exclusions, c->name, &c->addr, &c->scratch, why)) {
	case TABLE_FOUND:
		break;
	case TABLE_ABSENT:
		c->bare = c->server->bare;
		break;
	case TABLE_ERROR:
		log_warn("%s", why->text);
		c->bare_unsure = true;
		return later(why, "4.3.0", "Error: temporary lookup failure");
	}
	return FATE_OK;
}
