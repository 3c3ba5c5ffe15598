/* SPDX-License-Identifier: Apache-2.0 */
/* The words of smtpd_*_restrictions, of restriction classes, and of their overrides in master.cf. */
#include "commands/sallyport/check_inside.h"

#include "lib/access/restrict_words.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/conf/legacy.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	struct checking *c;
	const struct scope *s;
	const char *parameter;
};

static void
tell_unknown(const struct reading *r, const struct restrict_word *w, struct spot at, const char *shown)
{
	char *remedy = w->nearest != NULL ? mem_fmt("did you mean \"%s\"?", w->nearest)
					  : mem_fmt("write a restriction, or one of smtpd_restriction_classes");

	finding_add(
	    r->c->found, FINDING_restriction_unknown, at, remedy, "%s: there is no restriction \"%s\"", shown, w->word);
	free(remedy);
}

static void
check_word(void *ctx, const struct restrict_word *w)
{
	const struct reading *r = ctx;
	const struct param_legacy *old = w->kind == RESTRICT_CLASS ? NULL : restriction_legacy(w->word);
	const struct spot at = scope_word(r->c, r->s, r->parameter, w->word);
	char *shown = scope_name(r->s, r->parameter);

	if (w->kind == RESTRICT_UNKNOWN)
		tell_unknown(r, w, at, shown);
	else if (w->lacks_table || w->lacks_argument)
		finding_add(r->c->found, FINDING_restriction_argument, at,
		    w->lacks_table ? "write a table (type:name) behind it" : "write it", "%s: %s has no %s behind it",
		    shown, w->word, w->lacks_table ? "table" : "argument");
	else if (w->kind == RESTRICT_NOT_BUILT)
		finding_add(r->c->found, FINDING_restriction_missing, at, old != NULL ? old->advice : "take it out",
		    "%s: this version does not have %s: each client that gets there is answered 451", shown, w->word);
	else if (old != NULL)
		finding_add(r->c->found, FINDING_restriction_renamed, at, old->advice, "%s: %s is now %s", shown,
		    w->word, old->successor);
	if (w->table != NULL && w->kind == RESTRICT_KNOWN)
		check_table(r->c, r->s, r->parameter, w->table);
	free(shown);
}

static void
check_list(struct checking *c, const struct scope *s, const char *parameter)
{
	struct reading r = { c, s, parameter };

	restrict_words(scope_text(s, parameter), scope_text(s, "smtpd_restriction_classes"), check_word, &r);
}

static void
check_class(struct checking *c, const struct scope *s, const char *name)
{
	const struct spot at = scope_spot(c, s, "smtpd_restriction_classes");

	if (conf_get(s->cf, name) != NULL)
		check_list(c, s, name);
	else
		finding_add(c->found, FINDING_restriction_class, at, "define it as a list of restrictions",
		    "smtpd_restriction_classes: %s is not defined", name);
}

static void
check_classes(struct checking *c, const struct scope *s)
{
	char *copy = mem_str(scope_text(s, "smtpd_restriction_classes")), *cursor = copy, *name;
	bool all = scope_says(s, "smtpd_restriction_classes");

	while ((name = text_word(&cursor, TEXT_LIST)) != NULL)
		if (all || scope_says(s, name))
			check_class(c, s, name);
	free(copy);
}

void
check_restrictions(struct checking *c)
{
	const char *name;

	for (size_t i = 0; i < c->nscopes; i++) {
		for (size_t k = 0; (name = restrict_list_name(k)) != NULL; k++)
			if (scope_says(&c->scopes[i], name))
				check_list(c, &c->scopes[i], name);
		check_classes(c, &c->scopes[i]);
	}
}
