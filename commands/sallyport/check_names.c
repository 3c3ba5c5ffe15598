/* SPDX-License-Identifier: Apache-2.0 */
/* This host's name and addresses: are they what others will find? */
#include "commands/sallyport/check_inside.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/net/addr.h"
#include "lib/net/dns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An administrator waits for it. */
enum { PATIENCE_SECONDS = 2 };

/* Whether a socket can have it says the kernel. */
static bool
is_here(const struct addr *a)
{
	struct addr any_port = *a;
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool here;

	addr_set_port(&any_port, 0);
	here = fd < 0 || bind(fd, &any_port.sa, any_port.len) == 0 || errno != EADDRNOTAVAIL;
	if (fd >= 0)
		close(fd);
	return here;
}

/* ---- addresses ---- */

static void
tell_foreign(struct checking *c, struct spot at, const char *shown, const char *word, const struct addr *a)
{
	char text[ADDR_TEXT];
	bool number = strcmp(addr_host(a, text), word) == 0;

	finding_add(c->found, FINDING_interface_foreign, at, "give it to an interface, or name another one",
	    "%s: no interface of this host has the address %s%s%s%s", shown, addr_host(a, text), number ? "" : " (",
	    number ? "" : word, number ? "" : ")");
}

static void
check_interface(struct checking *c, const struct scope *s, const char *parameter, const char *word)
{
	const struct spot at = scope_word(c, s, parameter, word);
	char *shown = scope_name(s, parameter);
	struct addr_set set = { 0 };
	struct buf err = BUF(1024);

	if (!addr_own(word, "", s->cf->inet_protocols, &set, &err))
		finding_told(c->found, FINDING_interface_foreign, at, buf_str(&err));
	for (size_t i = 0; i < set.n; i++)
		if (!is_here(&set.a[i]))
			tell_foreign(c, at, shown, word, &set.a[i]);
	addr_set_free(&set);
	buf_free(&err);
	free(shown);
}

static void
check_interfaces(struct checking *c, const struct scope *s)
{
	static const char *const names[] = { "inet_interfaces", "smtp_bind_address", "smtp_bind_address6",
		"lmtp_bind_address", "lmtp_bind_address6" };

	for (size_t i = 0; i < NITEMS(names); i++) {
		char *copy = mem_str(scope_text(s, names[i])), *cursor = copy, *word;

		while (scope_says(s, names[i]) && (word = text_word(&cursor, TEXT_LIST)) != NULL)
			if (!text_same(word, "all") && !text_same(word, "loopback-only"))
				check_interface(c, s, names[i], word);
		free(copy);
	}
}

/* "192.0.2.1:25" of master.cf. */
static void
check_listener(struct checking *c, const struct mastercf_service *s)
{
	enum { MOST = 64 };
	struct addr *listen = mem_zero(MOST, sizeof(*listen));
	struct buf err = BUF(1024);
	int n = 0;

	if (strchr(s->name, ':') != NULL)
		n = addr_listen_set(s->name, c->p->cf->inet_interfaces, c->p->cf->inet_protocols, listen, MOST, &err);
	for (int i = 0; i < n; i++)
		if (!is_here(&listen[i]))
			tell_foreign(c, service_spot(c, s), s->name, s->name, &listen[i]);
	free(listen);
	buf_free(&err);
}

/* ---- the name ---- */

/* One of ours, or of those behind which we are. */
static bool
is_ours(const struct checking *c, const char *text)
{
	struct addr_set others = { 0 };
	struct buf err = BUF(1024);
	struct addr a;
	bool ours = addr_parse(&a, text, 0) &&
	    (is_here(&a) ||
		(addr_own("", c->p->cf->proxy_interfaces, c->p->cf->inet_protocols, &others, &err) &&
		    addr_set_has(&others, &a)));

	addr_set_free(&others);
	buf_free(&err);
	return ours;
}

/* All the addresses of the name, in words; *ours: one of them is. */
static enum dns_status
ask_addresses(const struct checking *c, const char *name, struct arena *mem, struct buf *words, bool *ours)
{
	static const char *const types[] = { "A", "AAAA" };
	struct dns dns = DNS("private/resolver", PATIENCE_SECONDS);
	enum dns_status status = DNS_NO_NAME, result = DNS_NO_NAME;
	struct dns_answer answer;

	for (size_t i = 0; i < NITEMS(types) && status != DNS_LATER; i++) {
		status = dns_ask(&dns, name, types[i], mem, &answer);
		if (status == DNS_FOUND || (status == DNS_LATER && result != DNS_FOUND))
			result = status;
		for (size_t k = 0; k < answer.n; k++) {
			buf_fmt(words, "%s%s", words->len > 0 ? ", " : "", answer.records[k].value);
			*ours = *ours || is_ours(c, answer.records[k].value);
		}
		if (status == DNS_LATER && result != DNS_FOUND)
			buf_puts(words, answer.text);
	}
	dns_close(&dns);
	return result;
}

static void
ask_name(struct checking *c)
{
	const char *name = c->p->cf->myhostname;
	const struct spot at = scope_spot(c, &c->scopes[0], "myhostname");
	struct arena mem = ARENA(1 << 20);
	struct buf words = BUF(1024);
	bool ours = false;

	switch (chdir(c->p->queue) == 0 ? ask_addresses(c, name, &mem, &words, &ours) : DNS_LATER) {
	case DNS_FOUND:
		if (!ours)
			finding_add(c->found, FINDING_host_name, at,
			    "name those of the router in proxy_interfaces, or correct the name",
			    "myhostname %s has the address %s, which is none of this host's", name, buf_str(&words));
		break;
	case DNS_LATER:
		finding_add(c->found, FINDING_names_unchecked, (struct spot){ NULL, 0 },
		    "check again while the mail system runs", "%s was not looked up: %s", name,
		    words.len > 0 ? buf_str(&words) : "no resolver answers");
		break;
	default:
		finding_add(c->found, FINDING_host_name, at,
		    "make an address record for it, or set myhostname to a name that has",
		    "myhostname %s has no address in DNS: other hosts may refuse our mail", name);
	}
	arena_free(&mem);
	buf_free(&words);
}

static void
check_host_name(struct checking *c)
{
	const char *name = c->p->cf->myhostname;
	const struct spot at = scope_spot(c, &c->scopes[0], "myhostname");

	if (strchr(name, '.') == NULL || text_ends(name, ".localdomain"))
		finding_add(c->found, FINDING_host_name, at, "set it in main.cf",
		    "myhostname \"%s\" %s: other hosts may refuse our mail", name,
		    strchr(name, '.') == NULL ? "has no dot in it" : "is a name of no domain");
	else if (c->purpose == CHECK_COMMAND)
		ask_name(c);
}

void
check_names(struct checking *c)
{
	for (size_t i = 0; i < c->nscopes; i++) {
		check_interfaces(c, &c->scopes[i]);
		if (c->scopes[i].service != NULL && c->scopes[i].service->type == SERVICE_INET)
			check_listener(c, c->scopes[i].service);
	}
	check_host_name(c);
}
