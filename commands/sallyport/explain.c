/* SPDX-License-Identifier: Apache-2.0 */
/* sallyport explain: what becomes of an address, found out by the code of the daemons. */
#include "commands/sallyport/explain.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/mail/address.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 16 << 20 };

static struct routes *
open_tables(const struct explain *e)
{
	const struct table_env env = { .cf = e->p->cf, .direct = true };
	struct buf err = BUF(8192);
	struct routes *r = routes_open(e->p->cf, &env, &err);

	if (r == NULL)
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	buf_free(&err);
	return r;
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
explain_acceptance(struct explain *e, struct routes *r, struct arena *mem, struct verdict *why)
{
	const struct route_query q = query(e, route_complete(e->p->cf, e->address, e->p->cf->myorigin, mem));
	enum table_result known;
	struct route to;
	enum fate fate;

	explain_part(e, "who is there", e->address);
	if ((fate = route_resolve(r, &q, mem, &to, why)) != FATE_OK) {
		explain_trouble(e, why);
	} else {
		known = route_known(r, &q, &to, mem, why);
		explain_known(e, known, why);
		fate = known == TABLE_ERROR ? FATE_LATER : FATE_OK;
	}
	explain_part_end(e);
	return fate;
}

/* What cleanup makes of it. */
static const char *
explain_completion(struct explain *e, struct arena *mem)
{
	const char *address = route_complete(e->p->cf, e->address, e->p->cf->myorigin, mem);

	explain_part(e, "rewriting", e->address);
	if (strcmp(address, e->address) != 0)
		trace_note(&e->trace, "myorigin", e->address, address);
	explain_part_end(e);
	return address;
}

static enum fate
explain_delivery(struct explain *e, struct routes *r, const char *address, struct arena *mem, struct verdict *why)
{
	const struct route_query q = query(e, address);
	struct route to;
	enum fate fate;

	explain_part(e, "route", address);
	fate = route_resolve(r, &q, mem, &to, why);
	if (fate == FATE_OK)
		explain_route(e, &to);
	else
		explain_trouble(e, why);
	explain_part_end(e);
	return fate;
}

static enum fate
explain_all(struct explain *e, struct routes *r)
{
	struct arena mem = ARENA(WORDS_MAX);
	struct verdict why = VERDICT(&mem);
	enum fate accepted = explain_acceptance(e, r, &mem, &why), fate;

	fate = explain_delivery(e, r, explain_completion(e, &mem), &mem, &why);
	arena_free(&mem);
	return accepted == FATE_LATER ? accepted : fate;
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
	struct routes *r;
	enum fate fate;

	parse(&e, p->arguments);
	check(&e, &mem);
	r = open_tables(&e);
	explain_begin(&e);
	fate = explain_all(&e, r);
	explain_end(&e);
	routes_free(&r);
	arena_free(&mem);
	return fflush(stdout) != 0 || fate == FATE_LATER;
}
