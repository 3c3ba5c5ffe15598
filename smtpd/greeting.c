/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/greeting.h"

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

enum state
greeting_ehlo(struct client *c, char *args)
{
	enum state next = hello(c, "EHLO", args, true);
	unsigned offered;
	size_t last = 0;

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
