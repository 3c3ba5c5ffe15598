/* SPDX-License-Identifier: Apache-2.0 */
/* postconf -F NAME/TYPE/FIELD=VALUE, -P NAME/TYPE/PARAMETER=VALUE, -PX: parts of services changed in place. */
#include "commands/postconf/master.h"
#include "commands/postconf/postconf.h"
#include "commands/postconf/rewrite.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n\v\f"
enum { LINE = CFTEXT_LINE };

struct change {
	struct master_key key;
	const char *text;  /* as asked for */
	const char *value; /* NULL: the -o goes */
	bool done;	   /* a service was found */
};

struct editing {
	const struct request *r;
	struct rewrite file;
	struct change *changes;
	struct arena *mem;
};

/* A service as it stands in the file: its lines, and the comments among them and behind them. */
struct entry {
	struct buf text, lines, among, behind;
	int line;
};

static void
check_item(const struct request *r, const struct change *c)
{
	if (r->mode == 'F' && master_column(c->key.item) < 0)
		log_fatal(1, "invalid service attribute name: \"%s\"", c->key.item);
	if (r->mode == 'F' &&
	    (*c->value == '\0' || (master_column(c->key.item) != MASTER_COMMAND && strpbrk(c->value, BLANKS) != NULL)))
		log_fatal(1, "invalid %s field \"%s\" in \"%s\"; one word is wanted, - for the default", c->key.item,
		    c->value, c->text);
	if (r->mode == 'P' && strcmp(c->key.item, "*") == 0)
		log_fatal(1, "%s: -Pe or -PX does not accept wild-card parameter name", c->text);
	if (r->mode == 'P' && strpbrk(c->key.item, BLANKS "${}") != NULL)
		log_fatal(1, "%s: a parameter name has no blanks, '$' or braces", c->text);
}

static void
parse_change(const struct request *r, struct change *c, const char *text)
{
	char *key = arena_str(r->mem, text), *eq = r->what == EDIT ? strchr(key, '=') : NULL;

	if (strpbrk(text, "\r\n") != NULL)
		log_fatal(1, "%s: -Fe, -Pe or -PX accepts no multi-line input", text);
	if (r->what == EDIT && eq == NULL)
		log_fatal(1, "missing '=' after attribute name: \"%s\"", text);
	*c = (struct change){ .text = text };
	if (eq != NULL) {
		*eq = '\0';
		c->value = text_trim(eq + 1);
	}
	if (!master_key(r->mem, text_trim(key), 3, 3, &c->key))
		log_fatal(1, "%s: -%ce%s requires service_name/type/%s", text, r->mode, r->mode == 'P' ? " or -PX" : "",
		    r->mode == 'P' ? "parameter" : "field_name");
	check_item(r, c);
}

static void
parse(const struct request *r, struct change *changes)
{
	struct known *k = r->mode == 'P' && r->what == EDIT ? known_begin(r) : NULL;

	for (size_t i = 0; i < r->nargs; i++) {
		parse_change(r, &changes[i], r->args[i]);
		if (k != NULL)
			known_value(k, changes[i].key.item, changes[i].value);
	}
	for (size_t i = 0; k != NULL && i < r->nargs; i++)
		known_name(k, changes[i].key.item, changes[i].text);
	known_end(&k);
}

/* Takes all lines of the service that begins with l. */
static void
gather(struct entry *e, struct cftext *t, const struct cftext_line *l)
{
	struct cftext ahead = *t;
	struct cftext_line next;

	e->line = l->line;
	buf_add(&e->lines, l->s, l->len);
	buf_add(&e->text, l->s, l->len);
	while (cftext_line(&ahead, &next) && next.kind != CFTEXT_START) {
		*t = ahead;
		if (next.kind == CFTEXT_SKIP) {
			buf_add(&e->behind, next.s, next.len);
			continue;
		}
		buf_add(&e->among, buf_str(&e->behind), e->behind.len);
		buf_add(&e->lines, buf_str(&e->behind), e->behind.len);
		buf_clear(&e->behind);
		buf_add(&e->lines, next.s, next.len);
		buf_putc(&e->text, ' ');
		buf_add(&e->text, next.s, next.len);
	}
}

static bool
says(const char *word, const char *name)
{
	size_t n = strlen(name);

	word += *word == '{';
	return strncmp(word, name, n) == 0 && word[n] == '=';
}

static const char *
setting(struct arena *mem, const char *name, const char *value)
{
	return strpbrk(value, BLANKS) != NULL ? arena_fmt(mem, "{%s=%s}", name, value)
					      : arena_fmt(mem, "%s=%s", name, value);
}

/* Every -o of that name gets the value, or goes; without one, a new one follows the last option. */
static bool
change_override(struct mastercf_service *s, const struct change *c, struct arena *mem)
{
	const char *name = c->key.item;
	size_t n = 0, out = 0, end = 0; /* end: where the options end */
	const char **words;
	bool options = true, found = false;

	while (s->words[n] != NULL)
		n++;
	if ((words = arena_alloc(mem, (n + 3) * sizeof(*words))) == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool override =
		    (options = options && s->words[i][0] == '-') && strcmp(s->words[i], "-o") == 0 && i + 1 < n;
		bool mine = override && says(s->words[i + 1], name);

		found = found || mine;
		if (!mine || c->value != NULL)
			words[out++] = s->words[i];
		if (override)
			i++;
		if (override && (!mine || c->value != NULL))
			words[out++] = mine ? setting(mem, name, c->value) : s->words[i];
		end = options ? out : end;
	}
	if (!found && c->value != NULL) {
		memmove(words + end + 2, words + end, (out - end) * sizeof(*words));
		words[end] = "-o";
		words[end + 1] = setting(mem, name, c->value);
	}
	s->words = words;
	return true;
}

static void
print_entry(struct editing *e, const struct mastercf_service *s)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	if (out == NULL)
		log_fatal(1, "out of memory");
	master_print(out, s, true);
	fclose(out);
	buf_puts(&e->file.new, text);
	free(text);
}

/* What comes of it must be a line of master.cf again; one that was wrong may be mended bit by bit. */
static bool
parse_again(struct editing *e, const struct buf *line, bool was_wrong, struct mastercf_service *out, struct buf *err)
{
	char *copy = arena_str(e->mem, buf_str(line));

	return was_wrong ? mastercf_parse_as_written(copy, e->mem, out, err) : mastercf_parse(copy, e->mem, out, err);
}

static void
check_entry(struct editing *e, const struct mastercf_service *s, const struct change *c)
{
	struct buf line = BUF(LINE), err = BUF(4096);
	struct mastercf_service again;

	for (int i = 0; i < MASTER_COMMAND; i++)
		buf_fmt(&line, "%s ", s->columns[i]);
	buf_puts(&line, master_command_text(e->mem, s));
	if (!buf_ok(&line) || !parse_again(e, &line, s->wrong != NULL, &again, &err))
		log_fatal(1, "%s: %s; nothing was changed", c->text,
		    buf_ok(&line) ? buf_str(&err) : "the line gets too long");
	buf_free(&line);
	buf_free(&err);
}

static void
change_field(struct editing *e, struct mastercf_service *s, const struct change *c)
{
	int column = master_column(c->key.item);
	struct buf line = BUF(LINE), err = BUF(4096);

	for (int i = 0; i < MASTER_COLUMNS; i++)
		buf_fmt(&line, "%s ",
		    i == column		     ? c->value
			: i < MASTER_COMMAND ? s->columns[i]
					     : master_command_text(e->mem, s));
	if (!buf_ok(&line) || !parse_again(e, &line, s->wrong != NULL, s, &err))
		log_fatal(1, "%s: %s; nothing was changed", c->text,
		    buf_ok(&line) ? buf_str(&err) : "the line gets too long");
	buf_free(&line);
	buf_free(&err);
}

/* Columns of the service as it was: what is renamed by one change is still found by the next one. */
static bool
change_service(struct editing *e, struct mastercf_service *s)
{
	const char *name = s->name, *type = s->type_text;
	bool changed = false;

	for (size_t i = 0; i < e->r->nargs; i++) {
		struct change *c = &e->changes[i];

		if (!master_key_matches(&c->key, name, type))
			continue;
		c->done = changed = true;
		if (e->r->mode == 'F') {
			change_field(e, s, c);
			continue;
		}
		if (!change_override(s, c, e->mem))
			log_fatal(1, "%s: the file is too large; nothing was changed", c->text);
		check_entry(e, s, c);
	}
	return changed;
}

/* A line that nobody asked for may be as broken as it likes. */
static bool
asked_for(const struct editing *e, const char *text)
{
	char *at = arena_str(e->mem, text), *name = text_word(&at, BLANKS), *type = text_word(&at, BLANKS);

	for (size_t i = 0; type != NULL && i < e->r->nargs; i++)
		if (master_key_matches(&e->changes[i].key, name, type))
			return true;
	return false;
}

static void
rewrite_entry(struct editing *e, const struct entry *entry)
{
	struct buf err = BUF(4096);
	struct mastercf_service s;
	char *text = arena_strn(e->mem, buf_str(&entry->text), entry->text.len);
	bool wanted = asked_for(e, text);

	if (!arena_ok(e->mem) || !buf_ok(&entry->text))
		log_fatal(1, "%s, line %d: too long; nothing was changed", e->file.path, entry->line);
	if (wanted && !mastercf_parse_as_written(text_trim(text), e->mem, &s, &err))
		log_fatal(1, "%s, line %d: %s; nothing was changed", e->file.path, entry->line, buf_str(&err));
	if (wanted && change_service(e, &s)) {
		rewrite_finish_line(&e->file);
		buf_add(&e->file.new, buf_str(&entry->among), entry->among.len);
		print_entry(e, &s);
	} else {
		buf_add(&e->file.new, buf_str(&entry->lines), entry->lines.len);
	}
	buf_add(&e->file.new, buf_str(&entry->behind), entry->behind.len);
	buf_free(&err);
}

static void
rewrite_lines(struct editing *e)
{
	struct cftext t = cftext_of(e->file.path, &e->file.old);
	struct cftext_line l;

	while (cftext_line(&t, &l)) {
		struct entry entry = { .text = BUF(LINE),
			.lines = BUF(CFTEXT_FILE),
			.among = BUF(CFTEXT_FILE),
			.behind = BUF(CFTEXT_FILE) };

		if (l.kind != CFTEXT_START) {
			rewrite_copy(&e->file, &l, false);
			continue;
		}
		gather(&entry, &t, &l);
		rewrite_entry(e, &entry);
		buf_free(&entry.text);
		buf_free(&entry.lines);
		buf_free(&entry.among);
		buf_free(&entry.behind);
	}
}

int
edit_parts(const struct request *r)
{
	struct arena mem = ARENA(CFTEXT_FILE * 4);
	struct editing e = { .r = r, .mem = &mem, .changes = mem_zero(r->nargs, sizeof(*e.changes)) };
	char *path = mem_fmt("%s/master.cf", r->dir);

	parse(r, e.changes);
	rewrite_begin(&e.file, path);
	rewrite_lines(&e);
	rewrite_commit(&e.file);
	for (size_t i = 0; i < r->nargs; i++)
		if (!e.changes[i].done)
			log_warn("unmatched service_name/type: \"%s\"", r->args[i]);
	free(path);
	free(e.changes);
	arena_free(&mem);
	return 0;
}
