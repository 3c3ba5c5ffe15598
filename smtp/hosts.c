/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/hosts.h"

#include "lib/base/text.h"
#include "smtp/order.h"

#include <string.h>

/* More exchangers, or more addresses of one host, than anybody needs. */
enum { HOSTS_MAX = 50, ADDRESSES_MAX = 50, TARGETS_MAX = 500 };

/* What is being found. */
struct search {
	struct finder *f;
	const struct nexthop *hop;
	struct arena *mem;
	struct target *t;
	size_t n, cap;
	bool later;	  /* some part of the answer may be missing only for now */
	const char *text; /* why there was nothing */
};

static bool
family_wanted(const struct finder *f, const struct addr *a)
{
	return (a->sa.sa_family == AF_INET && (f->protocols & ADDR_IPV4)) ||
	    (a->sa.sa_family == AF_INET6 && (f->protocols & ADDR_IPV6));
}

static bool
make_room(struct search *s)
{
	size_t cap = s->cap ? s->cap * 2 : 8;
	struct target *t;

	if (s->n < s->cap)
		return true;
	if (s->n >= TARGETS_MAX || (t = arena_alloc(s->mem, cap * sizeof(*t))) == NULL)
		return false;
	for (size_t i = 0; i < s->n; i++)
		t[i] = s->t[i];
	s->t = t;
	s->cap = cap;
	return true;
}

static void
add(struct search *s, const char *name, const struct addr *a, long preference, bool secure)
{
	for (size_t i = 0; i < s->n; i++)
		if (addr_same_host(&s->t[i].addr, a))
			return;
	if (family_wanted(s->f, a) && make_room(s))
		s->t[s->n++] = (struct target){ name, *a, preference, secure };
}

static void
add_dns(struct search *s, const char *name, const char *type, long preference, bool secure)
{
	struct dns_answer answer;
	struct addr a;

	switch (s->f->ask(s->f->ctx, name, type, s->mem, &answer)) {
	case DNS_FOUND:
		for (size_t i = 0; i < answer.n && i < ADDRESSES_MAX; i++)
			if (addr_parse(&a, answer.records[i].value, s->hop->port))
				add(s, name, &a, preference, secure && answer.secure);
		return;
	case DNS_LATER:
		s->later = true;
		break;
	case DNS_NO_NAME:
	case DNS_NO_DATA:
	case DNS_REFUSED:
		break;
	}
	s->text = answer.text;
}

static void
add_from_resolver(struct search *s, const char *name, long preference, bool secure)
{
	if (s->f->protocols & ADDR_IPV4)
		add_dns(s, name, "A", preference, secure);
	if (s->f->protocols & ADDR_IPV6)
		add_dns(s, name, "AAAA", preference, secure);
}

static void
add_from_file(struct search *s, const char *name, long preference)
{
	struct addr some[ADDRESSES_MAX];
	size_t n = s->f->hosts != NULL ? hosts_file_find(s->f->hosts, name, s->hop->port, some, ADDRESSES_MAX) : 0;

	for (size_t i = 0; i < n; i++)
		add(s, name, &some[i], preference, false);
}

/* "native" is what the system does: the hosts file, and then its name servers. */
static void
add_host(struct search *s, const char *name, long preference, bool secure)
{
	const struct settings *how = s->f->settings;
	size_t was = s->n;

	if (how->dns)
		add_from_resolver(s, name, preference, secure);
	if (how->native && s->n == was)
		add_from_file(s, name, preference);
	if (!how->dns && s->n == was)
		add_from_resolver(s, name, preference, false);
}

static enum fate
nothing(const struct search *s, struct verdict *why)
{
	bool defer = s->later || (s->hop->mx && s->f->settings->defer_if_no_mx_address_found);
	const char *text = s->text != NULL ? s->text : "no address that inet_protocols allows";

	return defer ? later(why, s->later ? "4.4.3" : "4.4.4", "%s", text) : never(why, "5.4.4", "%s", text);
}

static enum fate
loops(const struct search *s, struct verdict *why)
{
	return never(why, "5.4.6", "mail for %s loops back to myself", s->hop->name);
}

/* A connection to no address in particular is one to this host. */
static bool
is_own(const struct finder *f, const struct addr *a)
{
	static const unsigned char zeros[16];
	size_t n;
	const unsigned char *bytes = addr_bytes(a, &n);

	return addr_set_has(f->own, a) || memcmp(bytes, zeros, n) == 0;
}

/* Whoever is not better than we are would give the mail back to us. */
static bool
drop_own(struct search *s, struct target_list *out)
{
	size_t kept = 0;
	long best = -1;

	if (s->f->settings->lmtp || s->hop->port != addr_service_port(s->f->settings->tcp_port))
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (is_own(s->f, &s->t[i].addr) && (best < 0 || s->t[i].preference < best))
			best = s->t[i].preference;
	if (best < 0)
		return true;
	out->we_are_mx = true;
	for (size_t i = 0; i < s->n; i++)
		if (s->t[i].preference < best)
			s->t[kept++] = s->t[i];
	s->n = kept;
	return kept > 0;
}

static enum fate
finish(struct search *s, struct target_list *out, struct verdict *why)
{
	const struct settings *how = s->f->settings;

	if (s->n == 0)
		return nothing(s, why);
	order_targets(s->t, s->n, how->address_preference, how->randomize_addresses, &s->f->random);
	if (!drop_own(s, out))
		return loops(s, why);
	s->n = order_limit(s->t, s->n, (size_t)how->mx_address_limit, how->balance_inet_protocols);
	out->t = s->t;
	out->n = s->n;
	return FATE_OK;
}

static void
add_exchangers(struct search *s, const struct dns_answer *answer)
{
	struct addr a;

	for (size_t i = 0; i < answer->n && i < HOSTS_MAX; i++) {
		const char *name = answer->records[i].value;

		/* An address is no host name, and "." among others is no exchanger. */
		if (*name == '\0' || addr_parse(&a, name, 0) || !dns_name_ok(name))
			s->text =
			    arena_fmt(s->mem, "MX record of %s has no valid host name: \"%s\"", s->hop->name, name);
		else
			add_host(s, name, answer->records[i].preference, answer->secure);
	}
}

static enum fate
find_exchangers(struct search *s, struct target_list *out, struct verdict *why)
{
	struct dns_answer answer;

	switch (s->f->ask(s->f->ctx, s->hop->name, "MX", s->mem, &answer)) {
	case DNS_FOUND:
		if (answer.n == 1 && *answer.records[0].value == '\0')
			return never(why, "5.1.10", "Domain %s does not accept mail (nullMX)", s->hop->name);
		add_exchangers(s, &answer);
		return finish(s, out, why);
	case DNS_LATER:
		if (!s->f->settings->cf->ignore_mx_lookup_error)
			return later(why, "4.4.3", "%s", answer.text);
		break;
	case DNS_REFUSED:
		return never(why, "5.4.4", "%s", answer.text);
	case DNS_NO_NAME:
	case DNS_NO_DATA:
		break;
	}
	/* RFC 5321 5.1: a domain without MX records is its own exchanger. */
	add_host(s, s->hop->name, 0, answer.secure);
	return finish(s, out, why);
}

enum fate
hosts_find(struct finder *f, const struct nexthop *hop, struct arena *mem, struct target_list *out, struct verdict *why)
{
	struct search s = { .f = f, .hop = hop, .mem = mem };

	*out = (struct target_list){ 0 };
	if (hop->unix_path) {
		if (make_room(&s))
			s.t[s.n++] = (struct target){ f->settings->cf->myhostname, hop->addr, 0, false };
		out->t = s.t;
		out->n = s.n;
		return s.n > 0 ? FATE_OK : later(why, "4.3.0", "out of memory for one delivery");
	}
	if (hop->numeric)
		add(&s, hop->name, &hop->addr, 0, false);
	else if (hop->mx && f->settings->mx)
		return find_exchangers(&s, out, why);
	else
		add_host(&s, hop->name, 0, true);
	return finish(&s, out, why);
}
