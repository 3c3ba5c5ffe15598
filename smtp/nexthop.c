/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/nexthop.h"

#include "lib/base/idn.h"
#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

static bool
bad(struct verdict *why, const char *text, const char *problem)
{
	later(why, "4.3.5", "mail system configuration error: next hop \"%s\": %s", text, problem);
	return false;
}

/* "[host]:port", "host:port", "host"; cuts text, *port is NULL when there is none. */
static bool
split(char *text, char **host, char **port, bool *brackets)
{
	char *end = text, *colon;

	*brackets = text[0] == '[';
	if (*brackets) {
		if ((end = strchr(text, ']')) == NULL)
			return false;
		*end++ = '\0';
		if (*end != '\0' && *end != ':')
			return false;
		*host = text + 1;
		*port = *end == ':' ? end + 1 : NULL;
		return true;
	}
	*host = text;
	colon = strrchr(text, ':');
	if ((*port = colon) != NULL) {
		*colon = '\0';
		++*port;
	}
	return true;
}

static bool
parse_inet(const char *text, bool lmtp, int port, struct arena *mem, struct nexthop *h, struct verdict *why)
{
	char *copy = arena_str(mem, text_starts(text, "inet:") ? text + 5 : text), *host, *name;
	char number[ADDR_TEXT];
	bool brackets;

	*h = (struct nexthop){ .port = port, .default_port = true };
	if (!split(copy, &host, &name, &brackets) || *host == '\0')
		return bad(why, text, "write domain, host:port, [host] or [host]:port");
	if (name != NULL) {
		h->default_port = false;
		if ((h->port = addr_service_port(name)) < 0)
			return bad(why, text, "unknown port");
	}
	if ((h->numeric = addr_parse(&h->addr, host, h->port))) {
		h->name = arena_str(mem, addr_host(&h->addr, number));
		return true;
	}
	if ((h->name = idn_ascii(host, mem)) == NULL) {
		never(why, "5.1.2", "bad domain name: %s", host);
		return false;
	}
	text_lower(host = arena_str(mem, h->name));
	h->name = host;
	h->mx = !brackets && !lmtp;
	return true;
}

bool
nexthop_parse(const char *text, bool lmtp, int port, struct arena *mem, struct nexthop *h, struct verdict *why)
{
	if (!text_starts(text, "unix:"))
		return parse_inet(text, lmtp, port, mem, h, why);
	*h = (struct nexthop){ .name = arena_str(mem, text + 5), .unix_path = true };
	return addr_unix(&h->addr, h->name) || bad(why, text, "bad path of a Unix socket");
}
