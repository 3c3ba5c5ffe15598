/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that move no mail. */
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "lib/mail/address.h"
#include "lib/net/dns.h"
#include "smtpd/dialogue.h"
#include "smtpd/message.h"
#include "smtpd/policy.h"
#include "smtpd/reply.h"

#include <string.h>

enum state
other_rset(struct client *c, char *args)
{
	if (args[0] != '\0') {
		reply(c, "501 5.5.4 Syntax: RSET");
		return c->state;
	}
	message_reset(c);
	reply(c, "250 2.0.0 Ok");
	return dialogue_idle(c);
}

enum state
other_noop(struct client *c, char *args)
{
	(void)args;
	reply(c, "250 2.0.0 Ok");
	return c->state;
}

/* What would be said at RCPT, without saying whether the address is there (RFC 5321 3.5.3). */
enum state
other_vrfy(struct client *c, char *args)
{
	struct verdict why = VERDICT(&c->scratch);
	const char *text = args, *address, *bad = "";

	if (c->cf->disable_vrfy_command) {
		reply(c, "502 5.5.1 VRFY command is disabled");
	} else if (args[0] == '\0') {
		reply(c, "501 5.5.4 Syntax: VRFY address");
	} else if (!address_path(&text, false, false, false, &c->scratch, &address, &bad) || *text != '\0') {
		log_warn("Illegal address syntax from %s in VRFY command: %s", c->shown, args);
		reply(c, "501 5.1.3 Bad recipient address syntax");
	} else if (policy_rcpt(c, "VRFY", address, &why) != FATE_OK) {
		reply_verdict(c, &why);
	} else {
		reply(c, "252 2.0.0 %s", address);
	}
	return c->state;
}

/* There is no service that delivers the mail of one domain on demand, and EHLO does not offer ETRN. */
enum state
other_etrn(struct client *c, char *args)
{
	struct verdict why = VERDICT(&c->scratch);
	const char *name = args[0] == '@' || args[0] == '#' ? args + 1 : args;

	if (name[0] == '\0' || strpbrk(name, " \t") != NULL) {
		reply(c, "500 Syntax: ETRN domain");
	} else if (c->state != STATE_CONNECTED && c->state != STATE_READY) {
		reply(c, "503 Error: MAIL transaction in progress");
	} else if (!dns_name_ok(name) && !address_is_literal(name)) {
		reply(c, "501 Error: invalid parameter syntax");
	} else if (policy_etrn(c, name, &why) != FATE_OK) {
		reply_verdict(c, &why);
	} else {
		log_warn("reject: ETRN %.100s... from %s", name, c->shown);
		reply(c, "459 <%s>: service unavailable", name);
	}
	return c->state;
}

enum state
other_help(struct client *c, char *args)
{
	struct buf list = BUF(512);

	(void)args;
	for (size_t i = 0; i < dialogue_nverbs; i++)
		if (dialogue_verbs[i].flags & VERB_OFFERED)
			buf_fmt(&list, " %s", dialogue_verbs[i].name);
	reply(c, "214 2.0.0 Commands:%s", buf_str(&list));
	buf_free(&list);
	return c->state;
}

enum state
other_quit(struct client *c, char *args)
{
	(void)args;
	reply(c, "221 2.0.0 Bye");
	return STATE_BYE;
}

enum state
other_starttls(struct client *c, char *args)
{
	(void)args;
	reply(c, "502 " REPLY_NOT_OFFERED);
	return c->state;
}

enum state
other_auth(struct client *c, char *args)
{
	(void)args;
	reply(c, "503 5.5.1 Error: authentication not enabled");
	return c->state;
}

/* A list of members is nobody's business. */
enum state
other_expn(struct client *c, char *args)
{
	(void)args;
	reply(c, "502 " REPLY_NOT_OFFERED);
	return c->state;
}

/* XCLIENT and XFORWARD. */
enum state
other_privileged(struct client *c, char *args)
{
	(void)args;
	reply(c, "550 5.7.0 Error: insufficient authorization");
	return c->state;
}
