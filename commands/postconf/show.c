/* SPDX-License-Identifier: Apache-2.0 */
/* postconf, postconf NAME..., -d, -n: parameters and their values. */
#include "commands/postconf/postconf.h"
#include "commands/postconf/print.h"
#include "commands/postconf/warn.h"

#include "lib/base/log.h"
#include "lib/conf/params.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE = 1 << 20 };

static bool
is_set(const struct conf *cf, const char *name, const struct request *r)
{
	const char *file;

	if (conf_source(cf, name, &file, NULL) == NULL || strcmp(file, "default") == 0)
		return false;
	return strcmp(file, "-c") != 0 || r->dir_given;
}

static void
show(const struct conf *cf, const char *name, const struct request *r)
{
	const struct param *p = param_find(name);
	struct buf value = BUF(VALUE), err = BUF(8192);
	const char *raw = conf_source(cf, name, NULL, NULL);

	if (raw == NULL) {
		log_warn("%s: unknown parameter", name);
	} else if (!r->expand || (p != NULL && p->type == F_RAW)) {
		print_setting(r, name, raw);
	} else if (conf_expand(cf, raw, NULL, NULL, &value, &err)) {
		print_setting(r, name, buf_str(&value));
	} else {
		log_fatal(1, "%s: %s", name, buf_str(&err));
	}
	buf_free(&value);
	buf_free(&err);
}

/* A name that was asked for: one that main.cf has but nobody uses is as good as unknown, as in Postfix. */
static bool
is_unused(const struct conf *cf, const char *name)
{
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(lines[i].name, name) == 0)
			return !lines[i].used;
	return false;
}

static void
show_named(const struct conf *cf, const struct request *r)
{
	for (size_t i = 0; i < r->nargs; i++) {
		if (is_unused(cf, r->args[i]))
			log_warn("%s: unknown parameter", r->args[i]);
		else
			show(cf, r->args[i], r);
	}
}

static void
show_all(const struct conf *cf, const struct mastercf *m, const struct request *r)
{
	size_t n;
	const char **names = names_all(cf, m, r, &n);

	for (size_t i = 0; i < n; i++)
		if (!r->set_only || is_set(cf, names[i], r))
			show(cf, names[i], r);
	free(names);
}

int
show_main(const struct request *r)
{
	struct conf_args args = { .dir = r->dir,
		.overrides = r->overrides,
		.noverrides = r->noverrides,
		.defaults_only = r->defaults,
		.lenient = true };
	struct buf err = BUF(8192), ignored = BUF(4096);
	const struct conf *cf = conf_load(&args, &err);
	struct mastercf *m = mastercf_load_lines(r->dir, &ignored); /* NULL: no services */
	bool warn = !r->defaults && !r->quiet;

	if (cf == NULL)
		log_fatal(1, "%s", buf_str(&err));
	if (warn)
		warn_before(cf, m);
	print_begin(r);
	if (r->nargs > 0)
		show_named(cf, r);
	else
		show_all(cf, m, r);
	print_end(r);
	fflush(stdout);
	if (warn)
		warn_after(cf, m, r);
	if (warn && r->set_only)
		warn_status(cf);
	if (!r->defaults)
		warn_values(cf);
	mastercf_free(&m);
	conf_free(&cf);
	buf_free(&ignored);
	buf_free(&err);
	return 0;
}
