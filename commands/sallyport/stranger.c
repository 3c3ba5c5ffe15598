/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/stranger.h"

#include "lib/access/restrict.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/mail/route.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY = 4 << 20, OWN_DOMAINS = 20, SENDERS = 2 + OWN_DOMAINS, WHY_MOST = 1024 };

/* Names that nobody has. */
#define NOWHERE "stranger-8e1f.net"
#define VICTIM	"somebody@elsewhere-8e1f.org"

/* Far from each other, so that no one network that somebody trusts for a reason has them all. */
static const char *const corners4[] = { "45.83.12.77", "100.43.19.5", "189.4.77.23" };
static const char *const corners6[] = { "2001:67c:2e8:77::1", "2a0e:b107::77", "2600:1f18::77" };

struct trying {
	const struct conf *cf;
	struct restrict_set *set;
	struct routes *routes;
	struct match_list *mynetworks;
	struct addr_set own;
	struct arena mem;
	char *senders[SENDERS];
	size_t nsenders;
	/* of the attempt at hand */
	struct buf why;
	bool permitted_networks;
};

/* ---- what smtpd opens at start ---- */

static bool
open_all(struct trying *t, struct table_trial *trial, struct buf *err)
{
	const struct table_env env = { .cf = t->cf, .trial = trial };

	return (t->mynetworks = match_list_open_clients("mynetworks", t->cf->mynetworks, &env, err)) != NULL &&
	    addr_own(t->cf->inet_interfaces, t->cf->proxy_interfaces, t->cf->inet_protocols, &t->own, err) &&
	    (t->routes = routes_open(t->cf, &env, err)) != NULL && (t->set = restrict_open(t->cf, &env, err)) != NULL;
}

static void
close_all(struct trying *t)
{
	restrict_free(&t->set);
	routes_free(&t->routes);
	match_list_free(&t->mynetworks);
	addr_set_free(&t->own);
	arena_free(&t->mem);
	buf_free(&t->why);
	for (size_t i = 0; i < t->nsenders; i++)
		free(t->senders[i]);
}

/* ---- what he says ---- */

static void
add_domains(struct trying *t, const char *list)
{
	char *copy = mem_str(list), *cursor = copy, *word;

	while (t->nsenders < SENDERS && (word = text_word(&cursor, TEXT_LIST)) != NULL)
		if (strpbrk(word, ":/!{}[]") == NULL && word[0] != '.')
			t->senders[t->nsenders++] = mem_fmt("postmaster@%s", word);
	free(copy);
}

static void
make_senders(struct trying *t)
{
	t->senders[t->nsenders++] = mem_str("somebody@" NOWHERE);
	t->senders[t->nsenders++] = mem_str("");
	add_domains(t, t->cf->myorigin);
	add_domains(t, t->cf->mydomain);
	add_domains(t, t->cf->mydestination);
	add_domains(t, t->cf->virtual_alias_domains);
	add_domains(t, t->cf->virtual_mailbox_domains);
	add_domains(t, t->cf->relay_domains);
}

static void
note_passed(void *ctx, const char *list, const char *restriction, const char *argument)
{
	struct trying *t = ctx;

	if (restriction == NULL)
		return;
	t->permitted_networks = t->permitted_networks || strcmp(restriction, "permit_mynetworks") == 0;
	buf_fmt(&t->why, "%s%s says %s%s%.200s", t->why.len > 0 ? ", " : "", list, restriction,
	    argument[0] != '\0' ? " " : "", argument);
}

/* One session, up to the end of a message; addresses parse, they are ours. */
static bool
passes(struct trying *t, const char *corner, const char *helo, const char *sender)
{
	struct verdict why = VERDICT(&t->mem);
	struct addr a;
	struct restrict_client who = { .cf = t->cf,
		.set = t->set,
		.routes = t->routes,
		.mynetworks = t->mynetworks,
		.own = &t->own,
		.mem = &t->mem,
		.addr = &a,
		.name = "host." NOWHERE,
		.reverse = "host." NOWHERE,
		.name_code = 250,
		.host = corner,
		.shown = arena_fmt(&t->mem, "host." NOWHERE "[%s]", corner),
		.ctx = t,
		.trial = true,
		.passed = note_passed };
	bool ok;

	buf_clear(&t->why);
	t->permitted_networks = false;
	ok = addr_parse(&a, corner, 0) && restrict_connect(&who, &why) == FATE_OK;
	who.helo = helo;
	ok = ok && restrict_helo(&who, "EHLO", &why) == FATE_OK && restrict_mail(&who, sender, &why) == FATE_OK;
	who.sender = sender;
	ok = ok && restrict_rcpt(&who, "RCPT", VICTIM, &why) == FATE_OK;
	who.only_rcpt = VICTIM;
	who.nrcpts = 1;
	ok = ok && restrict_data(&who, "DATA", &why) == FATE_OK && restrict_end_of_data(&who, &why) == FATE_OK;
	arena_reset(&t->mem);
	return ok;
}

static bool
all_pass(struct trying *t, const char *const *corners, size_t n, const char *helo, const char *sender)
{
	for (size_t i = 0; i < n; i++)
		if (!passes(t, corners[i], helo, sender))
			return false;
	return true;
}

static void
describe(const struct trying *t, const char *corner, const char *helo, const char *sender, struct stranger_passed *how)
{
	*how = (struct stranger_passed){ .address = mem_str(corner),
		.helo = mem_str(helo),
		.sender = mem_str(sender),
		.recipient = mem_str(VICTIM),
		.why = mem_str(t->why.len > 0 ? buf_str(&t->why) : "no restriction refuses it"),
		.permitted_networks = t->permitted_networks };
}

/* VICTIM may be an address of ours, however unlikely; what cannot be found out is elsewhere. */
static enum route_class
class_of_victim(struct trying *t)
{
	struct verdict why = VERDICT(&t->mem);
	enum route_class class_;

	if (route_class_of(t->routes, strchr(VICTIM, '@') + 1, &t->mem, &class_, &why) != FATE_OK)
		class_ = ROUTE_DEFAULT;
	arena_reset(&t->mem);
	return class_;
}

static bool
is_ours(enum route_class class_)
{
	return class_ == ROUTE_LOCAL || class_ == ROUTE_VIRTUAL_ALIAS || class_ == ROUTE_VIRTUAL_MAILBOX;
}

enum stranger
stranger_try(const struct conf *cf, struct table_trial *trial, struct stranger_passed *how, struct buf *err)
{
	struct trying t = { .cf = cf, .mem = ARENA(MEMORY), .why = BUF(WHY_MOST) };
	const char *helos[] = { NOWHERE, cf->myhostname };
	enum stranger result = STRANGER_REFUSED;
	enum route_class class_;

	if (!open_all(&t, trial, err)) {
		close_all(&t);
		return STRANGER_CANNOT;
	}
	make_senders(&t);
	class_ = class_of_victim(&t);
	for (size_t i = 0; i < t.nsenders * NITEMS(helos) && result == STRANGER_REFUSED && !is_ours(class_); i++) {
		const char *sender = t.senders[i / NITEMS(helos)], *helo = helos[i % NITEMS(helos)];

		if (all_pass(&t, corners4, NITEMS(corners4), helo, sender)) {
			describe(&t, corners4[NITEMS(corners4) - 1], helo, sender, how);
			result = STRANGER_PASSED;
		} else if (all_pass(&t, corners6, NITEMS(corners6), helo, sender)) {
			describe(&t, corners6[NITEMS(corners6) - 1], helo, sender, how);
			result = STRANGER_PASSED;
		}
	}
	how->relay_domain = result == STRANGER_PASSED && class_ == ROUTE_RELAY;
	close_all(&t);
	return result;
}

void
stranger_passed_free(struct stranger_passed *how)
{
	free(how->address);
	free(how->helo);
	free(how->sender);
	free(how->recipient);
	free(how->why);
	*how = (struct stranger_passed){ 0 };
}
