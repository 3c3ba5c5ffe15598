/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/greeting.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "smtpd/dialogue.h"
#include "smtpd/message.h"
#include "smtpd/policy.h"
#include "smtpd/reply.h"

#include <stdlib.h>
#include <string.h>

/* In the order of the answer; STARTTLS and AUTH will stand behind VRFY. */
static const struct keyword {
	unsigned bit;
	const char *name;
} keywords[] = {
	{ EHLO_PIPELINING, "PIPELINING" },
	{ EHLO_SIZE, "SIZE" },
	{ EHLO_VRFY, "VRFY" },
	{ EHLO_ENHANCEDSTATUSCODES, "ENHANCEDSTATUSCODES" },
	{ EHLO_8BITMIME, "8BITMIME" },
	{ EHLO_DSN, "DSN" },
	{ EHLO_CHUNKING, "CHUNKING" },
};

unsigned
greeting_keywords(const char *list)
{
	char *copy = mem_str(list), *cursor = copy, *word;
	unsigned bits = 0;

	while ((word = text_word(&cursor, TEXT_LIST)) != NULL)
		for (size_t i = 0; i < NITEMS(keywords); i++)
			if (text_same(keywords[i].name, word))
				bits |= keywords[i].bit;
	free(copy);
	return bits;
}

char *
greeting_harmless(const char *name)
{
	char *s = mem_str(name);

	for (char *p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p > 126 || strchr("<>()\\\";@", *p) != NULL)
			*p = '?';
	return s;
}

/* The next state; what was before a good HELO or EHLO is forgotten (RFC 5321 4.1.4). */
static enum state
hello(struct client *c, const char *verb, const char *name, bool esmtp)
{
	struct verdict why = VERDICT(&c->scratch);

	if (name[0] == '\0') {
		reply(c, "501 Syntax: %s hostname", verb);
		return c->state;
	}
	message_reset(c);
	free(c->helo);
	c->helo = greeting_harmless(name);
	c->esmtp = false;
	if (policy_helo(c, verb, &why) != FATE_OK) {
		free(c->helo);
		c->helo = NULL;
		reply_verdict(c, &why);
		return STATE_CONNECTED;
	}
	c->esmtp = esmtp;
	return STATE_READY;
}

enum state
greeting_helo(struct client *c, char *args)
{
	enum state next = hello(c, "HELO", args, false);

	if (!c->failed)
		reply(c, "250 %s", c->cf->myhostname);
	return next;
}

void
greeting_look_up(struct client *c)
{
	struct verdict why = VERDICT(&c->scratch);
	const char *list;

	c->ehlo_discard = c->server->ehlo_discard;
	if (c->server->ehlo_discard_maps == NULL) { /* alone: postdrop does not know ORCPT */
		c->ehlo_discard |= EHLO_DSN;
		return;
	}
	c->ehlo_unsure = false;
	switch (table_list_get(c->server->ehlo_discard_maps, c->host, &c->scratch, &list, &why)) {
	case TABLE_FOUND:
		c->ehlo_discard = greeting_keywords(list);
		if (c->ehlo_discard && strcasestr(list, "silent-discard") == NULL)
			log_info("discarding EHLO keywords: %s", list);
		break;
	case TABLE_ERROR:
		log_warn("smtpd_discard_ehlo_keyword_address_maps: %s", why.text);
		c->ehlo_unsure = true;
		break;
	case TABLE_ABSENT:
		break;
	}
}

enum state
greeting_ehlo(struct client *c, char *args)
{
	enum state next;
	unsigned offered;
	size_t last = 0;

	if (c->ehlo_unsure)
		greeting_look_up(c);
	if (c->ehlo_unsure) {
		reply(c, "451 4.3.0 Error: temporary lookup failure");
		return c->state;
	}
	next = hello(c, "EHLO", args, true);
	if (c->failed)
		return next;
	offered = ~c->ehlo_discard & ~(c->cf->disable_vrfy_command ? (unsigned)EHLO_VRFY : 0);
	for (size_t i = 0; i < NITEMS(keywords); i++)
		if (offered & keywords[i].bit)
			last = i + 1;
	reply(c, "250%c%s", last > 0 ? '-' : ' ', c->cf->myhostname);
	for (size_t i = 0; i < last; i++) {
		char more = i + 1 < last ? '-' : ' ';

		if (!(offered & keywords[i].bit))
			continue;
		if (keywords[i].bit == EHLO_SIZE && c->cf->message_size_limit > 0)
			reply(c, "250%cSIZE %ld", more, c->cf->message_size_limit);
		else
			reply(c, "250%c%s", more, keywords[i].name);
	}
	return next;
}
