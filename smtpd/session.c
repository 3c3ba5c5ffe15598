/* SPDX-License-Identifier: Apache-2.0 */
/* One client, from connect to disconnect. */
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "lib/service/service.h"
#include "lib/table/table.h"
#include "smtpd/dialogue.h"
#include "smtpd/greeting.h"
#include "smtpd/message.h"
#include "smtpd/policy.h"
#include "smtpd/reply.h"
#include "smtpd/server.h"

#include <stdlib.h>
#include <string.h>

enum { CLIENT_MEMORY = 64 << 10, COMMAND_MEMORY = 1 << 20, MESSAGE_MEMORY = 1 << 20 };

/* ---- who is there ---- */

static void
look_up_name(struct client *c)
{
	struct dns_client who = { "unknown", "unknown", 450 };

	if (c->cf->smtpd_peername_lookup && c->server->pool != NULL)
		dns_client_name(&c->dns, &c->addr, &c->scratch, &who);
	c->name = arena_str(&c->mem, who.name);
	c->reverse = arena_str(&c->mem, who.reverse);
	c->name_code = who.code;
	dns_close(&c->dns); /* idle clients should cost little */
}

static void
identify(struct client *c, const struct addr *peer)
{
	char text[ADDR_TEXT];
	int port = addr_port(peer);

	c->addr = *peer;
	c->host = arena_str(&c->mem, peer->len > 0 ? addr_host(peer, text) : "unknown");
	c->port = port > 0 ? arena_fmt(&c->mem, "%d", port) : "";
	look_up_name(c);
	c->shown = arena_fmt(&c->mem, "%s[%s]", c->name, c->host);
	if (c->cf->smtpd_client_port_logging)
		c->shown = arena_fmt(&c->mem, "%s:%s", c->shown, c->port[0] != '\0' ? c->port : "unknown");
}

/* Whoever called sendmail: the mail is local. */
static void
identify_alone(struct client *c)
{
	c->addr = (struct addr){ .len = 0 };
	c->name = c->reverse = "localhost";
	c->name_code = 250;
	c->host = "127.0.0.1";
	c->port = "";
	c->shown = "localhost[127.0.0.1]";
}

/* ---- the ends of a session ---- */

static void
greet(struct client *c)
{
	struct verdict why = VERDICT(&c->scratch);

	c->state = STATE_CONNECTED;
	conn_deadline(c->conn, c->cf->smtpd_timeout);
	if (policy_connect(c, &why) != FATE_OK) {
		c->state = STATE_DENIED;
		reply_verdict(c, &why);
		if (c->hang_up)
			c->state = STATE_BYE;
	} else {
		reply(c, "220 %s", c->cf->smtpd_banner);
	}
}

static void
add_count(struct buf *b, const char *name, long good, long all)
{
	buf_fmt(b, good == all ? " %s=%ld" : " %s=%ld/%ld", name, good, all);
}

static void
log_disconnect(struct client *c)
{
	struct buf counts = BUF(2048);
	long good = 0, all = 0;

	for (size_t i = 0; i <= dialogue_nverbs; i++) {
		if (c->counts[i] > 0)
			add_count(&counts, i < dialogue_nverbs ? dialogue_verbs[i].counter : "unknown", c->successes[i],
			    c->counts[i]);
		good += c->successes[i];
		all += c->counts[i];
	}
	if (all == 0)
		buf_puts(&counts, " commands=0/0");
	else
		add_count(&counts, "commands", good, all);
	log_info("disconnect from %s%s", c->shown, buf_str(&counts));
	buf_free(&counts);
}

void
smtpd_session(struct session *s)
{
	struct client *c = mem_zero(1, sizeof(*c));

	c->conn = s->conn;
	conn_expect(c->conn, 0); /* commands are short */
	conn_idles(c->conn);
	c->cf = s->cf;
	c->server = s->state;
	c->service = s->service;
	c->mem = (struct arena)ARENA(CLIENT_MEMORY);
	c->scratch = (struct arena)ARENA(COMMAND_MEMORY);
	c->tx.mem = (struct arena)ARENA(MESSAGE_MEMORY);
	c->dns = (struct dns)DNS("private/resolver", c->cf->dns_timeout);
	c->where = "CONNECT";
	message_reset(c);
	if (c->server->pool != NULL)
		identify(c, &s->peer);
	else
		identify_alone(c);
	log_doing("session with %s", c->shown);
	log_info("connect from %s", c->shown);
	policy_bare(c, &(struct verdict)VERDICT(&c->scratch));
	greeting_look_up(c);
	greet(c);
	while (c->state != STATE_BYE && dialogue_step(c))
		;
	conn_flush(c->conn);
	message_reset(c);
	log_disconnect(c);
	dns_close(&c->dns);
	free(c->helo);
	arena_free(&c->mem);
	arena_free(&c->scratch);
	arena_free(&c->tx.mem);
	free(c);
}
