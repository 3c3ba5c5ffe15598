/* SPDX-License-Identifier: Apache-2.0 */
/* Restrictions about where a recipient's mail goes, and whether anybody is there. */
#include "lib/access/restrict_rows.h"
#include "lib/base/log.h"
#include "lib/conf/level.h"
#include "lib/mail/address.h"
#include "lib/mail/route.h"

#include <string.h>

enum opinion
judge_lookup_failed(struct judging *j, struct subject s, const struct verdict *why)
{
	if (!j->c->trial)
		log_warn("%s: %s", s.name, why->text);
	return judge_refuse_text(j, 451, "4.3.0", "<%s>: Temporary lookup failure", s.name);
}

/* As cleanup will have the address: "joe" is joe@$myorigin, wherever that is. */
static struct route_query
query(const struct judging *j, struct subject s)
{
	return (struct route_query){ .address = route_complete(j->c->cf, s.name, j->c->cf->myorigin, j->mem),
		.sender = s.kind == SUBJECT_RECIPIENT ? j->about.sender : NULL,
		.client = j->c->host,
		.is_sender = s.kind == SUBJECT_SENDER };
}

/* Of the recipient it is asked for more than once, and found out once. */
static enum fate
route_of(struct judging *j, struct subject s, struct route *to, struct verdict *why)
{
	const struct route_query q = query(j, s);
	bool keep = s.name == j->about.recipient;
	enum fate fate;

	if (keep && j->route.transport != NULL) {
		*to = j->route;
		return FATE_OK;
	}
	if ((fate = route_resolve(j->c->routes, &q, j->mem, to, why)) == FATE_OK && keep)
		j->route = *to;
	return fate;
}

/* ---- where it goes ---- */

/* A subdomain of ours, which only the old default relays to. */
static void
note_relay(struct judging *j, const char *address)
{
	const char *local, *domain;

	if (!judge_old_default(j, "relay_domains"))
		return;
	address_split(address, j->mem, &local, &domain);
	level_notice("relay_domains", "accept mail for domain \"%s\"", domain != NULL ? domain : "");
}

enum destination { OURS, FOREIGN, NOBODY_KNOWS };

static enum destination
destination(struct judging *j, struct subject s, struct verdict *why)
{
	struct route to;

	switch (route_of(j, s, &to, why)) {
	case FATE_OK:
		/* The sender names a way of his own: user@elsewhere@here, user%elsewhere@here, elsewhere!user@here. */
		if (to.routed && !j->c->cf->allow_untrusted_routing)
			return FOREIGN;
		if (to.class_ == ROUTE_RELAY)
			note_relay(j, s.name);
		return to.class_ == ROUTE_DEFAULT ? FOREIGN : OURS;
	case FATE_LATER:
		return NOBODY_KNOWS;
	default:
		return FOREIGN;
	}
}

static enum opinion
refuse_foreign(struct judging *j, long code, const char *dsn)
{
	struct verdict why = VERDICT(j->mem);
	struct subject s;

	if (!judge_recipient(j, &s))
		return OPINION_NONE;
	switch (destination(j, s, &why)) {
	case OURS:
		return OPINION_NONE;
	case NOBODY_KNOWS:
		return judge_lookup_failed(j, s, &why);
	default:
		return judge_refuse_text(j, code, dsn, "<%s>: Relay access denied", s.name);
	}
}

bool
judge_foreign(struct judging *j)
{
	struct verdict why = VERDICT(j->mem);
	struct subject s;

	return judge_recipient(j, &s) && destination(j, s, &why) == FOREIGN;
}

enum opinion
restrict_unauth_destination(struct judging *j, const struct step *step)
{
	(void)step;
	return refuse_foreign(j, j->c->cf->relay_domains_reject_code, "5.7.1");
}

enum opinion
restrict_defer_unauth_destination(struct judging *j, const struct step *step)
{
	long code = j->c->cf->relay_domains_reject_code;

	(void)step;
	return refuse_foreign(j, code >= 500 ? code - 100 : code, "4.7.1");
}

enum opinion
restrict_permit_auth_destination(struct judging *j, const struct step *step)
{
	struct verdict why = VERDICT(j->mem);
	struct subject s;

	(void)step;
	if (!judge_recipient(j, &s))
		return OPINION_NONE;
	switch (destination(j, s, &why)) {
	case OURS:
		return OPINION_PERMIT;
	case NOBODY_KNOWS:
		return judge_lookup_failed(j, s, &why);
	default:
		return OPINION_NONE;
	}
}

/* ---- who is there ---- */

static enum opinion
unlisted(struct judging *j, struct subject s)
{
	const struct route_query q = query(j, s);
	struct verdict why = VERDICT(j->mem);
	enum table_result known = TABLE_ABSENT;
	struct route to;

	switch (route_of(j, s, &to, &why)) {
	case FATE_OK:
		known = route_known(j->c->routes, &q, &to, j->mem, &why);
		break;
	case FATE_LATER:
		known = TABLE_ERROR;
		break;
	case FATE_NEVER:
		break;
	}
	if (known == TABLE_FOUND)
		return OPINION_NONE;
	if (known == TABLE_ERROR)
		return judge_lookup_failed(j, s, &why);
	return judge_refuse(j, why.code, why.dsn, s, "%s", why.text);
}

enum opinion
judge_unlisted_recipient(struct judging *j, const struct step *step)
{
	struct subject s;

	(void)step;
	return judge_recipient(j, &s) ? unlisted(j, s) : OPINION_NONE;
}

enum opinion
judge_unlisted_sender(struct judging *j, const struct step *step)
{
	struct subject s;

	(void)step;
	return judge_sender(j, &s) && s.name[0] != '\0' ? unlisted(j, s) : OPINION_NONE;
}
