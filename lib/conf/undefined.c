/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/undefined.h"

#include "lib/base/hash.h"
#include "lib/base/text.h"
#include "lib/conf/expand.h"
#include "lib/conf/legacy.h"
#include "lib/conf/params.h"

#include <stdlib.h>
#include <string.h>

struct search {
	const struct conf *cf;
	/* Names that need no word: told already, or set by the service (for main.cf: by one of them). */
	struct hash none;
	struct undefined at;
	void (*tell)(void *ctx, const struct undefined *);
	void *ctx;
};

static void
mentioned(void *ctx, const char *name)
{
	struct search *w = ctx;

	if (conf_source(w->cf, name, NULL, NULL) != NULL || hash_get(&w->none, name) != NULL ||
	    param_legacy(name) != NULL)
		return;
	hash_put(&w->none, name, w);
	w->at.name = name;
	w->tell(w->ctx, &w->at);
}

/* RAW parameters mention what is known only at use: $user, $home. */
static void
look_at(struct search *w, const char *name, const char *value)
{
	const struct param *p = param_find(name);
	char *copy, *at, *word;

	w->at.parameter = name;
	if (p == NULL || p->type != F_RAW)
		macro_names(value, mentioned, w);
	if (strcmp(name, "smtpd_restriction_classes") != 0)
		return;
	for (at = copy = mem_str(value); (word = text_word(&at, TEXT_LIST)) != NULL;)
		if (strchr(word, '$') == NULL)
			mentioned(w, word);
	free(copy);
}

static void
set_by_service(const struct mastercf_service *s, struct hash *names)
{
	hash_put(names, "service_name", names);
	for (size_t i = 0; i < s->noverrides; i++) {
		char *name = mem_str(s->overrides[i]);

		name[strcspn(name, "=")] = '\0';
		hash_put(names, name, names);
		free(name);
	}
}

static void
in_main(struct search *w, const struct mastercf *m)
{
	size_t n;
	const struct conf_line *lines = conf_lines(w->cf, &n);

	for (size_t i = 0; m != NULL && i < m->n; i++)
		set_by_service(&m->services[i], &w->none);
	for (size_t i = 0; i < n; i++) {
		w->at.line = lines[i].line;
		if (!lines[i].overridden)
			look_at(w, lines[i].name, lines[i].value);
	}
}

/* Of several -o with one name the last one counts. */
static void
in_service(struct search *w, const struct mastercf_service *s)
{
	struct hash seen = HASH(false);

	set_by_service(s, &w->none);
	for (size_t i = s->noverrides; i-- > 0;) {
		char *name = mem_str(s->overrides[i]), *eq = strchr(name, '=');

		*eq = '\0';
		if (hash_put(&seen, name, w) == NULL)
			look_at(w, name, eq + 1);
		free(name);
	}
	hash_free(&seen, NULL);
}

void
undefined_each(
    const struct conf *cf, const struct mastercf *m, void (*tell)(void *ctx, const struct undefined *), void *ctx)
{
	struct search w = { .cf = cf, .none = HASH(false), .tell = tell, .ctx = ctx };

	for (size_t i = 0; m != NULL && i < m->n; i++) {
		w.at = (struct undefined){ .service = &m->services[i], .line = m->services[i].line };
		in_service(&w, &m->services[i]);
		hash_free(&w.none, NULL);
		w.none = (struct hash)HASH(false);
	}
	w.at = (struct undefined){ .service = NULL };
	in_main(&w, m);
	hash_free(&w.none, NULL);
}
