/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of restrictions become programs, once, at start. */
#include "lib/access/restrict_inside.h"
#include "lib/access/restrict_words.h"
#include "lib/base/log.h"
#include "lib/base/nearest.h"
#include "lib/base/text.h"
#include "lib/base/token.h"

#include <stdlib.h>
#include <string.h>

enum { SET_MEMORY = 16 << 20 };

#define AT(p) offsetof(struct conf, p)
static const struct {
	const char *name;
	size_t at;
} parameters[LISTS] = {
	[LIST_CLIENT] = { "smtpd_client_restrictions", AT(smtpd_client_restrictions) },
	[LIST_HELO] = { "smtpd_helo_restrictions", AT(smtpd_helo_restrictions) },
	[LIST_SENDER] = { "smtpd_sender_restrictions", AT(smtpd_sender_restrictions) },
	[LIST_RELAY] = { "smtpd_relay_restrictions", AT(smtpd_relay_restrictions) },
	[LIST_RECIPIENT] = { "smtpd_recipient_restrictions", AT(smtpd_recipient_restrictions) },
	[LIST_DATA] = { "smtpd_data_restrictions", AT(smtpd_data_restrictions) },
	[LIST_END_OF_DATA] = { "smtpd_end_of_data_restrictions", AT(smtpd_end_of_data_restrictions) },
	[LIST_ETRN] = { "smtpd_etrn_restrictions", AT(smtpd_etrn_restrictions) },
	[LIST_REWRITE] = { "local_header_rewrite_clients", AT(local_header_rewrite_clients) },
};

/* One of these must stand in the lists that decide about relaying, or the world may use us. */
static const char *const final_words[] = { "reject", "defer", "reject_unauth_destination", "defer_unauth_destination",
	"defer_if_permit" };

/* Something that is being turned into a program. */
struct reading {
	struct restrict_set *set;
	const struct table_env *env; /* NULL: at run time, no table may be opened */
	struct arena *mem;
	struct buf *err;
	const char *parameter;
	bool rewrite; /* of local_header_rewrite_clients, where a table is a list of clients */
};

const struct restriction *
restrict_find(const char *name)
{
	for (size_t i = 0; i < restrict_ntable; i++)
		if (text_same(restrict_table[i].name, name))
			return &restrict_table[i];
	return NULL;
}

static struct program *
find_class(struct restrict_set *set, const char *name)
{
	for (size_t i = 0; i < set->nclasses; i++)
		if (text_same(set->classes[i]->name, name))
			return set->classes[i];
	return NULL;
}

/* ---- a helpful word about a wrong one ---- */

static void
say_unknown(struct reading *r, const char *word)
{
	struct nearest near = NEAREST(word);

	for (size_t i = 0; i < restrict_ntable; i++)
		nearest_try(&near, restrict_table[i].name);
	buf_fmt(r->err, "%s: unknown restriction \"%.200s\"", r->parameter, word);
	if (near.name != NULL)
		buf_fmt(r->err, "; did you mean \"%s\"?", near.name);
	else
		buf_fmt(r->err, "; it is neither a restriction nor one of smtpd_restriction_classes");
}

/* ---- reading ---- */

static struct table *
find_table(struct reading *r, const char *spec)
{
	struct restrict_set *set = r->set;
	struct buf why = BUF(2048);
	struct table *t;

	for (size_t i = 0; i < set->ntables; i++)
		if (strcmp(table_spec(set->tables[i]), spec) == 0)
			return set->tables[i];
	if (r->env == NULL) {
		buf_fmt(r->err, "table %.200s is in none of the lists of main.cf", spec);
		return NULL;
	}
	if ((t = table_open(spec, TABLE_FOLD | TABLE_REGEXP_OK, r->env, &why)) == NULL)
		buf_fmt(r->err, "%s: %s", r->parameter, buf_str(&why));
	buf_free(&why);
	if (t == NULL)
		return NULL;
	set->tables = mem_grow(set->tables, set->ntables + 1, sizeof(t));
	return set->tables[set->ntables++] = t;
}

static bool
read_argument(struct reading *r, struct step *s, char **cursor)
{
	const char *text = token_next(cursor);

	if (text == NULL || (s->what->argument == ARGUMENT_TABLE && strchr(text, ':') == NULL)) {
		buf_fmt(r->err, "%s: %s needs %s behind it", r->parameter, s->what->name,
		    s->what->argument == ARGUMENT_TABLE ? "a table (type:name)" : "an argument");
		return false;
	}
	s->text = arena_str(r->mem, text);
	return s->what->argument != ARGUMENT_TABLE || s->what->run == NULL || (s->table = find_table(r, text)) != NULL;
}

static bool
read_step(struct reading *r, struct step *s, const char *word, char **cursor)
{
	if ((s->program = find_class(r->set, word)) != NULL)
		return true;
	if (strchr(word, ':') != NULL) { /* a table without check_..._access before it */
		s->what = restrict_find(r->rewrite ? "check_address_map" : "type:table");
		s->text = arena_str(r->mem, word);
		return (s->table = find_table(r, word)) != NULL;
	}
	if ((s->what = restrict_find(word)) == NULL) {
		say_unknown(r, word);
		return false;
	}
	return s->what->argument == ARGUMENT_NONE || read_argument(r, s, cursor);
}

/* A word and what parts it from the next are two bytes at least. */
static bool
read_program(struct reading *r, const char *text, struct program *out)
{
	char *copy = mem_str(text), *cursor = copy, *word;
	bool ok = true, warn = false;

	out->n = 0;
	if ((out->steps = arena_alloc(r->mem, (strlen(text) / 2 + 1) * sizeof(struct step))) == NULL) {
		buf_fmt(r->err, "%s: the list is too long", r->parameter);
		ok = false;
	}
	while (ok && (word = token_next(&cursor)) != NULL) {
		struct step s = { .warn = warn };

		if (text_same(word, "warn_if_reject")) {
			warn = true;
			continue;
		}
		warn = false;
		if ((ok = read_step(r, &s, word, &cursor)))
			out->steps[out->n++] = s;
	}
	free(copy);
	return ok;
}

const struct program *
restrict_parse(struct restrict_set *set, const char *text, struct arena *mem, const char **why)
{
	struct program *p = arena_alloc(mem, sizeof(*p));
	struct buf err = BUF(1024);
	struct reading r = { .set = set, .mem = mem, .err = &err, .parameter = "access table" };

	if (p != NULL && !read_program(&r, text, p))
		p = NULL;
	*why = p == NULL ? arena_str(mem, buf_str(&err)) : "";
	buf_free(&err);
	return p;
}

/* ---- the set ---- */

/* All names first, so that classes may use each other. */
static void
name_classes(struct reading *r)
{
	struct restrict_set *set = r->set;
	char *copy = mem_str(set->cf->smtpd_restriction_classes), *cursor = copy, *name;

	while ((name = text_word(&cursor, TEXT_LIST)) != NULL) {
		struct program *p = mem_zero(1, sizeof(*p));

		p->name = arena_str(r->mem, name);
		set->classes = mem_grow(set->classes, set->nclasses + 1, sizeof(p));
		set->classes[set->nclasses++] = p;
	}
	free(copy);
}

static bool
read_classes(struct reading *r)
{
	for (size_t i = 0; i < r->set->nclasses; i++) {
		struct program *p = r->set->classes[i];
		const char *text = conf_get(r->set->cf, p->name);

		r->parameter = p->name;
		if (text == NULL) {
			buf_fmt(r->err, "smtpd_restriction_classes: %s is not defined; write \"%s = restriction, ...\"",
			    p->name, p->name);
			return false;
		}
		if (!read_program(r, text, p))
			return false;
	}
	return true;
}

static bool
read_lists(struct reading *r)
{
	for (size_t i = 0; i < LISTS; i++) {
		const char *text = *(const char *const *)(const void *)((const char *)r->set->cf + parameters[i].at);

		r->parameter = r->set->lists[i].name = parameters[i].name;
		r->rewrite = i == LIST_REWRITE;
		if (!read_program(r, text, &r->set->lists[i]))
			return false;
	}
	return true;
}

static bool
decides(const struct program *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < NITEMS(final_words); k++)
			if (p->steps[i].what != NULL && !p->steps[i].warn &&
			    text_same(p->steps[i].what->name, final_words[k]))
				return true;
	return false;
}

static bool
relay_is_decided(struct reading *r)
{
	if (decides(&r->set->lists[LIST_RELAY]) || decides(&r->set->lists[LIST_RECIPIENT]))
		return true;
	buf_fmt(r->err,
	    "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify at least one working "
	    "instance of: reject_unauth_destination, defer_unauth_destination, reject, defer or defer_if_permit");
	return false;
}

const char *
restrict_list_name(size_t i)
{
	return i < LISTS ? parameters[i].name : NULL;
}

struct restrict_set *
restrict_open(const struct conf *cf, const struct table_env *env, struct buf *err)
{
	struct restrict_set *set = mem_zero(1, sizeof(*set));
	struct reading r = { .set = set, .env = env, .mem = &set->mem, .err = err, .parameter = "" };

	set->cf = cf;
	set->mem = (struct arena)ARENA(SET_MEMORY);
	set->permits =
	    match_list_open("smtpd_log_access_permit_actions", cf->smtpd_log_access_permit_actions, env, err);
	name_classes(&r);
	if (set->permits == NULL || !read_classes(&r) || !read_lists(&r) || !relay_is_decided(&r))
		restrict_free(&set);
	return set;
}

bool
restrict_changed(struct restrict_set *set)
{
	for (size_t i = 0; i < set->ntables; i++)
		if (table_changed(set->tables[i]))
			return true;
	return match_list_changed(set->permits);
}

void
restrict_free(struct restrict_set **sp)
{
	struct restrict_set *set = *sp;

	if (set == NULL)
		return;
	for (size_t i = 0; i < set->nclasses; i++)
		free(set->classes[i]);
	for (size_t i = 0; i < set->ntables; i++)
		table_free(&set->tables[i]);
	match_list_free(&set->permits);
	free(set->classes);
	free(set->tables);
	arena_free(&set->mem);
	free(set);
	*sp = NULL;
}
