/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as each service sees it, and where its values stand. */
#include "commands/sallyport/check_inside.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/token.h"

#include <stdlib.h>
#include <string.h>

static void
open_scope(struct checking *c, const struct mastercf_service *s)
{
	struct conf_args a = { .dir = c->p->dir, .overrides = s->overrides, .noverrides = s->noverrides };
	struct scope *scope = &c->scopes[c->nscopes];
	struct buf err = BUF(8192);

	*scope = (struct scope){ .cf = c->p->cf, .service = s };
	if (s->noverrides > 0) {
		if ((scope->own = conf_load(&a, &err)) != NULL)
			scope->cf = scope->own;
		else
			finding_told(c->found, FINDING_setting_invalid, service_spot(c, s), buf_str(&err));
	}
	c->nscopes++;
	buf_free(&err);
}

void
scopes_open(struct checking *c)
{
	size_t n = c->master != NULL ? c->master->n : 0;

	c->scopes = mem_zero(n + 1, sizeof(*c->scopes));
	c->scopes[c->nscopes++] = (struct scope){ .cf = c->p->cf };
	for (size_t i = 0; i < n; i++)
		if (!c->master->services[i].ignored)
			open_scope(c, &c->master->services[i]);
}

void
scopes_free(struct checking *c)
{
	for (size_t i = 0; i < c->nscopes; i++)
		conf_free(&c->scopes[i].own);
	free(c->scopes);
	c->scopes = NULL;
	c->nscopes = 0;
}

static bool
is_override(const struct scope *s, const char *parameter)
{
	const char *file = "";

	return s->own != NULL && conf_source(s->cf, parameter, &file, NULL) != NULL && strcmp(file, "-o") == 0;
}

bool
scope_says(const struct scope *s, const char *parameter)
{
	return s->service == NULL || is_override(s, parameter);
}

bool
scope_sets(const struct scope *s, const char *parameter)
{
	const char *file = "default";

	return conf_source(s->cf, parameter, &file, NULL) != NULL && strcmp(file, "default") != 0;
}

struct spot
service_spot(const struct checking *c, const struct mastercf_service *s)
{
	return (struct spot){ c->master->path, s->line };
}

struct spot
scope_spot(const struct checking *c, const struct scope *s, const char *parameter)
{
	const char *file = NULL;
	int line = 0;

	if (is_override(s, parameter))
		return service_spot(c, s->service);
	if (conf_source(s->cf, parameter, &file, &line) != NULL && line > 0)
		return (struct spot){ c->main_cf, line };
	return (struct spot){ c->main_cf, 0 };
}

static bool
has_word(const char *list, const char *word)
{
	char *copy = mem_str(list), *cursor = copy, *one;
	bool found = false;

	while (!found && (one = token_next(&cursor)) != NULL)
		found = text_same(one, word);
	free(copy);
	return found;
}

struct spot
scope_word(const struct checking *c, const struct scope *s, const char *parameter, const char *word)
{
	const char *raw = conf_source(s->cf, parameter, NULL, NULL);
	const struct conf_line *lines;
	size_t n;

	if (raw == NULL || strchr(raw, '$') == NULL || has_word(raw, word))
		return scope_spot(c, s, parameter);
	lines = conf_lines(c->p->cf, &n);
	for (size_t i = 0; i < n; i++)
		if (!lines[i].overridden && has_word(lines[i].value, word))
			return (struct spot){ c->main_cf, lines[i].line };
	return scope_spot(c, s, parameter);
}

char *
scope_name(const struct scope *s, const char *parameter)
{
	if (s->service == NULL)
		return mem_str(parameter);
	return mem_fmt("service %s: %s", s->service->name, parameter);
}

const char *
scope_text(const struct scope *s, const char *parameter)
{
	const char *value = conf_get(s->cf, parameter);

	return value != NULL ? value : "";
}

bool
scope_is(const struct scope *s, const char *parameter, const char *value)
{
	return text_same(scope_text(s, parameter), value);
}
