/* SPDX-License-Identifier: Apache-2.0 */
/* postconf NAME=VALUE..., -X, -#: main.cf changed in place, comments and order kept. */
#include "commands/postconf/postconf.h"
#include "commands/postconf/rewrite.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/maincf.h"

#include <stdlib.h>
#include <string.h>

struct change {
	const char *name, *value;
	bool done; /* its place in the file was found */
};

static void
parse_change(struct change *c, const char *text, enum what what, struct arena *mem)
{
	char *name = text_trim(arena_str(mem, text)), *value = name;
	const char *why;

	if (strpbrk(text, "\r\n") != NULL)
		log_fatal(1, "%s: -e, -X, or -# accepts no multi-line input", text);
	if (name[0] == '#')
		log_fatal(1, "%s: -e, -X, or -# accepts no comment input", text);
	if (what == EDIT && !maincf_split(name, &name, &value, &why))
		log_fatal(1, "%s: %s", text, why);
	if (what != EDIT && *name == '\0')
		log_fatal(1, "-X or -# requires non-blank parameter names");
	*c = (struct change){ .name = name, .value = value };
}

static struct change *
change_of(const struct hash *changes, const struct cftext_line *l)
{
	char name[256];
	size_t n = 0;

	while (n < l->len && strchr(" \t\r\n=", l->s[n]) == NULL)
		n++;
	if (n >= sizeof(name))
		return NULL;
	memcpy(name, l->s, n);
	name[n] = '\0';
	return hash_get(changes, name);
}

static void
put_setting(struct rewrite *w, const struct change *c)
{
	rewrite_finish_line(w);
	buf_fmt(&w->new, "%s =%s%s\n", c->name, *c->value != '\0' ? " " : "", c->value);
}

/* The first line of a parameter that is to change. */
static void
first_line(struct rewrite *w, const struct cftext_line *l, struct change *c, enum what what)
{
	if (what == COMMENT_OUT)
		rewrite_copy(w, l, true);
	if (what == EDIT && !c->done)
		put_setting(w, c);
	else if (what == EDIT)
		log_warn("%s: multiple entries for \"%s\"; that in line %d was taken out", w->path, c->name, l->line);
	c->done = true;
}

static void
rewrite_lines(struct rewrite *w, const struct hash *changes, enum what what)
{
	struct cftext t = cftext_of(w->path, &w->old);
	struct change *now = NULL; /* the parameter that this line belongs to, if it is to change */
	struct cftext_line l;

	while (cftext_line(&t, &l)) {
		if (l.kind == CFTEXT_START && (now = change_of(changes, &l)) != NULL)
			first_line(w, &l, now, what);
		else if (l.kind == CFTEXT_SKIP || now == NULL)
			rewrite_copy(w, &l, false);
		else if (what == COMMENT_OUT)
			rewrite_copy(w, &l, true);
	}
}

/* What is new stands at the end; what is wrong with it is better heard now than at the next start. */
static void
check_result(const char *dir)
{
	struct conf_args args = { .dir = dir };
	struct buf err = BUF(8192);
	const struct conf *cf = conf_load(&args, &err);

	if (cf == NULL)
		log_warn("%s", buf_str(&err));
	conf_free(&cf);
	buf_free(&err);
}

static void
check_names(const struct request *r, const struct change *changes)
{
	struct known *k = known_begin(r);

	for (size_t i = 0; i < r->nargs; i++)
		known_value(k, changes[i].name, changes[i].value);
	for (size_t i = 0; i < r->nargs; i++)
		known_name(k, changes[i].name, r->args[i]);
	known_end(&k);
}

static void
parse_changes(const struct request *r, struct change *changes, struct hash *by_name)
{
	struct change *again;

	for (size_t i = 0; i < r->nargs; i++) {
		parse_change(&changes[i], r->args[i], r->what, r->mem);
		if ((again = hash_put(by_name, changes[i].name, &changes[i])) == NULL)
			continue;
		again->done = true; /* the last one counts */
		if (r->what == EDIT)
			log_warn("ignoring earlier request: '%s = %s'", again->name, again->value);
	}
	if (r->what == EDIT)
		check_names(r, changes);
}

int
edit_main(const struct request *r)
{
	struct change *changes = mem_zero(r->nargs, sizeof(*changes));
	struct hash by_name = HASH(false);
	char *path = mem_fmt("%s/main.cf", r->dir);
	struct rewrite w;

	parse_changes(r, changes, &by_name);
	rewrite_begin(&w, path);
	rewrite_lines(&w, &by_name, r->what);
	for (size_t i = 0; r->what == EDIT && i < r->nargs; i++)
		if (!changes[i].done)
			put_setting(&w, &changes[i]);
	rewrite_commit(&w);
	if (r->what == EDIT)
		check_result(r->dir);
	hash_free(&by_name, NULL);
	free(path);
	free(changes);
	return 0;
}
