/* SPDX-License-Identifier: Apache-2.0 */
/* How an explanation looks: lines to read, or one object of JSON. */
#include "commands/sallyport/explain.h"

#include <string.h>

void
explain_begin(struct explain *e)
{
	if (!e->as_json) {
		printf("%s", e->address);
		if (e->sender != NULL)
			printf("  from <%s>", e->sender);
		if (e->client != NULL)
			printf("  client %s", e->client);
		if (e->login != NULL)
			printf("  login %s", e->login);
		putchar('\n');
		return;
	}
	json_object(&e->json, NULL);
	json_text(&e->json, "recipient", e->address);
	if (e->sender != NULL)
		json_text(&e->json, "sender", e->sender);
	if (e->client != NULL)
		json_text(&e->json, "client", e->client);
	if (e->login != NULL)
		json_text(&e->json, "login", e->login);
	json_array(&e->json, "parts");
}

void
explain_end(struct explain *e)
{
	if (e->as_json) {
		json_end(&e->json);
		json_end(&e->json);
	}
}

void
explain_part(struct explain *e, const char *what, const char *address)
{
	if (!e->as_json) {
		printf("\n%s: %s\n", what, address);
		return;
	}
	json_object(&e->json, NULL);
	json_text(&e->json, "part", what);
	json_text(&e->json, "address", address);
	json_array(&e->json, "steps");
	e->in_steps = true;
}

/* The result of a part stands behind its steps. */
static void
end_steps(struct explain *e)
{
	if (e->in_steps)
		json_end(&e->json);
	e->in_steps = false;
}

void
explain_part_end(struct explain *e)
{
	end_steps(e);
	if (e->as_json)
		json_end(&e->json);
}

static void
print_step(const struct trace_step *s, const char *file, int line)
{
	printf("  %-24s %s %s %s", s->what, s->from, s->failed ? "failed:" : "->", s->to);
	if (s->table != NULL)
		printf("  (%s)", table_spec(s->table));
	if (file != NULL)
		printf("  %s, line %d", file, line);
	putchar('\n');
}

static void
json_step(struct json *j, const struct trace_step *s, const char *file, int line)
{
	json_object(j, NULL);
	json_text(j, "what", s->what);
	if (s->table != NULL) {
		json_text(j, "table", table_spec(s->table));
		json_text(j, "key", s->key);
	}
	json_text(j, "from", s->from);
	json_text(j, s->failed ? "error" : "to", s->to);
	if (file != NULL) {
		json_text(j, "file", file);
		json_number(j, "line", line);
	}
	json_end(j);
}

void
explain_step(struct trace *t, const struct trace_step *s)
{
	struct explain *e = (struct explain *)(void *)((char *)t - offsetof(struct explain, trace));
	const char *file = NULL;
	int line = 0;

	/* Where a parameter's own value has a say, its place in main.cf is what an administrator looks for. */
	if (s->table != NULL && !s->failed && !explain_where(s->table, s->key, &file, &line))
		file = NULL;
	if (file == NULL && (conf_source(e->p->cf, s->what, &file, &line) == NULL || line == 0))
		file = NULL;
	if (e->as_json)
		json_step(&e->json, s, file, line);
	else
		print_step(s, file, line);
}

void
explain_route(struct explain *e, const struct route *to)
{
	end_steps(e);
	if (e->as_json) {
		json_text(&e->json, "class", route_class_names[to->class_]);
		json_text(&e->json, "transport", to->transport);
		json_text(&e->json, "nexthop", to->nexthop);
		json_text(&e->json, "final", to->address);
		return;
	}
	printf("  class      %s\n  transport  %s\n  next hop   %s\n", route_class_names[to->class_], to->transport,
	    to->nexthop);
	printf("  address    %s\n", to->address);
}

void
explain_trouble(struct explain *e, const struct verdict *why)
{
	end_steps(e);
	if (e->as_json) {
		json_number(&e->json, "code", why->code);
		json_text(&e->json, "dsn", why->dsn);
		json_text(&e->json, "text", why->text);
	} else {
		printf("  %s: %d %s %s\n", why->fate == FATE_LATER ? "not now" : "refused", why->code, why->dsn,
		    why->text);
	}
}

void
explain_known(struct explain *e, enum table_result known, const struct verdict *why)
{
	end_steps(e);
	if (e->as_json && known != TABLE_ERROR)
		json_bool(&e->json, "known", known == TABLE_FOUND);
	else if (known == TABLE_FOUND)
		puts("  known");
	if (known != TABLE_FOUND)
		explain_trouble(e, why);
}
