/* SPDX-License-Identifier: Apache-2.0 */
/* Each setting and each service: the same as with Postfix, or how it differs. */
#include "commands/sallyport/import.h"

#include "commands/sallyport/table_file.h"

#include "lib/access/restrict_words.h"
#include "lib/base/text.h"
#include "lib/conf/legacy.h"
#include "lib/conf/params.h"
#include "lib/table/table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const same_names[] = { "same", "differs", "no_effect", "refused", "not_built" };
const char *const same_titles[] = { "the same", "differs", "no effect", "refused", "not built yet" };

static void
row(struct import *im, const struct judgement *j)
{
	if ((im->nrows & (im->nrows - 1)) == 0)
		im->rows = mem_grow(im->rows, im->nrows > 0 ? 2 * im->nrows : 1, sizeof(*im->rows));
	im->rows[im->nrows++] = *j;
}

/* ---- values ---- */

struct types_wanted {
	struct arena *mem;
	const char *missing; /* NULL: there is none */
};

static void
look_at_type(void *ctx, const char *type)
{
	struct types_wanted *w = ctx;

	for (size_t i = 0; table_types[i] != NULL; i++)
		if (strcmp(table_types[i]->name, type) == 0)
			return;
	if (!is_postfix_type(type) || (w->missing != NULL && text_list_has(w->missing, type)))
		return;
	w->missing = w->missing != NULL ? arena_fmt(w->mem, "%s, %s", w->missing, type) : arena_str(w->mem, type);
}

/* NULL: all tables that the value names are of types that we have. */
static const char *
missing_types(struct import *im, const char *value)
{
	struct types_wanted w = { .mem = &im->mem };
	char *copy = mem_str(value);

	text_types(copy, look_at_type, &w);
	free(copy);
	return w.missing;
}

struct words_wanted {
	struct arena *mem;
	const char *missing, *unknown; /* NULL: there is none */
};

static void
look_at_restriction(void *ctx, const struct restrict_word *word)
{
	struct words_wanted *w = ctx;

	if (word->kind == RESTRICT_NOT_BUILT && w->missing == NULL)
		w->missing = arena_str(w->mem, word->word);
	else if (word->kind == RESTRICT_NOT_BUILT)
		w->missing = arena_fmt(w->mem, "%s, %s", w->missing, word->word);
	else if (word->kind == RESTRICT_UNKNOWN && w->unknown == NULL)
		w->unknown = arena_str(w->mem, word->word);
}

/* Restrictions that we have not, and those that nobody has, which Postfix too answers with an error. */
static void
judge_restrictions(struct import *im, const char *value, struct judgement *j)
{
	const char *classes = conf_get(im->cf, "smtpd_restriction_classes"), *name = "";
	struct words_wanted w = { .mem = &im->mem };

	for (size_t i = 0; (name = restrict_list_name(i)) != NULL && strcmp(name, j->name) != 0; i++)
		;
	if (name == NULL)
		return;
	restrict_words(value, classes != NULL ? classes : "", look_at_restriction, &w);
	if (w.unknown != NULL) {
		j->same = SAME_REFUSED;
		j->note = arena_fmt(&im->mem, "there is no restriction %s", w.unknown);
	} else if (w.missing != NULL) {
		j->same = SAME_NOT_BUILT;
		j->note = arena_fmt(&im->mem, "the restrictions %s", w.missing);
	}
}

/* What is not built yet does no harm where it is not asked for. */
static bool
is_default(const struct import *im, const struct param *p, const char *value)
{
	struct buf text = BUF(1 << 20), err = BUF(1024);
	bool same =
	    conf_expand(im->cf, param_field(p).dflt, NULL, NULL, &text, &err) && strcmp(buf_str(&text), value) == 0;

	buf_free(&text);
	buf_free(&err);
	return same;
}

/* ---- settings ---- */

static void
judge_known(struct import *im, const struct param *p, const char *value, struct judgement *j)
{
	static const enum same same[] = {
		[PARAM_WORKS] = SAME_SAME,
		[PARAM_NO_EFFECT] = SAME_NO_EFFECT,
		[PARAM_REFUSED] = SAME_REFUSED,
		[PARAM_NOT_BUILT] = SAME_NOT_BUILT,
	};
	const char *types;

	j->same = same[param_status(p)];
	j->note = j->same != SAME_SAME ? param_note(p) : NULL;
	if (j->same == SAME_NOT_BUILT && is_default(im, p, value)) {
		j->same = SAME_SAME;
		j->note = NULL;
	}
	if (j->same == SAME_SAME && p->type != F_RAW && (types = missing_types(im, value)) != NULL) {
		j->same = SAME_NOT_BUILT;
		j->note = arena_fmt(&im->mem, "tables of the type%s %s", strchr(types, ',') != NULL ? "s" : "", types);
	}
	if (j->same == SAME_SAME)
		judge_restrictions(im, value, j);
}

/* A name of old has the status of its successor. */
static void
judge_legacy(const struct param_legacy *old, struct judgement *j)
{
	const struct param *p = old->successor != NULL ? param_find(old->successor) : NULL;

	if (param_find(j->name) == NULL && p != NULL && param_status(p) == PARAM_NOT_BUILT) {
		j->same = SAME_NOT_BUILT;
		j->note = param_note(p);
	}
	j->successor = old->successor;
	j->remedy = old->advice;
}

static void
judge_left_out(const struct import *im, const char *value, struct judgement *j)
{
	const char *ours = conf_get(im->ours, j->name);

	if (ours != NULL && strcmp(ours, value) == 0)
		return;
	j->same = SAME_DIFFERS;
	j->note = "left out, since it is about the installation of Postfix: ours is another one";
}

/* value is expanded; used: somebody mentions a name that we do not know. */
static void
judge_setting(struct import *im, const char *value, bool used, struct judgement *j)
{
	const struct param *p = param_find(j->name);
	const struct param_legacy *old = param_legacy(j->name);

	if (p == NULL)
		p = param_family(j->name);
	if (import_left_out(j->name) && j->service == NULL) {
		judge_left_out(im, value, j);
	} else if (p != NULL) {
		judge_known(im, p, value, j);
	} else if (old == NULL && !used) {
		j->same = SAME_NO_EFFECT;
		j->note = "nothing reads a parameter of this name";
	}
	if (old != NULL)
		judge_legacy(old, j);
}

static void
judge_main(struct import *im)
{
	size_t n;
	const struct conf_line *lines = conf_lines(im->cf, &n);

	for (size_t i = 0; i < n; i++) {
		struct judgement j = { .what = JUDGED_SETTING,
			.file = "main.cf",
			.line = lines[i].line,
			.name = lines[i].name,
			.value = lines[i].value };
		const char *value = conf_get(im->cf, lines[i].name);

		if (lines[i].overridden) {
			j.same = SAME_NO_EFFECT;
			j.note = "a later line has the same name";
		} else {
			judge_setting(im, value != NULL ? value : lines[i].value, lines[i].used, &j);
		}
		row(im, &j);
	}
}

static void
judge_override(struct import *im, const struct mastercf_service *s, const char *service, const char *text)
{
	const char *equals = strchr(text, '=');
	struct judgement j = { .what = JUDGED_SETTING, .file = "master.cf", .line = s->line, .service = service };
	struct buf value = BUF(1 << 20), err = BUF(1024);

	j.name = arena_strn(&im->mem, text, (size_t)(equals - text));
	j.value = arena_str(&im->mem, equals + 1);
	judge_setting(im, conf_expand(im->cf, j.value, NULL, NULL, &value, &err) ? buf_str(&value) : j.value, true, &j);
	row(im, &j);
	buf_free(&value);
	buf_free(&err);
}

/* ---- defaults ---- */

/* What nobody set, and is not the same all the same.  Folders and accounts are the installation's. */
static void
judge_defaults(struct import *im)
{
	static const struct {
		const char *name, *postfix, *why;
	} differences[] = {
#define DIFFERENCE(name, postfix, why) { #name, postfix, why },
#define PLACE(name)
#define OWN(name)
#include "lib/conf/differences.def"
#undef DIFFERENCE
#undef PLACE
#undef OWN
	};

	for (size_t i = 0; i < NITEMS(differences); i++) {
		struct judgement j = { .what = JUDGED_DEFAULT,
			.same = SAME_DIFFERS,
			.name = differences[i].name,
			.value = differences[i].postfix,
			.note = differences[i].why };
		int line;

		if (conf_source(im->cf, j.name, NULL, &line) != NULL && line == 0 && !import_left_out(j.name))
			row(im, &j);
	}
}

/* ---- services ---- */

static bool
is_installed(const struct conf *ours, const char *program)
{
	char *path = mem_fmt("%s/%s", ours->daemon_directory, program);
	bool there = access(path, X_OK) == 0;

	free(path);
	return there;
}

static void
judge_service(const struct import *im, const struct mastercf_service *s, struct judgement *j)
{
	if (s->ignored) {
		j->same = SAME_NO_EFFECT;
		j->note = s->ignored_why;
	} else if (!is_installed(im->ours, s->program)) {
		j->same = SAME_NOT_BUILT;
		j->note = "the program is not there";
	}
}

void
import_judge(struct import *im)
{
	judge_main(im);
	judge_defaults(im);
	for (size_t i = 0; i < im->master->n; i++) {
		const struct mastercf_service *s = &im->master->services[i];
		struct judgement j = {
			.what = JUDGED_SERVICE, .file = "master.cf", .line = s->line, .value = s->program
		};

		if (s->builtin)
			continue;
		j.service = j.name = arena_fmt(&im->mem, "%s/%s", s->name, s->type_text);
		judge_service(im, s, &j);
		row(im, &j);
		for (size_t k = 0; k < s->noverrides; k++)
			judge_override(im, s, j.service, s->overrides[k]);
	}
}
