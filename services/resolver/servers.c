/* SPDX-License-Identifier: Apache-2.0 */
#include "services/resolver/servers.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/net/addr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DNS_PORT = 53 };

/* The text stays as it was given, for the sake of a scope ("fe80::1%eth0"). */
static bool
add(struct servers *s, const char *host, int port)
{
	struct addr a;

	if (s->n == SERVERS_MAX || !addr_parse(&a, host, port) || strlen(host) > SERVER_TEXT - 8)
		return false;
	snprintf(s->at[s->n++], SERVER_TEXT, "%s@%d", host, port);
	return true;
}

void
servers_parse(const char *text, struct servers *s)
{
	char *copy = mem_str(text), *cursor = copy, *line, *word;

	s->n = 0;
	while ((line = text_word(&cursor, "\n")) != NULL) {
		line[strcspn(line, "#;")] = '\0';
		if ((word = text_word(&line, " \t\r")) == NULL || strcmp(word, "nameserver") != 0)
			continue;
		if ((word = text_word(&line, " \t\r")) != NULL)
			add(s, word, DNS_PORT);
	}
	free(copy);
}

bool
servers_one(const char *text, struct servers *s)
{
	char *copy = mem_str(text), *host = copy, *colon = strrchr(copy, ':'), *end;
	long port = DNS_PORT;
	bool ok = true;

	s->n = 0;
	if (host[0] == '[' && (end = strchr(host, ']')) != NULL) {
		*end = '\0';
		host++;
		colon = end[1] == ':' ? end + 1 : NULL;
		ok = end[1] == '\0' || colon != NULL;
	} else if (colon != NULL && strchr(host, ':') == colon) {
		*colon = '\0';
	} else {
		colon = NULL;
	}
	if (colon != NULL)
		ok = text_number(colon + 1, 1, 65535, &port);
	ok = ok && add(s, host, (int)port);
	free(copy);
	return ok;
}

bool
servers_same(const struct servers *a, const struct servers *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->at[i], b->at[i]) != 0)
			return false;
	return true;
}
