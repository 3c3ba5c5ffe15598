/* SPDX-License-Identifier: Apache-2.0 */
/* Overrides in master.cf for a program that does not read them: "-o smtpd_client_restrictions=..." of a smtp client. */
#include "commands/sallyport/check_inside.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/conf/expand.h"
#include "lib/conf/params.h"

#include <stdlib.h>
#include <string.h>

/* What a program reads, and what these values are made of. */
struct reaching {
	const struct conf *cf;
	struct hash names;
};

static void
reach(void *ctx, const char *name)
{
	struct reaching *r = ctx;
	const char *raw;

	if (hash_put(&r->names, name, r) == NULL && (raw = conf_source(r->cf, name, NULL, NULL)) != NULL)
		macro_names(raw, reach, r);
}

static bool
reads(const struct param *p, const char *program)
{
	const char *who = param_who(p), *other = strcmp(program, "lmtp") == 0 ? "smtp" : program;

	return text_list_has(who, program) || text_list_has(who, other) || text_list_has(who, "all");
}

/* Programs that the table does not know may read anything. */
static bool
is_known(const char *program)
{
	for (size_t i = 0; i < conf_nparams; i++)
		if (text_list_has(param_who(&conf_params[i]), program))
			return true;
	return strcmp(program, "lmtp") == 0;
}

static bool
reaches(const struct scope *s, const char *name)
{
	struct reaching r = { .cf = s->cf, .names = HASH(false) };
	bool found;

	for (size_t i = 0; i < conf_nparams; i++)
		if (reads(&conf_params[i], s->service->program))
			reach(&r, param_name(&conf_params[i]));
	found = hash_get(&r.names, name) != NULL;
	hash_free(&r.names, NULL);
	return found;
}

static void
check_override(struct checking *c, const struct scope *s, const char *name)
{
	const struct param *row = param_find(name);
	char *remedy;

	if (row == NULL || param_status(row) != PARAM_WORKS || reads(row, s->service->program) || reaches(s, name))
		return;
	remedy = mem_fmt("take it out; what reads it: %s", param_who(row));
	finding_add(c->found, FINDING_setting_unread, service_spot(c, s->service), remedy,
	    "service %s: -o %s: %s does not read it", s->service->name, name, s->service->program);
	free(remedy);
}

void
check_readers(struct checking *c)
{
	for (size_t i = 1; i < c->nscopes; i++) {
		const struct scope *s = &c->scopes[i];

		if (s->service->noverrides == 0 || !is_known(s->service->program))
			continue;
		for (size_t k = 0; k < s->service->noverrides; k++) {
			char *name = mem_str(s->service->overrides[k]);

			name[strcspn(name, "=")] = '\0';
			check_override(c, s, text_trim(name));
			free(name);
		}
	}
}
