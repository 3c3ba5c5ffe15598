/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/match_list.h"

#include "lib/base/fold.h"
#include "lib/base/idn.h"
#include "lib/base/text.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* A file may name files; nobody needs more depth, and a loop ends here. */
enum { PATTERNS_MAX = 1000000, FILES_DEEP = 8, FILE_MAX = 16 << 20 };

struct pattern {
	bool negated;
	char *name; /* folded; or NULL, and one of these */
	struct table *table;
	struct addr_net *net;
};
struct match_list {
	char *parameter;
	struct pattern *patterns;
	size_t n;
	bool parent, clients, utf8;
};

/* ---- opening ---- */

struct opening {
	struct match_list *list;
	const struct table_env *env;
	struct buf *err;
	int deep;
};

static bool add_words(struct opening *, char *words, bool negated);

static bool
add_lines(struct opening *o, const char *path, char *text, bool negated)
{
	struct buf why = BUF(4096), *err = o->err;
	bool ok = true;
	char *next;

	o->err = &why;
	o->deep++;
	for (int n = 1; ok && text != NULL; n++, text = next) {
		if ((next = strchr(text, '\n')) != NULL)
			*next++ = '\0';
		if (text[strspn(text, " \t\r")] != '#' && !(ok = add_words(o, text, negated)))
			buf_fmt(err, "%s, line %d: %s", path, n, buf_str(&why));
	}
	o->deep--;
	o->err = err;
	buf_free(&why);
	return ok;
}

static bool
add_file(struct opening *o, const char *path, bool negated)
{
	struct buf text = BUF(FILE_MAX);
	bool ok = false;

	if (o->deep >= FILES_DEEP)
		buf_fmt(o->err, "%s: pattern files name each other too deeply", path);
	else if (!file_read(AT_FDCWD, path, &text))
		buf_fmt(o->err, "open file %s: %s", path, strerror(errno));
	else if (memchr(buf_str(&text), '\0', text.len) != NULL)
		buf_fmt(o->err, "%s: not a text file", path);
	else
		ok = text.len == 0 || add_lines(o, path, text.s, negated);
	buf_free(&text);
	return ok;
}

/* A word with a colon is a table, unless it is an IPv6 address. */
static bool
is_table(const struct match_list *l, const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	if (!l->clients)
		return word[0] != '[' && strchr(word, ':') != NULL;
	return word[0] >= 'a' && word[0] <= 'z' && word[n] == ':' && word[n + 1] != '\0' && word[n + 1] != ':';
}

/* What could be a client's name: not an address that somebody mistyped. */
static bool
is_name(const struct match_list *l, const char *word)
{
	return !l->clients ||
	    (word[strspn(word, "0123456789.")] != '\0' &&
		word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_")] == '\0');
}

static bool
read_net(struct addr_net **out, const char *word, struct buf *err)
{
	struct addr_net net;

	if (!addr_net_parse(&net, word, err))
		return false;
	*out = mem_alloc(sizeof(net));
	**out = net;
	return true;
}

static bool
add_pattern(struct opening *o, char *word, bool negated)
{
	struct match_list *l = o->list;
	struct pattern p = { .negated = negated };

	for (; *word == '!'; word++)
		p.negated = !p.negated;
	if (*word == '/')
		return add_file(o, word, p.negated);
	if (l->n >= PATTERNS_MAX) {
		buf_fmt(o->err, "more than %d patterns in one list", PATTERNS_MAX);
		return false;
	}
	if (is_table(l, word)) {
		if ((p.table = table_open(word, TABLE_FOLD | TABLE_REGEXP_OK, o->env, o->err)) == NULL)
			return false;
	} else if (is_name(l, word)) {
		p.name = fold_case(word, l->utf8);
	} else if (!read_net(&p.net, word, o->err)) {
		return false;
	}
	if ((l->n & (l->n - 1)) == 0)
		l->patterns = mem_grow(l->patterns, l->n ? l->n * 2 : 8, sizeof(p));
	l->patterns[l->n++] = p;
	return true;
}

static bool
add_words(struct opening *o, char *words, bool negated)
{
	char *word;

	while ((word = table_word_next(&words)) != NULL)
		if (!add_pattern(o, word, negated))
			return false;
	return true;
}

static struct match_list *
open_list(const char *parameter, const char *patterns, bool clients, const struct table_env *env, struct buf *err)
{
	struct match_list *l = mem_zero(1, sizeof(*l));
	struct buf why = BUF(4096);
	struct opening o = { .list = l, .env = env, .err = &why };
	char *copy = mem_str(patterns);

	l->utf8 = env->cf != NULL && env->cf->smtputf8_enable;
	idn_load();
	if (l->utf8)
		fold_load();
	l->parameter = mem_str(parameter);
	l->clients = clients;
	l->parent = parameter[0] != '\0' && text_list_has(env->cf->parent_domain_matches_subdomains, parameter);
	if (!add_words(&o, copy, false)) {
		buf_fmt(err, "%s%s%s", parameter, parameter[0] != '\0' ? ": " : "", buf_str(&why));
		match_list_free(&l);
	}
	free(copy);
	buf_free(&why);
	return l;
}

struct match_list *
match_list_open(const char *parameter, const char *patterns, const struct table_env *env, struct buf *err)
{
	return open_list(parameter, patterns, false, env, err);
}

struct match_list *
match_list_open_clients(const char *parameter, const char *patterns, const struct table_env *env, struct buf *err)
{
	return open_list(parameter, patterns, true, env, err);
}

/* ---- asking ---- */

/* What is compared, folded. */
struct asked {
	const char *name, *other; /* an internationalized name in both forms; NULL: it has one */
	const char *host;	  /* the address as text; NULL: it has none */
	const struct addr *addr;  /* NULL: no client */
	bool exact;
	struct arena *mem;
	struct verdict *why;
};

/* example.com, .example.com for what is below it, and below as well when the parent matches. */
static bool
name_matches(const struct match_list *l, const char *pattern, const char *name)
{
	size_t n = strlen(name), m = strlen(pattern);

	if (strcmp(pattern, name) == 0)
		return true;
	if (n <= m)
		return false;
	if (pattern[0] == '.')
		return !l->parent && strcmp(name + n - m, pattern) == 0;
	return l->parent && name[n - m - 1] == '.' && strcmp(name + n - m, pattern) == 0;
}

static enum table_result
in_table(const struct match_list *l, struct table *t, const char *name, const struct asked *a)
{
	const char *value, *dot = name;
	enum table_result r = table_get(t, name, a->mem, &value, a->why);

	if (a->exact || name[0] == '[' || table_is_patterns(t))
		return r;
	while (r == TABLE_ABSENT && (dot = strchr(dot, '.')) != NULL && dot[1] != '\0') {
		r = table_get(t, l->parent ? dot + 1 : dot, a->mem, &value, a->why);
		dot++;
	}
	return r;
}

static enum table_result
match_table(const struct match_list *l, struct table *t, const struct asked *a)
{
	enum table_result r = in_table(l, t, a->name, a);
	const char *value;

	if (r == TABLE_ABSENT && a->other != NULL)
		r = in_table(l, t, a->other, a);
	if (r == TABLE_ABSENT && a->host != NULL)
		r = table_get(t, a->host, a->mem, &value, a->why);
	if (r == TABLE_ERROR)
		later(a->why, "4.3.0", "%s%s%s: %s", l->parameter, l->parameter[0] != '\0' ? ": " : "", table_spec(t),
		    arena_str(a->mem, a->why->text));
	return r;
}

static enum table_result
match_one(const struct match_list *l, const struct pattern *p, const struct asked *a)
{
	bool fits;

	if (p->table != NULL)
		return match_table(l, p->table, a);
	if (p->net != NULL)
		fits = a->addr != NULL && addr_net_has(p->net, a->addr);
	else
		fits = a->exact
		    ? strcmp(p->name, a->name) == 0
		    : name_matches(l, p->name, a->name) || (a->other != NULL && name_matches(l, p->name, a->other));
	return fits ? TABLE_FOUND : TABLE_ABSENT;
}

static enum table_result
search(const struct match_list *l, const char *name, struct asked *a)
{
	char *folded = fold_case(name, l->utf8);

	a->name = arena_str(a->mem, folded);
	free(folded);
	a->other = a->exact ? NULL : idn_other_form(a->name, a->mem);
	for (size_t i = 0; i < l->n; i++) {
		enum table_result r = match_one(l, &l->patterns[i], a);

		if (r == TABLE_ERROR)
			return r;
		if (r == TABLE_FOUND)
			return l->patterns[i].negated ? TABLE_ABSENT : TABLE_FOUND;
	}
	if (arena_ok(a->mem)) /* or what was compared may not have been the name */
		return TABLE_ABSENT;
	later(a->why, "4.3.0", "%s: too much to consider", l->parameter);
	return TABLE_ERROR;
}

enum table_result
match_list_get(struct match_list *l, const char *name, struct arena *mem, struct verdict *why)
{
	struct asked a = { .mem = mem, .why = why };

	return name[0] != '\0' ? search(l, name, &a) : TABLE_ABSENT;
}

enum table_result
match_list_get_exact(struct match_list *l, const char *name, struct arena *mem, struct verdict *why)
{
	struct asked a = { .exact = true, .mem = mem, .why = why };

	return name[0] != '\0' ? search(l, name, &a) : TABLE_ABSENT;
}

enum table_result
match_list_get_client(
    struct match_list *l, const char *name, const struct addr *addr, struct arena *mem, struct verdict *why)
{
	struct asked a = { .addr = addr, .mem = mem, .why = why };
	char host[ADDR_TEXT];
	size_t n;

	if (addr_bytes(addr, &n) != NULL)
		a.host = addr_host(addr, host);
	return search(l, name, &a);
}

bool
match_list_changed(struct match_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->patterns[i].table != NULL && table_changed(l->patterns[i].table))
			return true;
	return false;
}

void
match_list_free(struct match_list **lp)
{
	struct match_list *l = *lp;

	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++) {
		free(l->patterns[i].name);
		free(l->patterns[i].net);
		table_free(&l->patterns[i].table);
	}
	free(l->patterns);
	free(l->parameter);
	free(l);
	*lp = NULL;
}
