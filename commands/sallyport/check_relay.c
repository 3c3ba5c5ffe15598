/* SPDX-License-Identifier: Apache-2.0 */
/* May strangers send mail to anywhere?  Each smtpd service is asked, by the code that it has. */
#include "commands/sallyport/check_inside.h"
#include "commands/sallyport/stranger.h"

#include "lib/base/mem.h"
#include "lib/conf/params.h"
#include "lib/net/addr.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { LISTENERS = 256 };

static bool
is_loopback(const struct addr *a)
{
	size_t n;
	const unsigned char *bytes = addr_bytes(a, &n);
	static const unsigned char one[16] = { [15] = 1 };

	return bytes != NULL && (n == 4 ? bytes[0] == 127 : memcmp(bytes, one, n) == 0);
}

/* Can others than this host connect to it? */
static bool
is_public(struct checking *c, const struct scope *s)
{
	struct addr *listen = mem_zero(LISTENERS, sizeof(*listen));
	struct buf err = BUF(2048);
	bool found = s->service->type == SERVICE_PASS;
	int n = 0;

	if (s->service->type == SERVICE_INET &&
	    (n = addr_listen_set(
		 s->service->name, c->p->cf->inet_interfaces, c->p->cf->inet_protocols, listen, LISTENERS, &err)) < 0)
		n = 0; /* master refuses that, in its own words */
	for (int i = 0; i < n; i++)
		found = found || !is_loopback(&listen[i]);
	free(listen);
	buf_free(&err);
	return found;
}

/* Where it was decided: the list that is the administrator's own, the recipient's first. */
static struct spot
decided_at(const struct checking *c, const struct scope *s, const struct stranger_passed *how)
{
	const char *lists[] = { "smtpd_recipient_restrictions", "smtpd_relay_restrictions" };

	if (how->relay_domain)
		return scope_spot(c, s, "relay_domains");
	if (how->permitted_networks && scope_sets(s, "mynetworks"))
		return scope_spot(c, s, "mynetworks");
	for (size_t i = 0; i < NITEMS(lists); i++)
		if (scope_sets(s, lists[i]))
			return scope_spot(c, s, lists[i]);
	return service_spot(c, s->service);
}

static void
tell_open(struct checking *c, const struct scope *s, const struct stranger_passed *how)
{
	finding_add(c->found, FINDING_relay_open, decided_at(c, s, how),
	    how->relay_domain		  ? "name the domains in relay_domains: now it has any that there is"
		: how->permitted_networks ? "trust fewer networks in mynetworks"
					  : "put reject_unauth_destination before what permits, or into "
					    "smtpd_relay_restrictions",
	    "service %s: anybody may send to anywhere: [%s] (HELO %s) from <%s> to <%s> is accepted: %s",
	    s->service->name, how->address, how->helo, how->sender, how->recipient, how->why);
}

/* Lists that smtpd cannot read were told of word by word. */
static bool
lists_were_told(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->all[i].code == FINDING_restriction_unknown || f->all[i].code == FINDING_restriction_argument ||
		    f->all[i].code == FINDING_restriction_class)
			return true;
	return false;
}

/* "parameter: what is wrong with it", or a word about the lists as a whole. */
static void
tell_trouble(struct checking *c, const struct scope *s, const char *why)
{
	const struct stranger_passed nobody = { 0 };
	char *name = mem_str(why);

	name[strcspn(name, ":")] = '\0';
	if (param_find(name) != NULL)
		finding_told(c->found, FINDING_setting_invalid, scope_spot(c, s, name), why);
	else if (strstr(why, "specify at least one") == NULL)
		finding_told(c->found, FINDING_relay_undecided, decided_at(c, s, &nobody), why);
	else
		finding_add(c->found, FINDING_relay_undecided, decided_at(c, s, &nobody),
		    "write smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination", "%s", why);
	free(name);
}

static void
check_service(struct checking *c, const struct scope *s)
{
	struct stranger_passed how = { 0 };
	struct buf err = BUF(8192);

	switch (stranger_try(s->cf, c->trial, &how, &err)) {
	case STRANGER_REFUSED:
		break;
	case STRANGER_PASSED:
		tell_open(c, s, &how);
		break;
	case STRANGER_CANNOT:
		if (!lists_were_told(c->found))
			tell_trouble(c, s, buf_str(&err));
		break;
	}
	stranger_passed_free(&how);
	buf_free(&err);
}

void
check_relay(struct checking *c)
{
	for (size_t i = 1; i < c->nscopes; i++)
		if (strcmp(c->scopes[i].service->program, "smtpd") == 0 && is_public(c, &c->scopes[i]))
			check_service(c, &c->scopes[i]);
}
