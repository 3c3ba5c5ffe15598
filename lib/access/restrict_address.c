/* SPDX-License-Identifier: Apache-2.0 */
/* Restrictions about the names in HELO, MAIL and RCPT. */
#include "lib/access/restrict_rows.h"
#include "lib/base/idn.h"
#include "lib/base/text.h"
#include "lib/mail/address.h"
#include "lib/mail/route.h"

#include <stdlib.h>
#include <string.h>

/* ---- host names ---- */

/* "[192.0.2.1]", "[IPv6:2001:db8::1]". */
static bool
is_address_literal(const char *name)
{
	size_t n = strlen(name);
	char inside[ADDR_TEXT];
	struct addr a;

	if (n < 3 || n - 2 >= sizeof(inside) || name[0] != '[' || name[n - 1] != ']')
		return false;
	memcpy(inside, name + 1, n - 2);
	inside[n - 2] = '\0';
	return inside[0] != '[' && addr_parse(&a, inside, 0);
}

/* Labels of letters, digits, - and _, none of which begins or ends with -; a dot may end it. */
static bool
is_hostname(const char *name, struct arena *mem)
{
	size_t n = strlen(name);
	const char *whole = n > 1 && name[n - 1] == '.' ? arena_strn(mem, name, n - 1) : name;

	if (!dns_name_ok(whole))
		return false;
	for (const char *label = whole; label != NULL; label = strchr(label, '.')) {
		size_t len;

		label += *label == '.';
		len = strcspn(label, ".");
		if (label[0] == '-' || label[len - 1] == '-')
			return false;
	}
	return true;
}

/* A dot within, and not just numbers. */
static bool
is_fqdn(const char *name, struct arena *mem)
{
	const char *dot = strchr(name, '.');

	return is_hostname(name, mem) && dot != NULL && dot[1] != '\0' && strspn(name, "0123456789.") != strlen(name);
}

static enum opinion
bad_literal(struct judging *j, struct subject s)
{
	return judge_refuse(j, j->c->cf->invalid_hostname_reject_code, "5.5.2", s, "invalid ip address");
}

enum opinion
restrict_invalid_helo(struct judging *j, const struct step *step)
{
	struct subject s;

	(void)step;
	if (!judge_helo(j, &s))
		return OPINION_NONE;
	if (s.name[0] == '[')
		return is_address_literal(s.name) ? OPINION_NONE : bad_literal(j, s);
	if (is_hostname(s.name, j->mem))
		return OPINION_NONE;
	return judge_refuse(j, j->c->cf->invalid_hostname_reject_code, "5.5.2", s, "Invalid name");
}

enum opinion
restrict_non_fqdn_helo(struct judging *j, const struct step *step)
{
	struct subject s;

	(void)step;
	if (!judge_helo(j, &s))
		return OPINION_NONE;
	if (s.name[0] == '[')
		return is_address_literal(s.name) ? OPINION_NONE : bad_literal(j, s);
	if (is_fqdn(s.name, j->mem))
		return OPINION_NONE;
	return judge_refuse(j, j->c->cf->non_fqdn_reject_code, "5.5.2", s, "need fully-qualified hostname");
}

/* Has the name a record of one of the types?  DNS_LATER: nobody knows. */
static enum dns_status
any_record(struct judging *j, const char *name, const char *const *types, struct dns_answer *out)
{
	const char *ascii = idn_ascii(name, j->mem);
	bool later = false;

	*out = (struct dns_answer){ .status = DNS_LATER, .canonical = "", .text = "" };
	if (j->c->trial)
		return DNS_FOUND; /* who wants to pass takes a name that does */
	if (ascii == NULL || !dns_name_ok(ascii))
		return DNS_NO_NAME;
	for (; *types != NULL; types++) {
		switch (dns_ask(j->c->dns, ascii, *types, j->mem, out)) {
		case DNS_FOUND:
			return DNS_FOUND;
		case DNS_LATER:
			later = true;
			break;
		default:
			break;
		}
	}
	return later ? DNS_LATER : DNS_NO_NAME;
}

enum opinion
restrict_unknown_helo(struct judging *j, const struct step *step)
{
	static const char *const types[] = { "A", "AAAA", "MX", NULL };
	const struct conf *cf = j->c->cf;
	struct dns_answer answer;
	struct subject s;

	(void)step;
	if (!judge_helo(j, &s))
		return OPINION_NONE;
	if (s.name[0] == '[')
		return is_address_literal(s.name) ? OPINION_NONE : bad_literal(j, s);
	switch (any_record(j, s.name, types, &answer)) {
	case DNS_FOUND:
		return OPINION_NONE;
	case DNS_LATER:
		return judge_tempfail(j, cf->unknown_helo_hostname_tempfail_action, 450, "4.7.1", s, "Host not found");
	default:
		return judge_refuse(j, cf->unknown_hostname_reject_code, "4.7.1", s, "Host not found");
	}
}

/* ---- addresses ---- */

static enum opinion
non_fqdn(struct judging *j, struct subject s)
{
	const char *local, *domain;

	if (s.name[0] == '\0')
		return OPINION_NONE;
	address_split(s.name, j->mem, &local, &domain);
	if (domain != NULL && (is_address_literal(domain) || is_fqdn(domain, j->mem)))
		return OPINION_NONE;
	return judge_refuse(j, j->c->cf->non_fqdn_reject_code, "5.5.2", s, "need fully-qualified address");
}

enum opinion
restrict_non_fqdn_sender(struct judging *j, const struct step *step)
{
	struct subject s;

	(void)step;
	return judge_sender(j, &s) ? non_fqdn(j, s) : OPINION_NONE;
}

enum opinion
restrict_non_fqdn_recipient(struct judging *j, const struct step *step)
{
	struct subject s;

	(void)step;
	return judge_recipient(j, &s) ? non_fqdn(j, s) : OPINION_NONE;
}

/* What is said about a domain that mail cannot go to or come from. */
struct unknown_domain {
	const char *dsn, *null_mx_dsn;
	int null_mx_code;
};

static enum opinion
unknown_domain(struct judging *j, struct subject s, const struct unknown_domain *u)
{
	static const char *const mx[] = { "MX", NULL }, *const addresses[] = { "A", "AAAA", NULL };
	const struct conf *cf = j->c->cf;
	struct verdict why = VERDICT(j->mem);
	enum dns_status status, status_a = DNS_NO_NAME;
	const char *local, *domain;
	struct dns_answer answer;
	enum route_class class_;

	address_split(s.name, j->mem, &local, &domain);
	if (domain == NULL || domain[0] == '\0' || address_is_literal(domain))
		return OPINION_NONE;
	if (route_class_of(j->c->routes, domain, j->mem, &class_, &why) != FATE_OK)
		return judge_lookup_failed(j, s, &why);
	if (class_ != ROUTE_DEFAULT && class_ != ROUTE_RELAY)
		return OPINION_NONE; /* we are where it goes */
	status = any_record(j, domain, mx, &answer);
	if (status == DNS_FOUND) {
		if (answer.n != 1 || (answer.records[0].value[0] != '\0' && strcmp(answer.records[0].value, ".") != 0))
			return OPINION_NONE;
		return judge_refuse(
		    j, u->null_mx_code, u->null_mx_dsn, s, "Domain %s does not accept mail (nullMX)", domain);
	}
	if (status == DNS_LATER || (status_a = any_record(j, domain, addresses, &answer)) == DNS_LATER)
		return judge_tempfail(j, cf->unknown_address_tempfail_action, 450, u->dsn, s, "Domain not found");
	if (status_a == DNS_FOUND)
		return OPINION_NONE;
	return judge_refuse(j, cf->unknown_address_reject_code, u->dsn, s, "Domain not found");
}

enum opinion
restrict_unknown_sender_domain(struct judging *j, const struct step *step)
{
	static const struct unknown_domain words = { "4.1.8", "5.7.27", 550 };
	struct subject s;

	(void)step;
	return judge_sender(j, &s) ? unknown_domain(j, s, &words) : OPINION_NONE;
}

enum opinion
restrict_unknown_recipient_domain(struct judging *j, const struct step *step)
{
	static const struct unknown_domain words = { "4.1.2", "5.1.10", 556 };
	struct subject s;

	(void)step;
	return judge_recipient(j, &s) ? unknown_domain(j, s, &words) : OPINION_NONE;
}
