/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/check_reference.h"

#include "lib/access/restrict_words.h"
#include "lib/base/mem.h"
#include "lib/base/nearest.h"
#include "lib/base/text.h"
#include "lib/base/token.h"
#include "lib/conf/cftext.h"
#include "lib/table/table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TABLE_MEMORY = 64 << 20 };

/* What has "service" or "service:next hop" as its value; the others are of no use without domains. */
static const struct {
	const char *name, *domains; /* NULL: in any case */
} transports[] = {
	{ "content_filter", NULL },
	{ "default_transport", NULL },
	{ "fallback_transport", NULL },
	{ "local_transport", "mydestination" },
	{ "mailbox_transport", NULL },
	{ "relay_transport", "relay_domains" },
	{ "virtual_transport", "virtual_mailbox_domains" },
	{ "bounce_service_name", NULL },
	{ "cleanup_service_name", NULL },
	{ "error_service_name", NULL },
	{ "pickup_service_name", NULL },
	{ "queue_service_name", NULL },
	{ "rewrite_service_name", NULL },
	{ "showq_service_name", NULL },
};

/* Tables whose values are such. */
static const char *const tables[] = { "fallback_transport_maps", "mailbox_transport_maps",
	"sender_dependent_default_transport_maps", "transport_maps" };

/* Types whose source is a text file of keys and values. */
static const char *const text_types[] = { "btree", "cdb", "dbm", "hash", "lmdb", "sdbm", "texthash" };

struct telling {
	struct checking *c;
	void (*tell)(struct checking *, const struct reference *, void *ctx);
	void *ctx;
	bool filters; /* the tables are access(5) tables: only FILTER names a service */
	/* of the table at hand */
	const struct scope *s;
	const char *by;
	struct spot at;
};

/* "FILTER smtp:[127.0.0.1]:10025"; "" for any other action. */
static const char *
behind_filter(const char *action)
{
	size_t n = strlen("FILTER");

	if (strncasecmp(action, "FILTER", n) != 0 || strchr(" \t", action[n]) == NULL)
		return "";
	return action + n + strspn(action + n, " \t");
}

static void
tell_value(const struct telling *t, const char *value, const char *by, struct spot at)
{
	const char *name = t->filters ? behind_filter(value) : value;
	size_t n = strcspn(name, ": \t");
	char *service = mem_str(name);
	const struct reference r = { .service = service, .by = by, .at = at };

	service[n] = '\0';
	if (n > 0)
		t->tell(t->c, &r, t->ctx);
	free(service);
}

/* Each "key value" of a table's source. */
static void
tell_source(const struct telling *t, const char *path, const char *by)
{
	struct buf bytes = BUF(CFTEXT_FILE), err = BUF(1024);
	struct arena mem = ARENA(TABLE_MEMORY);
	struct cftext_logical l;

	if (cftext_read(path, &bytes, &err)) { /* what cannot be read is told by check_tables() */
		struct cftext text = cftext_of(path, &bytes);

		while (cftext_logical(&text, &mem, &l, &err)) {
			const char *value = l.text + strcspn(l.text, " \t");

			tell_value(t, value + strspn(value, " \t"), by, (struct spot){ path, l.line });
			arena_reset(&mem);
		}
	}
	arena_free(&mem);
	buf_free(&bytes);
	buf_free(&err);
}

static void
visit(void *ctx, const char *key, const char *value)
{
	const struct telling *t = ctx;

	(void)key;
	tell_value(t, value, t->by, t->at);
}

static void
tell_inline(const struct telling *t, const struct scope *s, const char *spec, const char *by)
{
	const struct table_env env = { .cf = s->cf, .trial = t->c->trial };
	struct telling here = *t;
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(1024);
	struct table *table = table_open(spec, 0, &env, &err);

	here.by = by;
	here.at = scope_word(t->c, s, by, spec);
	if (table != NULL)
		table_each(table, visit, &here, &why); /* what is wrong with it is told by check_tables() */
	table_free(&table);
	arena_free(&mem);
	buf_free(&err);
}

static void
tell_table(const struct telling *t, const struct scope *s, const char *spec, const char *by)
{
	const char *name;

	if (text_starts(spec, "proxy:"))
		spec += strlen("proxy:");
	if (text_starts(spec, "static:"))
		tell_value(t, spec + strlen("static:"), by, scope_word(t->c, s, by, spec));
	if (text_starts(spec, "inline:"))
		tell_inline(t, s, spec, by);
	for (size_t i = 0; i < NITEMS(text_types); i++) {
		size_t n = strlen(text_types[i]);

		name = strncmp(spec, text_types[i], n) == 0 && spec[n] == ':' ? spec + n + 1 : "";
		if (name[0] == '/')
			tell_source(t, name, by);
	}
}

static void
tell_access(void *ctx, const struct restrict_word *w)
{
	const struct telling *t = ctx;

	if (w->table != NULL && w->kind == RESTRICT_KNOWN)
		tell_table(t, t->s, w->table, t->by);
}

static void
tell_list(const struct telling *t, const struct scope *s, const char *list)
{
	struct telling here = *t;

	here.filters = true;
	here.s = s;
	here.by = list;
	if (scope_says(s, list))
		restrict_words(scope_text(s, list), scope_text(s, "smtpd_restriction_classes"), tell_access, &here);
}

static void
tell_lists(const struct telling *t, const struct scope *s)
{
	char *copy = mem_str(scope_text(s, "smtpd_restriction_classes")), *cursor = copy;
	const char *name;

	for (size_t i = 0; (name = restrict_list_name(i)) != NULL; i++)
		tell_list(t, s, name);
	while ((name = text_word(&cursor, TEXT_LIST)) != NULL)
		tell_list(t, s, name);
	free(copy);
}

static void
tell_scope(const struct telling *t, const struct scope *s)
{
	for (size_t i = 0; i < NITEMS(transports); i++) {
		const char *name = transports[i].name, *domains = transports[i].domains;

		if (scope_says(s, name) && (domains == NULL || scope_text(s, domains)[0] != '\0'))
			tell_value(t, scope_text(s, name), name, scope_spot(t->c, s, name));
	}
	for (size_t i = 0; i < NITEMS(tables); i++) {
		char *copy, *cursor, *spec;

		if (!scope_says(s, tables[i]))
			continue;
		cursor = copy = mem_str(scope_text(s, tables[i]));
		while ((spec = token_next(&cursor)) != NULL)
			tell_table(t, s, spec, tables[i]);
		free(copy);
	}
	tell_lists(t, s);
}

void
references_each(struct checking *c, void (*tell)(struct checking *, const struct reference *, void *), void *ctx)
{
	const struct telling t = { .c = c, .tell = tell, .ctx = ctx };

	for (size_t i = 0; i < c->nscopes; i++)
		tell_scope(&t, &c->scopes[i]);
}

/* ---- who is named ---- */

static void
note(struct checking *c, const struct reference *r, void *ctx)
{
	(void)c;
	hash_put(ctx, r->service, ctx);
}

bool
reference_is_used(struct checking *c, const char *service)
{
	if (c->references.n == 0)
		references_each(c, note, &c->references);
	return hash_get(&c->references, service) != NULL;
}

/* ---- who is not there ---- */

/* What is a socket, and not a port: a delivery agent, or another daemon. */
static void
name_services(const struct mastercf *m, struct hash *out)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->services[i].type != SERVICE_INET && !m->services[i].ignored)
			hash_put(out, m->services[i].name, out);
}

static void
check_reference(struct checking *c, const struct reference *r, void *ctx)
{
	const struct hash *services = ctx;
	struct nearest near = NEAREST(r->service);
	char *remedy;

	if (hash_get(services, r->service) != NULL)
		return;
	HASH_EACH (e, services)
		nearest_try(&near, e->key);
	remedy = near.name != NULL ? mem_fmt("did you mean \"%s\"?", near.name)
				   : mem_fmt("define it in master.cf, or name another one");
	finding_add(c->found, FINDING_service_undefined, r->at, remedy, "%s: master.cf has no service %s of type unix",
	    r->by, r->service);
	free(remedy);
}

void
check_transports(struct checking *c)
{
	struct hash services = HASH(false);

	if (c->master == NULL)
		return;
	name_services(c->master, &services);
	references_each(c, check_reference, &services);
	hash_free(&services, NULL);
}
