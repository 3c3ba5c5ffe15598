/* SPDX-License-Identifier: Apache-2.0 */
/* postconf -M NAME/TYPE=LINE, -MX, -M#: master.cf changed in place. */
#include "commands/postconf/master.h"
#include "commands/postconf/postconf.h"
#include "commands/postconf/rewrite.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

struct change {
	struct master_key key;
	char *text; /* what the service becomes, as lines */
	bool done;
};

static char *
formatted(const char *line, struct arena *mem)
{
	struct buf err = BUF(4096);
	struct mastercf_service s;
	char *text = NULL;
	size_t n;
	FILE *out;

	if (!mastercf_parse(arena_str(mem, line), mem, &s, &err))
		log_fatal(1, "%s: %s", line, buf_str(&err));
	if ((out = open_memstream(&text, &n)) == NULL)
		log_fatal(1, "out of memory");
	master_print(out, &s, true);
	fclose(out);
	return text;
}

static void
parse_change(struct change *c, const char *text, enum what what, struct arena *mem)
{
	char *key = arena_str(mem, text), *eq = what == EDIT ? strchr(key, '=') : NULL;

	if (strpbrk(text, "\r\n") != NULL)
		log_fatal(1, "%s: -Me, -MX or -M# accepts no multi-line input", text);
	if (what == EDIT && eq == NULL)
		log_fatal(1, "missing '=' after attribute name: \"%s\"; write name/type=line", text);
	if (eq != NULL)
		*eq = '\0';
	*c = (struct change){ 0 };
	if (!master_key(mem, text_trim(key), 2, 2, &c->key))
		log_fatal(1, "%s: -Me, -MX or -M# requires service_name/type", text);
	if (what == EDIT)
		c->text = formatted(eq + 1, mem);
}

/* The first two columns, in the arena; false: the line is broken. */
static bool
columns(const struct cftext_line *l, struct arena *mem, char **name, char **type)
{
	char *at = arena_strn(mem, l->s, l->len);

	*name = text_word(&at, " \t\r\n");
	*type = text_word(&at, " \t\r\n");
	return *type != NULL;
}

static struct change *
change_of(struct change *changes, size_t n, const struct cftext_line *l, struct arena *mem)
{
	char *name, *type;

	if (!columns(l, mem, &name, &type))
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (master_key_matches(&changes[i].key, name, type))
			return &changes[i];
	return NULL;
}

static void
first_line(struct rewrite *w, const struct cftext_line *l, struct change *c, enum what what)
{
	if (what == COMMENT_OUT)
		rewrite_copy(w, l, true);
	if (what == EDIT && !c->done)
		buf_puts(&w->new, c->text);
	else if (what == EDIT)
		log_warn("%s, line %d: this service was there more than once; kept once", w->path, l->line);
	c->done = true;
}

static void
rewrite_lines(struct rewrite *w, struct change *changes, size_t n, enum what what, struct arena *mem)
{
	struct cftext t = cftext_of(w->path, &w->old);
	struct change *now = NULL;
	struct cftext_line l;

	while (cftext_line(&t, &l)) {
		if (l.kind == CFTEXT_START && (now = change_of(changes, n, &l, mem)) != NULL)
			first_line(w, &l, now, what);
		else if (l.kind == CFTEXT_SKIP || now == NULL)
			rewrite_copy(w, &l, false);
		else if (what == COMMENT_OUT)
			rewrite_copy(w, &l, true);
	}
}

int
edit_services(const struct request *r)
{
	struct arena mem = ARENA(CFTEXT_FILE * 4);
	struct change *changes = mem_zero(r->nargs, sizeof(*changes));
	char *path = mem_fmt("%s/master.cf", r->dir);
	struct rewrite w;

	for (size_t i = 0; i < r->nargs; i++)
		parse_change(&changes[i], r->args[i], r->what, &mem);
	rewrite_begin(&w, path);
	rewrite_lines(&w, changes, r->nargs, r->what, &mem);
	for (size_t i = 0; i < r->nargs; i++) {
		if (r->what == EDIT && !changes[i].done) {
			rewrite_finish_line(&w);
			buf_puts(&w.new, changes[i].text);
		}
		free(changes[i].text);
	}
	rewrite_commit(&w);
	free(path);
	free(changes);
	arena_free(&mem);
	return 0;
}
