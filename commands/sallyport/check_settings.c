/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of main.cf and the -o overrides of master.cf, one by one: does anything come of them? */
#include "commands/sallyport/check_inside.h"

#include "lib/access/unavailable.h"
#include "lib/base/mem.h"
#include "lib/base/nearest.h"
#include "lib/base/text.h"
#include "lib/conf/legacy.h"
#include "lib/conf/params.h"
#include "lib/mail/template.h"

#include <stdlib.h>
#include <string.h>

enum { PROBLEMS = 64 << 10 };

/* "slow_destination_rate_delay", where master.cf has no service slow. */
static void
tell_family(struct checking *c, struct spot at, const char *name, const struct param *family)
{
	char *service = mem_str(name), *remedy;
	struct nearest near = NEAREST(service);

	service[strlen(name) - strlen(param_name(family))] = '\0';
	for (size_t i = 0; c->master != NULL && i < c->master->n; i++)
		nearest_try(&near, c->master->services[i].name);
	remedy = near.name != NULL ? mem_fmt("did you mean \"%s%s\"?", near.name, param_name(family))
				   : mem_fmt("define the service, or take the setting out");
	finding_add(c->found, FINDING_setting_unused, at, remedy, "%s: master.cf has no service %s that delivers", name,
	    service);
	free(remedy);
	free(service);
}

static void
tell_unused(struct checking *c, struct spot at, const char *name)
{
	const char *nearest = param_nearest(name);
	char *remedy = nearest != NULL ? mem_fmt("did you mean \"%s\"?", nearest)
				       : mem_fmt("take it out, or mention it as $%s where it is meant to count", name);

	finding_add(c->found, FINDING_setting_unused, at, remedy, "%s is not known, and nothing mentions it", name);
	free(remedy);
}

/* What is set to what it is anyway does no harm. */
static bool
is_default(const struct scope *s, const struct param *row, const char *name)
{
	const char *raw = conf_source(s->cf, name, NULL, NULL), *value = conf_get(s->cf, name);
	const struct field f = param_field(row);
	bool same = raw != NULL && strcmp(raw, f.dflt) == 0;
	struct buf dflt = BUF(1 << 16), err = BUF(1024);

	if (!same && value != NULL && f.dflt != NULL && conf_expand(s->cf, f.dflt, NULL, NULL, &dflt, &err))
		same = strcmp(buf_str(&dflt), value) == 0;
	buf_free(&dflt);
	buf_free(&err);
	return same;
}

/* What this version does not have is missed, or keeps smtpd from its work. */
static void
tell_not_built(struct checking *c, const struct scope *s, const struct param *row, struct spot at, const char *shown)
{
	const char *name = param_name(row), *without = unavailable_without(s->cf, name);
	bool demands = strcmp(name, "smtpd_tls_security_level") == 0 || strcmp(name, "smtpd_enforce_tls") == 0;

	if (without != NULL)
		finding_add(c->found, FINDING_setting_refused, at, "take it out to start",
		    "%s: this version does not have %s, and smtpd does not start: without it %s", shown,
		    param_note(row), without);
	else if (demands && unavailable_encryption(s->cf))
		finding_add(c->found, FINDING_setting_refused, at, "write may, or take it out",
		    "%s: this version does not have %s, and no client gets in without it", shown, param_note(row));
	else
		finding_add(c->found, FINDING_setting_not_built, at, "take it out, or know that mail goes without it",
		    "%s: this version does not have %s", shown, param_note(row));
}

/* A row of the table that somebody has set in this scope. */
static void
check_status(struct checking *c, const struct scope *s, const struct param *row, struct spot at, const char *name)
{
	char *shown = scope_name(s, name);

	switch (param_status(row)) {
	case PARAM_WORKS:
		break;
	case PARAM_NO_EFFECT:
		finding_add(c->found, FINDING_setting_no_effect, at, "nothing: the line may stay", "%s: %s", shown,
		    param_note(row));
		break;
	case PARAM_REFUSED:
		if (!is_default(s, row, name))
			finding_add(c->found, FINDING_setting_refused, at, param_note(row), "%s is refused", shown);
		break;
	case PARAM_NOT_BUILT:
		if (!is_default(s, row, name))
			tell_not_built(c, s, row, at, shown);
		break;
	}
	free(shown);
}

static void
check_setting(struct checking *c, const struct scope *s, struct spot at, const char *name)
{
	const struct param_legacy *old = param_legacy(name);
	const struct param *row = param_find(name);

	if (row == NULL)
		row = param_family(name);
	if (old != NULL)
		finding_add(c->found, FINDING_setting_renamed, at, old->advice, "%s is a name of old%s%s", name,
		    old->successor != NULL ? "; now it is " : "", old->successor != NULL ? old->successor : "");
	else if (row != NULL)
		check_status(c, s, row, at, name);
}

static int
later_line(const struct conf_line *lines, size_t n, size_t i)
{
	int line = 0;

	for (size_t k = i + 1; k < n; k++)
		if (strcmp(lines[k].name, lines[i].name) == 0)
			line = lines[k].line;
	return line;
}

static void
check_line(struct checking *c, const struct conf_line *lines, size_t n, size_t i)
{
	const struct spot at = { c->main_cf, lines[i].line };

	if (lines[i].overridden)
		finding_add(c->found, FINDING_setting_overridden, at, "take one of them out",
		    "%s is set again in line %d, which counts", lines[i].name, later_line(lines, n, i));
	else if (!lines[i].used && param_family(lines[i].name) != NULL)
		tell_family(c, at, lines[i].name, param_family(lines[i].name));
	else if (!lines[i].used)
		tell_unused(c, at, lines[i].name);
	else
		check_setting(c, &c->scopes[0], at, lines[i].name);
}

/* A name of their own is known to those who mention it; one like a known name is a mistake. */
static void
check_override(struct checking *c, const struct scope *s, const char *override)
{
	char *name = mem_str(override);

	name[strcspn(name, "=")] = '\0';
	text_trim(name);
	if (param_find(name) == NULL && param_family(name) == NULL && param_legacy(name) == NULL) {
		if (param_nearest(name) != NULL)
			tell_unused(c, service_spot(c, s->service), name);
	} else {
		check_setting(c, s, service_spot(c, s->service), name);
	}
	free(name);
}

/* "-o x=1 -o x=2": the second one counts. */
static void
check_overrides(struct checking *c, const struct scope *s)
{
	const char *const *all = s->service->overrides;

	for (size_t i = 0; i < s->service->noverrides; i++) {
		size_t n = strcspn(all[i], "=") + 1, again = i + 1;

		while (again < s->service->noverrides && strncmp(all[again], all[i], n) != 0)
			again++;
		if (again < s->service->noverrides)
			finding_add(c->found, FINDING_setting_overridden, service_spot(c, s->service),
			    "take one of them out", "service %s: -o %s is followed by -o %s, which counts",
			    s->service->name, all[i], all[again]);
		else
			check_override(c, s, all[i]);
	}
}

/* Lines that are not even read. */
static void
check_left_out(struct checking *c, const char *path, const char *lines)
{
	char *copy = mem_str(lines), *next = copy, *line;

	while ((line = text_word(&next, "\n")) != NULL) {
		char *message = mem_fmt("%s; take the white space away, or the lines out", line);

		finding_told(c->found, FINDING_line_left_out, (struct spot){ path, 0 }, message);
		free(message);
	}
	free(copy);
}

/* What the bounce service would leave out of the file that this scope names. */
static void
check_texts(struct checking *c, const struct scope *s)
{
	const struct spot at = scope_spot(c, s, "bounce_template_file");
	struct arena mem = ARENA(TEMPLATE_MEMORY);
	struct buf problems = BUF(PROBLEMS);
	struct templates all;
	char *line, *next;

	templates_load(s->cf, &mem, &all, &problems);
	next = arena_str(&mem, buf_str(&problems));
	while ((line = text_word(&next, "\n")) != NULL)
		finding_told(c->found, FINDING_notification_text, at, line);
	buf_free(&problems);
	arena_free(&mem);
}

void
check_settings(struct checking *c)
{
	const struct conf_line *lines;
	size_t n;

	check_left_out(c, c->main_cf, conf_warnings(c->p->cf));
	if (c->master != NULL)
		check_left_out(c, c->master->path, c->master->left_out);
	lines = conf_lines(c->p->cf, &n);
	for (size_t i = 0; i < n; i++)
		check_line(c, lines, n, i);
	for (size_t i = 1; i < c->nscopes; i++)
		check_overrides(c, &c->scopes[i]);
	for (size_t i = 0; i < c->nscopes; i++)
		if (scope_says(&c->scopes[i], "bounce_template_file"))
			check_texts(c, &c->scopes[i]);
}
