/* SPDX-License-Identifier: Apache-2.0 */
/* Probable mistakes in main.cf, which postconf tells whenever it reads the file. */
#include "commands/postconf/postconf.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/conf/expand.h"
#include "lib/conf/params.h"

struct mentions {
	const struct conf *cf;
	struct hash told;
	const char *path;
};

static void
undefined(void *ctx, const char *name)
{
	struct mentions *m = ctx;

	if (conf_source(m->cf, name, NULL, NULL) != NULL || hash_get(&m->told, name) != NULL)
		return;
	hash_put(&m->told, name, m);
	log_warn("%s: undefined parameter: %s", m->path, name);
}

static const char *
path_of(const struct conf *cf, const struct conf_line *lines, size_t n)
{
	const char *file = "main.cf";

	for (size_t i = 0; i < n; i++) {
		int line;

		conf_source(cf, lines[i].name, &file, &line);
		if (line > 0)
			return file;
	}
	return file;
}

void
warn_undefined(const struct conf *cf)
{
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);
	struct mentions m = { .cf = cf, .told = HASH(false), .path = path_of(cf, lines, n) };

	for (size_t i = 0; i < n; i++) {
		const struct param *p = param_find(lines[i].name);

		/* RAW parameters mention what is known only at use: $user, $home. */
		if (lines[i].used && !lines[i].overridden && (p == NULL || p->type != F_RAW))
			macro_names(lines[i].value, undefined, &m);
	}
	hash_free(&m.told, NULL);
}

void
warn_without_effect(const struct conf *cf)
{
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);
	const char *path = path_of(cf, lines, n);

	for (size_t i = 0; i < n; i++) {
		const struct param *p = param_find(lines[i].name);

		if (p != NULL && *param_who(p) == '\0' && !lines[i].overridden)
			log_warn("%s: no program reads this parameter: %s=%s", path, lines[i].name, lines[i].value);
	}
}

void
warn_unused(const struct conf *cf)
{
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);
	const char *path = path_of(cf, lines, n);

	for (size_t i = 0; i < n; i++) {
		if (lines[i].overridden)
			log_warn("%s, line %d: a later line overrides: %s=%s", path, lines[i].line, lines[i].name,
			    lines[i].value);
		else if (!lines[i].used)
			log_warn("%s: unused parameter: %s=%s", path, lines[i].name, lines[i].value);
	}
}
