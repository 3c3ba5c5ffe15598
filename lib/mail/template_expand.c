/* SPDX-License-Identifier: Apache-2.0 */
/* $name in the text of a template: parameters, and two of them in a unit of time. */
#include "lib/mail/template.h"

#include "lib/base/text.h"
#include "lib/conf/expand.h"

#include <string.h>

enum { EXCESSIVE = 1000 }; /* a number that nobody likes to read; Postfix draws the line there */

static const struct {
	const char *name;
	long seconds;
} units[] = { { "seconds", 1 }, { "minutes", 60 }, { "hours", 3600 }, { "days", 86400 }, { "weeks", 604800 } };

struct expanding {
	const struct template *t;
	const struct template_values *values;
	struct arena mem;
	struct buf *warnings, *err;
};

/* The parameter that a name is in some unit; NULL: it is none of those. */
static const char *
parameter_of(const char *name, const char **unit)
{
	static const char *const times[] = { "delay_warning_time", "maximal_queue_lifetime" };

	for (size_t i = 0; i < NITEMS(times); i++) {
		size_t n = strlen(times[i]);

		if (strncmp(name, times[i], n) == 0 && name[n] == '_') {
			*unit = name + n + 1;
			return times[i];
		}
	}
	return NULL;
}

static size_t
unit_of(const char *suffix)
{
	size_t u = 0;

	while (u < NITEMS(units) && strcmp(units[u].name, suffix) != 0)
		u++;
	return u;
}

static void
judge(struct expanding *x, const char *name, long value, long result)
{
	if (x->warnings == NULL || (result > 0 ? result < EXCESSIVE : value == 0))
		return;
	buf_fmt(x->warnings, "%s, line %d: %s result of $%s in %s template: %ld; take a %s unit of time\n", x->t->path,
	    x->t->line, result == 0 ? "zero" : "excessive", name, x->t->name, result,
	    result == 0 ? "smaller" : "larger");
}

static const char *
lookup(void *ctx, const char *name)
{
	struct expanding *x = ctx;
	const char *unit, *parameter = parameter_of(name, &unit);
	long value, result;

	if (strcmp(name, "myhostname") == 0)
		return x->values->myhostname;
	if (strcmp(name, "mydomain") == 0)
		return x->values->mydomain;
	if (parameter == NULL || unit_of(unit) == NITEMS(units))
		return NULL;
	value = conf_get_time(x->values->cf, parameter, 0);
	result = value / units[unit_of(unit)].seconds;
	judge(x, name, value, result);
	return arena_fmt(&x->mem, "%ld", result);
}

/* The first name that nobody defines is what err says. */
static void
check_name(void *ctx, const char *name)
{
	struct expanding *x = ctx;
	const char *unit, *parameter = parameter_of(name, &unit);

	if (x->err->len > 0 || (parameter != NULL && unit_of(unit) < NITEMS(units)))
		return;
	if (parameter != NULL)
		buf_fmt(x->err,
		    "%s, line %d: unrecognized suffix \"%.40s\" of $%s_... in %s template; seconds, minutes, hours, days or weeks "
		    "is wanted",
		    x->t->path, x->t->line, unit, parameter, x->t->name);
	else if (conf_source(x->values->cf, name, NULL, NULL) == NULL)
		buf_fmt(x->err,
		    "%s, line %d: undefined $name in %s template: %.60s; set it in main.cf, or write $$ for a '$'",
		    x->t->path, x->t->line, x->t->name, name);
}

bool
template_expand(const struct template *t, const struct template_values *values, struct buf *out, struct buf *warnings,
    struct buf *err)
{
	struct expanding x = { t, values, ARENA(TEMPLATE_MEMORY), warnings, err };
	struct buf why = BUF(8192);
	bool ok;

	buf_clear(err);
	macro_names(t->text, check_name, &x);
	ok = err->len == 0 && conf_expand(values->cf, t->text, lookup, &x, out, &why);
	if (!ok && err->len == 0)
		buf_fmt(
		    err, "%s, line %d: bad $name syntax in %s template: %s", t->path, t->line, t->name, buf_str(&why));
	buf_free(&why);
	arena_free(&x.mem);
	return ok;
}

void
templates_load(const struct conf *cf, struct arena *mem, struct templates *out, struct buf *problems)
{
	const struct template_values values = { .cf = cf };
	struct templates dflt;
	struct buf err = BUF(8192);

	templates_builtin(mem, &dflt);
	*out = dflt;
	if (cf->bounce_template_file[0] != '\0' && !templates_read(cf->bounce_template_file, mem, out, problems, &err))
		buf_fmt(problems, "%s\n", buf_str(&err));
	for (size_t i = 0; i < TEMPLATES; i++) {
		struct buf text = BUF(TEMPLATE_EXPANDED);

		if (out->of[i].path != dflt.of[i].path &&
		    !template_expand(&out->of[i], &values, &text, problems, &err)) {
			buf_fmt(problems, "%s -- ignoring this template\n", buf_str(&err));
			out->of[i] = dflt.of[i];
		}
		buf_free(&text);
	}
	buf_free(&err);
}
