/* SPDX-License-Identifier: Apache-2.0 */
/* sallyport explain: what becomes of an address, found out by the code of the daemons. */
#include "commands/sallyport/explain.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/mail/address.h"
#include "lib/mail/rewrite.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 16 << 20 };

/* All tables of an explanation. */
struct tables {
	struct routes *routes;
	struct rewriter *rewriter;
};

static void
open_tables(const struct explain *e, struct tables *t)
{
	const struct table_env env = { .cf = e->p->cf, .direct = true };
	struct buf err = BUF(8192);

	if ((t->routes = routes_open(e->p->cf, &env, &err)) == NULL ||
	    !rewriter_open(&t->rewriter, e->p->cf, &env, &err))
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	buf_free(&err);
}

static struct route_query
query(struct explain *e, const char *address)
{
	return (struct route_query){
		.address = address, .sender = e->sender, .client = e->client, .login = e->login, .trace = &e->trace
	};
}

/* What smtpd asks before it accepts the address. */
static enum fate
explain_acceptance(struct explain *e, struct tables *t, struct arena *mem, struct verdict *why)
{
	const struct route_query q = query(e, route_complete(e->p->cf, e->address, e->p->cf->myorigin, mem));
	enum table_result known;
	struct route to;
	enum fate fate;

	explain_part(e, "who is there", e->address);
	if ((fate = route_resolve(t->routes, &q, mem, &to, why)) != FATE_OK) {
		explain_trouble(e, why);
	} else {
		known = route_known(t->routes, &q, &to, mem, why);
		explain_known(e, known, why);
		fate = known == TABLE_ERROR ? FATE_LATER : FATE_OK;
	}
	explain_part_end(e);
	return fate;
}

/* What cleanup makes of it: the addresses that mail goes to. */
static enum fate
explain_rewriting(
    struct explain *e, struct tables *t, struct arena *mem, const char ***list, size_t *n, struct verdict *why)
{
	const char *address = route_complete(e->p->cf, e->address, e->p->cf->myorigin, mem);
	enum fate fate;

	explain_part(e, "rewriting", e->address);
	if (strcmp(address, e->address) != 0)
		trace_note(&e->trace, "myorigin", e->address, address);
	fate = rewrite_address(t->rewriter, REWRITE_ENVELOPE_RECIPIENT, address, &e->trace, mem, &address, why);
	if (fate == FATE_OK)
		fate = rewrite_aliases(t->rewriter, address, &e->trace, mem, list, n, why);
	if (fate != FATE_OK)
		explain_trouble(e, why);
	explain_part_end(e);
	return fate;
}

static enum fate
explain_delivery(struct explain *e, struct tables *t, const char *address, struct arena *mem, struct verdict *why)
{
	const struct route_query q = query(e, address);
	struct route to;
	enum fate fate;

	explain_part(e, "route", address);
	fate = route_resolve(t->routes, &q, mem, &to, why);
	if (fate == FATE_OK)
		explain_route(e, &to);
	else
		explain_trouble(e, why);
	explain_part_end(e);
	return fate;
}

static enum fate
explain_all(struct explain *e, struct tables *t)
{
	struct arena mem = ARENA(WORDS_MAX);
	struct verdict why = VERDICT(&mem);
	const char **list;
	enum fate worst, fate;
	size_t n;

	worst = explain_acceptance(e, t, &mem, &why);
	if ((fate = explain_rewriting(e, t, &mem, &list, &n, &why)) != FATE_OK) {
		worst = fate;
	} else {
		for (size_t i = 0; i < n; i++)
			if (explain_delivery(e, t, list[i], &mem, &why) == FATE_LATER)
				worst = FATE_LATER;
	}
	arena_free(&mem);
	return worst;
}

/* "--sender a", "--sender=a": the argument; NULL: it is another option. */
static const char *
argument(char ***at, const char *name)
{
	size_t n = strlen(name);
	const char *word = **at;

	if (strncmp(word, name, n) != 0 || (word[n] != '\0' && word[n] != '='))
		return NULL;
	if (word[n] == '=')
		return word + n + 1;
	if ((*at)[1] == NULL)
		log_fatal(EX_USAGE, "option %s wants an argument", name);
	++*at;
	return **at;
}

static void
parse(struct explain *e, char **at)
{
	static const char usage[] =
	    "usage: sallyport explain rcpt ADDRESS [--sender ADDRESS] [--client IP] [--login NAME] [--json]";
	const char *value;

	if (*at == NULL || strcmp(*at, "rcpt") != 0)
		log_fatal(EX_USAGE, "%s", usage);
	for (at++; *at != NULL; at++) {
		if ((value = argument(&at, "--sender")) != NULL)
			e->sender = strcmp(value, "<>") == 0 ? "" : value;
		else if ((value = argument(&at, "--client")) != NULL)
			e->client = value;
		else if ((value = argument(&at, "--login")) != NULL)
			e->login = value;
		else if (strcmp(*at, "--json") == 0)
			e->as_json = true;
		else if (**at != '-' && e->address == NULL)
			e->address = *at;
		else
			log_fatal(EX_USAGE, "what is %s? %s", *at, usage);
	}
	if (e->address == NULL)
		log_fatal(EX_USAGE, "%s", usage);
}

/* As RCPT TO: has it. */
static void
check(struct explain *e, struct arena *mem)
{
	const char *text = arena_fmt(mem, "<%s>", e->address), *why;

	if (!address_path(&text, false, false, true, mem, &e->address, &why) || *text != '\0')
		log_fatal(EX_USAGE, "%s: not a mail address", e->address);
}

int
command_explain(const struct place *p)
{
	struct explain e = { .p = p, .json = JSON(stdout), .trace = { explain_step } };
	struct arena mem = ARENA(1 << 16);
	struct tables t = { 0 };
	enum fate fate;

	parse(&e, p->arguments);
	check(&e, &mem);
	open_tables(&e, &t);
	explain_begin(&e);
	fate = explain_all(&e, &t);
	explain_end(&e);
	rewriter_free(&t.rewriter);
	routes_free(&t.routes);
	arena_free(&mem);
	return fflush(stdout) != 0 || fate == FATE_LATER;
}
