/* SPDX-License-Identifier: Apache-2.0 */
/* postconf -M: the services of master.cf. */
#include "commands/postconf/master.h"
#include "commands/postconf/postconf.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/conf/expand.h"

#include <string.h>

enum { VALUE = 1 << 20 };

static void
print(const struct mastercf_service *s, bool fold)
{
	/* A comment: who copies the output into a file gets no line that is not in theirs. */
	if (s->builtin)
		fputs("# built in: ", stdout);
	master_print(stdout, s, fold && !s->builtin);
}

static const char *
own_name(void *ctx, const char *name)
{
	const struct mastercf_service *s = ctx;

	return strcmp(name, "service_name") == 0 ? s->name : NULL;
}

/* -x: values of -o with main.cf's parameters in them. */
static void
expand_words(struct mastercf_service *s, const struct conf *cf, struct arena *mem)
{
	const char **words = (const char **)s->words;
	struct buf value = BUF(VALUE), err = BUF(8192);

	for (size_t i = 0; words[i] != NULL && words[i + 1] != NULL; i++) {
		if (strcmp(words[i], "-o") != 0)
			continue;
		buf_clear(&value);
		if (!conf_expand(cf, words[i + 1], own_name, s, &value, &err))
			log_fatal(1, "master.cf, line %d: %s: %s", s->line, words[i + 1], buf_str(&err));
		words[++i] = arena_str(mem, buf_str(&value));
	}
	buf_free(&value);
	buf_free(&err);
}

static void
expand_all(const struct request *r, struct mastercf *m)
{
	struct conf_args args = {
		.dir = r->dir, .overrides = r->overrides, .noverrides = r->noverrides, .lenient = true
	};
	struct buf err = BUF(8192);
	const struct conf *cf = conf_load(&args, &err);

	if (cf == NULL)
		log_fatal(1, "%s", buf_str(&err));
	for (size_t i = 0; i < m->n; i++)
		expand_words(&m->services[i], cf, m->mem);
	conf_free(&cf);
}

static bool
show_matching(struct mastercf *m, const char *pattern, bool fold)
{
	struct master_key k = master_key(m->mem, pattern);
	bool found = false;

	for (size_t i = 0; i < m->n; i++) {
		if (master_key_matches(&k, m->services[i].name, m->services[i].type_text)) {
			print(&m->services[i], fold);
			found = true;
		}
	}
	return found;
}

static void
tell_warnings(const char *warnings)
{
	for (const char *end; (end = strchr(warnings, '\n')) != NULL; warnings = end + 1)
		log_warn("%.*s", (int)(end - warnings), warnings);
}

int
show_master(const struct request *r)
{
	struct buf err = BUF(8192);
	struct mastercf *m = mastercf_load(r->dir, &err);

	if (m == NULL)
		log_fatal(1, "%s", buf_str(&err));
	if (r->expand)
		expand_all(r, m);
	if (r->nargs == 0)
		show_matching(m, "*", r->fold);
	for (size_t i = 0; i < r->nargs; i++)
		if (!show_matching(m, r->args[i], r->fold))
			log_warn("unmatched request: \"%s\"", r->args[i]);
	fflush(stdout);
	tell_warnings(m->warnings);
	mastercf_free(&m);
	return 0;
}
