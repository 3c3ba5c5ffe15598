/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are right by themselves, and not together. */
#include "commands/sallyport/check_inside.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/conf/params.h"
#include "lib/net/addr.h"
#include "lib/table/match_list.h"

#include <stdlib.h>
#include <string.h>

static bool
works(const char *parameter)
{
	const struct param *row = param_find(parameter);

	return row != NULL && param_status(row) == PARAM_WORKS;
}

static bool
is_yes(const struct scope *s, const char *parameter)
{
	return scope_is(s, parameter, "yes");
}

/* ---- numbers ---- */

/* In seconds or octets; each parameter has units of its own. */
static long
number_of(const struct scope *s, const char *parameter)
{
	return *(const long *)(const void *)((const char *)s->cf + param_find(parameter)->at);
}

/* a: a time or a number that must not be more than b. */
static void
check_order(struct checking *c, const char *a, const char *b, const char *problem)
{
	const struct scope *s = &c->scopes[0];
	const char *guilty = scope_sets(s, a) ? a : b;
	long x = number_of(s, a), y = number_of(s, b);
	char *remedy;

	if (x <= y || !works(a) || !works(b))
		return;
	remedy = mem_fmt("make %s at least as large as %s", b, a);
	finding_add(c->found, FINDING_values_contradict, scope_spot(c, s, guilty), remedy,
	    "%s (%lds) is more than %s (%lds): %s", a, x, b, y, problem);
	free(remedy);
}

static void
check_times(struct checking *c)
{
	check_order(c, "minimal_backoff_time", "maximal_backoff_time", "the time between attempts has no range");
	check_order(c, "queue_run_delay", "minimal_backoff_time", "messages wait longer than they should");
	check_order(c, "maximal_backoff_time", "maximal_queue_lifetime", "a message may be given up after one attempt");
	check_order(c, "delay_warning_time", "maximal_queue_lifetime", "nobody is ever told of a delay");
}

/* A message may be larger than what it is to fit into; 0 is no limit. */
static void
check_room(struct checking *c, const char *limit, const char *domains)
{
	const struct scope *s = &c->scopes[0];
	long message = s->cf->message_size_limit, most = number_of(s, limit);
	const char *guilty = scope_sets(s, "message_size_limit") ? "message_size_limit" : limit;
	char *remedy;

	if (most == 0 || (message != 0 && message <= most) || scope_text(s, domains)[0] == '\0' ||
	    !scope_sets(s, guilty))
		return;
	remedy = mem_fmt("raise %s, or set it to 0", limit);
	finding_add(c->found, FINDING_values_contradict, scope_spot(c, s, guilty), remedy,
	    "message_size_limit (%ld%s) is more than %s (%ld): a mailbox cannot take every message that is accepted",
	    message, message == 0 ? ", which is none" : "", limit, most);
	free(remedy);
}

static void
check_sizes(struct checking *c)
{
	const struct scope *s = &c->scopes[0];
	long free_least = number_of(s, "queue_minfree"), message = s->cf->message_size_limit;

	check_room(c, "mailbox_size_limit", "mydestination");
	check_room(c, "virtual_mailbox_limit", "virtual_mailbox_domains");
	if (free_least > 0 && free_least / 3 * 2 < message && works("queue_minfree"))
		finding_add(c->found, FINDING_values_contradict, scope_spot(c, s, "queue_minfree"),
		    "make it at least one and a half times message_size_limit, or take it out",
		    "queue_minfree (%ld) is too small for a message of message_size_limit (%ld)", free_least, message);
}

/* ---- domains ---- */

static const struct {
	const char *a, *b;
} class_pairs[] = {
	{ "mydestination", "virtual_alias_domains" },
	{ "mydestination", "virtual_mailbox_domains" },
	{ "virtual_alias_domains", "virtual_mailbox_domains" },
	{ "virtual_alias_domains", "relay_domains" },
	{ "virtual_mailbox_domains", "relay_domains" },
};

static void
tell_twice(struct checking *c, const char *domain, const char *a, const char *b)
{
	char *remedy = mem_fmt("take it out of %s or of %s", a, b);

	finding_add(c->found, FINDING_domain_twice, scope_word(c, &c->scopes[0], a, domain), remedy,
	    "%s is in %s and in %s: only the first one counts", domain, a, b);
	free(remedy);
}

/* The domains that a names itself, looked up in b, which may have tables. */
static void
check_pair(struct checking *c, const char *a, const char *b)
{
	const struct scope *s = &c->scopes[0];
	const struct table_env env = { .cf = s->cf, .trial = c->trial };
	char *copy = mem_str(scope_text(s, a)), *cursor = copy, *word;
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(2048);
	struct match_list *list = match_list_open("", scope_text(s, b), &env, &err);

	while (list != NULL && (word = text_word(&cursor, TEXT_LIST)) != NULL) {
		if (strpbrk(word, ":/!{}[") == NULL && match_list_get(list, word, &mem, &why) == TABLE_FOUND)
			tell_twice(c, word, a, b);
		arena_reset(&mem);
	}
	match_list_free(&list);
	arena_free(&mem);
	buf_free(&err);
	free(copy);
}

/* Is name one of a list's own words? */
static bool
names(const struct checking *c, const char *list, const char *name)
{
	const struct scope *s = &c->scopes[0];
	const struct table_env env = { .cf = s->cf, .trial = c->trial };
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(2048);
	struct match_list *l = match_list_open("", scope_text(s, list), &env, &err);
	bool found = l != NULL && match_list_get(l, name, &mem, &why) == TABLE_FOUND;

	match_list_free(&l);
	arena_free(&mem);
	buf_free(&err);
	return found;
}

/* Mail for root@myhostname, as cron and others send it.  Without mydestination nothing is meant to stay here. */
static void
check_own_name(struct checking *c)
{
	const struct scope *s = &c->scopes[0];
	const char *name = s->cf->myhostname;

	if (s->cf->mydestination[0] != '\0' && !names(c, "mydestination", name) &&
	    !names(c, "virtual_alias_domains", name) && !names(c, "virtual_mailbox_domains", name))
		finding_add(c->found, FINDING_host_not_final, scope_spot(c, s, "mydestination"),
		    "add $myhostname to mydestination",
		    "mydestination does not have %s: mail for this host goes elsewhere", name);
}

/* ---- loops ---- */

/* "[host]:25" in its parts; *mx: its MX records are asked for. */
static char *
relay_name(const char *relayhost, bool *mx, bool *smtp_port)
{
	char *copy = mem_str(relayhost), *end, *port;

	*mx = copy[0] != '[';
	if (*mx) {
		end = copy + strcspn(copy, ":");
		port = *end == ':' ? end + 1 : NULL;
		*end = '\0';
	} else {
		end = copy + strcspn(copy, "]");
		port = *end == ']' && end[1] == ':' ? end + 2 : NULL;
		*end = '\0';
		memmove(copy, copy + 1, strlen(copy + 1) + 1);
	}
	*smtp_port = port == NULL || strcmp(port, "25") == 0 || strcmp(port, "smtp") == 0;
	return copy;
}

static bool
is_own_address(const struct scope *s, const char *text)
{
	struct addr_set own = { 0 };
	struct buf err = BUF(1024);
	struct addr a;
	bool found = addr_parse(&a, text, 0) &&
	    addr_own(s->cf->inet_interfaces, s->cf->proxy_interfaces, s->cf->inet_protocols, &own, &err) &&
	    addr_set_has(&own, &a);

	addr_set_free(&own);
	buf_free(&err);
	return found;
}

static void
check_relayhost(struct checking *c)
{
	const struct scope *s = &c->scopes[0];
	bool mx, smtp_port;
	char *name = relay_name(s->cf->relayhost, &mx, &smtp_port);

	if (name[0] != '\0' && mx && names(c, "mydestination", name))
		finding_add(c->found, FINDING_values_contradict, scope_spot(c, s, "relayhost"),
		    "name the host that mail goes to in brackets",
		    "relayhost %s is one of mydestination: if its MX record is this host, mail comes back",
		    s->cf->relayhost);
	else if (smtp_port && (text_same(name, s->cf->myhostname) || is_own_address(s, name)))
		finding_add(c->found, FINDING_mail_loop, scope_spot(c, s, "relayhost"), "name another host",
		    "relayhost %s is this host itself", s->cf->relayhost);
	free(name);
}

/* ---- trust ---- */

static void
check_trust(struct checking *c)
{
	const struct scope *s = &c->scopes[0];

	if (is_yes(s, "allow_untrusted_routing"))
		finding_add(c->found, FINDING_routing_trusted, scope_spot(c, s, "allow_untrusted_routing"), "write no",
		    "allow_untrusted_routing: user%%elsewhere@here goes where a stranger says");
	if (scope_is(s, "mynetworks_style", "class") && !scope_sets(s, "mynetworks"))
		finding_add(c->found, FINDING_networks_wide, scope_spot(c, s, "mynetworks_style"),
		    "write subnet or host, or name your networks in mynetworks",
		    "mynetworks_style = class trusts the whole network of the provider");
	if (is_yes(s, "soft_bounce"))
		finding_add(c->found, FINDING_setting_for_tests, scope_spot(c, s, "soft_bounce"),
		    "take it out after the test",
		    "soft_bounce: nothing is ever returned, and clients try again for days");
	if (scope_text(s, "local_recipient_maps")[0] == '\0' && scope_text(s, "mydestination")[0] != '\0')
		finding_add(c->found, FINDING_recipients_unchecked, scope_spot(c, s, "local_recipient_maps"),
		    "take the line out, or name the tables of your users",
		    "local_recipient_maps is empty: mail for users that do not exist is accepted");
	if (scope_text(s, "relay_recipient_maps")[0] == '\0' && scope_sets(s, "relay_domains") &&
	    scope_text(s, "relay_domains")[0] != '\0')
		finding_add(c->found, FINDING_recipients_unchecked, scope_spot(c, s, "relay_domains"),
		    "name the tables of their users in relay_recipient_maps",
		    "relay_domains without relay_recipient_maps: mail for users that do not exist is accepted");
}

static void
check_passwords(struct checking *c, const struct scope *s)
{
	char *shown = scope_name(s, "smtpd_sasl_auth_enable");

	if (works("smtpd_sasl_auth_enable") && scope_says(s, "smtpd_sasl_auth_enable") &&
	    is_yes(s, "smtpd_sasl_auth_enable") && !is_yes(s, "smtpd_tls_auth_only") &&
	    !is_yes(s, "smtpd_tls_wrappermode") && !scope_is(s, "smtpd_tls_security_level", "encrypt") &&
	    strstr(scope_text(s, "smtpd_sasl_security_options"), "noplaintext") == NULL)
		finding_add(c->found, FINDING_passwords_in_the_clear, scope_spot(c, s, "smtpd_sasl_auth_enable"),
		    "smtpd_tls_auth_only = yes", "%s: passwords may come without encryption", shown);
	free(shown);
}

void
check_conflicts(struct checking *c)
{
	check_times(c);
	check_sizes(c);
	for (size_t i = 0; i < NITEMS(class_pairs); i++)
		check_pair(c, class_pairs[i].a, class_pairs[i].b);
	check_own_name(c);
	check_relayhost(c);
	check_trust(c);
	for (size_t i = 0; i < c->nscopes; i++)
		check_passwords(c, &c->scopes[i]);
}
