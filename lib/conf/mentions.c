/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/mentions.h"

#include "lib/base/text.h"
#include "lib/conf/expand.h"
#include "lib/conf/legacy.h"
#include "lib/conf/params.h"

#include <stdlib.h>
#include <string.h>

/* Types of tables whose name, unless it is a path, is the first part of the names of their settings. */
static const char *const configured[] = { "ldap:", "memcache:", "mongodb:", "mysql:", "pgsql:", "sqlite:" };

static void
mention(void *ctx, const char *name)
{
	hash_put(ctx, name, ctx); /* any value but NULL will do */
}

/* smtpd_restriction_classes: a list of names that are parameters without a dollar sign. */
static void
mention_list(struct hash *names, const char *list)
{
	char *copy = mem_str(list), *at = copy, *word;

	while ((word = text_word(&at, TEXT_LIST)) != NULL)
		mention(names, word);
	free(copy);
}

static void
mention_table(struct hash *tables, const char *at)
{
	size_t n = strcspn(at, ", \t\r\n{}$");

	if (n > 0 && *at != '/' && *at != '.' && at[n] != '$') {
		char *name = mem_fmt("%.*s", (int)n, at);

		mention(tables, name);
		free(name);
	}
}

static void
mention_tables(struct hash *tables, const char *value)
{
	for (const char *colon = value; (colon = strchr(colon, ':')) != NULL; colon++)
		for (size_t i = 0; i < NITEMS(configured); i++) {
			size_t n = strlen(configured[i]) - 1;

			if ((size_t)(colon - value) >= n && strncmp(colon - n, configured[i], n) == 0 &&
			    (colon - n == value || strchr(", \t\r\n:{=", colon[-(long)n - 1]) != NULL))
				mention_table(tables, colon + 1);
		}
}

void
mentions_value(struct mentions *m, const char *parameter, const char *value)
{
	macro_names(value, mention, &m->names);
	mention_tables(&m->tables, value);
	if (strcmp(parameter, "smtpd_restriction_classes") == 0)
		mention_list(&m->names, value);
}

static void
add_mentions(struct hash *to, const struct hash *from, const struct hash *but)
{
	HASH_EACH (h, from)
		if (hash_get(but, h->key) == NULL)
			mention(to, h->key);
}

void
mentions_service(struct mentions *m, const struct mastercf_service *s, bool own)
{
	struct mentions all = MENTIONS;
	struct hash seen = HASH(false), none = HASH(false);

	for (size_t i = s->noverrides; i-- > 0;) { /* of several with one name the last one counts */
		char *name = mem_str(s->overrides[i]), *eq = strchr(name, '=');

		*eq = '\0';
		if (hash_put(&seen, name, m) == NULL)
			mentions_value(&all, name, eq + 1);
		free(name);
	}
	add_mentions(&m->names, &all.names, own ? &none : &seen);
	add_mentions(&m->tables, &all.tables, &none);
	mentions_free(&all);
	hash_free(&seen, NULL);
	hash_free(&none, NULL);
}

/* The beginning of name, up to one of its '_', is a table. */
static bool
of_table(const struct hash *tables, const char *name)
{
	char *first = mem_str(name);
	bool found = false;

	for (char *end = first; tables->n > 0 && !found && (end = strchr(end, '_')) != NULL; *end++ = '_') {
		*end = '\0';
		found = end[1] != '\0' && hash_get(tables, first) != NULL;
	}
	free(first);
	return found;
}

bool
mentions_has(const struct mentions *m, const char *name)
{
	return hash_get(&m->names, name) != NULL || of_table(&m->tables, name);
}

void
mentions_free(struct mentions *m)
{
	hash_free(&m->names, NULL);
	hash_free(&m->tables, NULL);
}

/* Programs whose services are transports; those that run commands have a _time_limit too. */
static const struct {
	const char *program;
	bool schedules, runs;
} agents[] = {
	{ "error", true, false },
	{ "lmtp", true, false },
	{ "local", true, false },
	{ "pipe", true, true },
	{ "smtp", true, false },
	{ "spawn", false, true },
	{ "virtual", true, false },
};

bool
mentions_family(const struct mastercf_service *s, const struct param *family)
{
	bool time_limit = text_ends(param_name(family), "time_limit");

	for (size_t i = 0; s->type != SERVICE_INET && i < NITEMS(agents); i++)
		if (strcmp(s->program, agents[i].program) == 0)
			return time_limit ? agents[i].runs : agents[i].schedules;
	return false;
}

bool
mentions_known(const struct mastercf *m, const char *name)
{
	const struct param *family = param_family(name);
	size_t n = family != NULL ? strlen(name) - strlen(param_name(family)) : 0;

	for (size_t i = 0; m != NULL && family != NULL && i < m->n; i++)
		if (strncmp(m->services[i].name, name, n) == 0 && m->services[i].name[n] == '\0' &&
		    mentions_family(&m->services[i], family))
			return true;
	return param_find(name) != NULL || param_legacy(name) != NULL;
}
