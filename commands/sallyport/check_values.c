/* SPDX-License-Identifier: Apache-2.0 */
/* What values say that cannot be meant: names that nobody sets, comments, addresses and names that are none. */
#include "commands/sallyport/check_inside.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/conf/params.h"
#include "lib/conf/undefined.h"
#include "lib/net/addr.h"
#include "lib/table/match_list.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void
tell_undefined(void *ctx, const struct undefined *u)
{
	struct checking *c = ctx;
	const struct spot at = u->service != NULL ? service_spot(c, u->service) : (struct spot){ c->main_cf, u->line };
	const char *nearest = param_nearest(u->name);
	char *remedy = nearest != NULL ? mem_fmt("did you mean \"$%s\"?", nearest) : mem_fmt("set it, or take it out");

	/* A class without a list is told with the other words of the lists. */
	if (strcmp(u->parameter, "smtpd_restriction_classes") != 0)
		finding_add(c->found, FINDING_setting_undefined, at, remedy,
		    "%s: $%s is set nowhere, and stands for nothing", u->parameter, u->name);
	free(remedy);
}

/* "inet_protocols = ipv4 # for now": the value has five words. */
static void
check_comment(struct checking *c, const struct conf_line *line)
{
	const struct param *p = param_find(line->name);
	const char *mark = strchr(line->value, '#');

	if (p == NULL || p->type == F_RAW || mark == NULL || mark == line->value || !isspace((unsigned char)mark[-1]))
		return;
	finding_add(c->found, FINDING_setting_comment, (struct spot){ c->main_cf, line->line },
	    "write the comment on a line of its own", "%s: \"%.60s\" is no comment, but part of the value", line->name,
	    mark);
}

/* A file that is not there is told with the tables. */
static void
check_networks(struct checking *c, const struct scope *s)
{
	const struct table_env env = { .cf = s->cf, .trial = c->trial };
	struct buf err = BUF(2048);
	struct match_list *list = match_list_open_clients("mynetworks", scope_text(s, "mynetworks"), &env, &err);

	if (list == NULL && strstr(buf_str(&err), "open file") == NULL)
		finding_add(c->found, FINDING_setting_invalid, scope_spot(c, s, "mynetworks"),
		    "write networks, addresses, /file/name or type:table", "%s", buf_str(&err));
	match_list_free(&list);
	buf_free(&err);
}

/* NULL: it is host, host:port, [host] or [host]:port; else what is wrong. */
static const char *
wrong_with_host(const char *word)
{
	const char *end = word[0] == '[' ? strchr(word, ']') : word + strcspn(word, ":"),
		   *host = word + (word[0] == '[');

	if (end == NULL)
		return "the bracket is not closed";
	if (end == host)
		return "there is no host in it";
	if (word[0] != '[' && strspn(host, "0123456789") == (size_t)(end - host))
		return "a number is no host, and a port stands behind a colon";
	end += *end == ']';
	if (*end == ':' && addr_service_port(end + 1) < 0)
		return "there is no such port";
	return *end == '\0' || *end == ':' ? NULL : "nothing but a port can stand behind the bracket";
}

static void
check_hosts(struct checking *c, const struct scope *s, const char *parameter)
{
	char *copy = mem_str(scope_text(s, parameter)), *cursor = copy, *word;
	const char *wrong;

	while ((word = text_word(&cursor, TEXT_LIST)) != NULL)
		if (strchr(word, '/') == NULL && (wrong = wrong_with_host(word)) != NULL)
			finding_add(c->found, FINDING_setting_invalid, scope_spot(c, s, parameter),
			    "write host:port, or [host]:port where no MX records are to be asked for", "%s: \"%s\": %s",
			    parameter, word, wrong);
	free(copy);
}

static void
check_domain(struct checking *c, const struct scope *s, const char *parameter)
{
	const char *value = scope_text(s, parameter), *bad = value;

	while (*bad != '\0' &&
	    (isalnum((unsigned char)*bad) || (unsigned char)*bad >= 0x80 || strchr("-._", *bad) != NULL))
		bad++;
	if (*bad != '\0')
		finding_add(c->found, FINDING_setting_invalid, scope_spot(c, s, parameter), "write the bare name",
		    "%s = %s: no name has the character '%c' in it", parameter, value, *bad);
}

void
check_values(struct checking *c)
{
	static const char *const domains[] = { "mydomain", "myhostname" },
				 *const hosts[] = { "relayhost", "smtp_fallback_relay" };
	const struct conf_line *lines;
	size_t n;

	undefined_each(c->p->cf, c->master, tell_undefined, c);
	lines = conf_lines(c->p->cf, &n);
	for (size_t i = 0; i < n; i++)
		if (!lines[i].overridden)
			check_comment(c, &lines[i]);
	for (size_t i = 0; i < c->nscopes; i++) {
		const struct scope *s = &c->scopes[i];

		if (scope_says(s, "mynetworks"))
			check_networks(c, s);
		for (size_t k = 0; k < NITEMS(domains); k++)
			if (scope_sets(s, domains[k]) && scope_says(s, domains[k]))
				check_domain(c, s, domains[k]);
		for (size_t k = 0; k < NITEMS(hosts); k++)
			if (scope_says(s, hosts[k]))
				check_hosts(c, s, hosts[k]);
	}
}
