/* SPDX-License-Identifier: Apache-2.0 */
/* postconf -M, -F, -P: the services of master.cf, their columns, and their -o settings. */
#include "commands/postconf/master.h"
#include "commands/postconf/postconf.h"
#include "commands/postconf/print.h"
#include "commands/postconf/warn.h"

#include "lib/base/log.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE = 1 << 20 };

struct showing {
	const struct request *r;
	struct mastercf *m; /* as written */
	struct arena *mem;
};

static const char *
own_name(void *ctx, const char *name)
{
	const struct mastercf_service *s = ctx;

	return strcmp(name, "service_name") == 0 ? s->name : strcmp(name, "process_name") == 0 ? s->program : NULL;
}

static const struct conf *
load(const struct request *r, const char *const *overrides, size_t n)
{
	struct conf_args args = { .dir = r->dir, .overrides = overrides, .noverrides = n, .lenient = true };
	struct buf err = BUF(8192);
	const struct conf *cf = conf_load(&args, &err);

	if (cf == NULL)
		log_fatal(1, "%s", buf_str(&err));
	buf_free(&err);
	return cf;
}

/* main.cf as the service sees it: with its own settings above all others. */
static const struct conf *
load_for(const struct request *r, const struct mastercf_service *s)
{
	size_t n = r->noverrides + s->noverrides;
	const char **all = mem_zero(n + 1, sizeof(*all));
	const struct conf *cf;

	for (size_t i = 0; i < n; i++)
		all[i] = i < r->noverrides ? r->overrides[i] : s->overrides[i - r->noverrides];
	cf = load(r, all, n);
	free(all);
	return cf;
}

/* braces: around it, where it has blanks. */
static const char *
expanded(const struct showing *w, const struct conf *cf, struct mastercf_service *s, const char *text, bool braces)
{
	struct buf value = BUF(VALUE), err = BUF(8192);

	if (!conf_expand(cf, text, own_name, s, &value, &err))
		log_fatal(1, "%s, line %d: %s: %s", w->m->path, s->line, text, buf_str(&err));
	text =
	    arena_fmt(w->mem, braces && strpbrk(buf_str(&value), " \t\r\n") != NULL ? "{%s}" : "%s", buf_str(&value));
	buf_free(&value);
	buf_free(&err);
	return text;
}

/* -x: values of -o with main.cf's parameters in them. */
static void
expand_service(const struct showing *w, struct mastercf_service *s)
{
	const char **words = (const char **)s->words, **overrides = (const char **)s->overrides;
	const struct conf *cf;
	size_t o = 0;

	if (s->noverrides == 0)
		return;
	cf = load_for(w->r, s);
	for (size_t i = 0; words[i] != NULL && o < s->noverrides; i++)
		if (strcmp(words[i], "-o") == 0)
			i++, words[i] = expanded(w, cf, s, overrides[o++], true);
	for (size_t i = 0; i < s->noverrides; i++)
		overrides[i] = expanded(w, cf, s, overrides[i], false);
	conf_free(&cf);
}

static void
print_json(const struct showing *w, const struct mastercf_service *s)
{
	struct json *j = w->r->json;

	json_object(j, NULL);
	for (int i = 0; i < MASTER_COMMAND; i++)
		json_text(j, master_columns[i], s->columns[i]);
	json_text(j, master_columns[MASTER_COMMAND], master_command_text(w->mem, s));
	json_bool(j, "builtin", s->builtin);
	json_end(j);
}

static bool
print_service(const struct showing *w, const struct mastercf_service *s, const struct master_key *k)
{
	(void)k;
	if (w->r->json != NULL) {
		print_json(w, s);
		return true;
	}
	/* A comment: who copies the output into a file gets no line that is not in theirs. */
	if (s->builtin)
		fputs("# built in: ", stdout);
	master_print(stdout, s, w->r->fold && !s->builtin);
	return true;
}

/* One part of a service: what -F calls a field, and -P a parameter. */
static void
print_part(
    const struct showing *w, const struct mastercf_service *s, const char *what, const char *name, const char *value)
{
	struct json *j = w->r->json;

	if (j == NULL) {
		print_setting(w->r, arena_fmt(w->mem, "%s/%s/%s", s->name, s->type_text, name), value);
		return;
	}
	json_object(j, NULL);
	if (!w->r->no_names) {
		json_text(j, "service", s->name);
		json_text(j, "type", s->type_text);
		json_text(j, what, name);
	}
	if (!w->r->no_values)
		json_text(j, "value", value);
	json_end(j);
}

static void
print_command(const struct showing *w, const struct mastercf_service *s)
{
	struct layout l = print_text(w->r, arena_fmt(w->mem, "%s/%s/command", s->name, s->type_text));

	if (!w->r->no_values)
		master_command(&l, s);
	layout_end(&l);
}

static bool
print_fields(const struct showing *w, const struct mastercf_service *s, const struct master_key *k)
{
	for (int i = 0; i < MASTER_COLUMNS; i++) {
		if (!master_key_item(k, master_columns[i]))
			continue;
		if (i == MASTER_COMMAND && w->r->json == NULL)
			print_command(w, s);
		else
			print_part(w, s, "field", master_columns[i],
			    i == MASTER_COMMAND ? master_command_text(w->mem, s) : s->columns[i]);
	}
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	size_t n = strcspn(x, "="), m = strcspn(y, "=");
	int order = memcmp(x, y, n < m ? n : m);

	return order != 0 ? order : (n > m) - (n < m);
}

/* Does a later -o say the same? */
static bool
repeated(const struct mastercf_service *s, size_t i)
{
	for (size_t j = i + 1; j < s->noverrides; j++)
		if (by_name(&s->overrides[i], &s->overrides[j]) == 0)
			return true;
	return false;
}

static bool
print_overrides(const struct showing *w, const struct mastercf_service *s, const struct master_key *k)
{
	const char **sorted = mem_zero(s->noverrides + 1, sizeof(*sorted));
	size_t n = 0, printed = 0;

	for (size_t i = 0; i < s->noverrides; i++)
		if (!repeated(s, i))
			sorted[n++] = s->overrides[i];
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (size_t i = 0; i < n; i++) {
		char *name = arena_str(w->mem, sorted[i]), *eq = strchr(name, '=');

		*eq = '\0';
		if (!master_key_item(k, name))
			continue;
		print_part(w, s, "parameter", name, eq + 1);
		printed++;
	}
	free(sorted);
	return printed > 0;
}

static struct master_key
key_of(const struct showing *w, const char *text)
{
	static const struct {
		char mode;
		size_t parts;
		const char *usage;
	} modes[] = {
		{ 'M', 2, "service_name[/type]" },
		{ 'F', 3, "service_name[/type[/field]]" },
		{ 'P', 3, "service_name[/type[/parameter]]" },
	};
	struct master_key k;
	size_t i = 0;

	while (modes[i].mode != w->r->mode)
		i++;
	if (!master_key(w->mem, text, 1, modes[i].parts, &k))
		log_fatal(1, "%s: -%c option requires %s", text, modes[i].mode, modes[i].usage);
	if (w->r->mode == 'F' && k.item != NULL && strcmp(k.item, "*") != 0 && master_column(k.item) < 0)
		log_fatal(1, "invalid service attribute name: \"%s\"", k.item);
	return k;
}

typedef bool print_function(const struct showing *, const struct mastercf_service *, const struct master_key *);

/* Service by service, each with what was asked for, in the order in which it was asked for. */
static void
print_matching(const struct showing *w, const struct mastercf *from, const struct master_key *keys, size_t n,
    bool *found, print_function *print)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct mastercf_service *s = &from->services[i];

		for (size_t k = 0; k < n && (from == w->m || s->builtin); k++)
			if (master_key_matches(&keys[k], s->name, s->type_text))
				found[k] = print(w, s, &keys[k]) || found[k];
	}
}

/* built_in: what runs although the file does not have it, or NULL. */
static void
print_all(const struct showing *w, const struct mastercf *built_in, print_function *print)
{
	const struct request *r = w->r;
	size_t n = r->nargs > 0 ? r->nargs : 1;
	struct master_key *keys = mem_zero(n, sizeof(*keys));
	bool *found = mem_zero(n, sizeof(*found));

	for (size_t i = 0; i < n; i++)
		keys[i] = key_of(w, r->nargs > 0 ? r->args[i] : "*");
	print_begin(r);
	print_matching(w, w->m, keys, n, found, print);
	if (built_in != NULL)
		print_matching(w, built_in, keys, n, found, print);
	print_end(r);
	fflush(stdout);
	for (size_t i = 0; i < r->nargs; i++)
		if (!found[i])
			log_warn("unmatched request: \"%s\"", r->args[i]);
	free(keys);
	free(found);
}

static int
show_master(const struct request *r, print_function *print)
{
	struct buf err = BUF(8192);
	struct showing w = { .r = r, .m = mastercf_load_lines(r->dir, &err) };
	struct mastercf *written = w.m != NULL ? mastercf_load_lines(r->dir, &err) : NULL; /* stays so */
	struct mastercf *running = written != NULL ? mastercf_load(r->dir, &err) : NULL;
	const struct conf *cf;

	if (written == NULL)
		log_fatal(1, "%s", buf_str(&err));
	if (running == NULL)
		log_warn("%s", buf_str(&err));
	w.mem = w.m->mem;
	cf = load(r, r->overrides, r->noverrides);
	if (!r->quiet)
		warn_before(cf, written);
	for (size_t i = 0; r->expand && i < w.m->n; i++)
		expand_service(&w, &w.m->services[i]);
	print_all(&w, r->mode == 'M' ? running : NULL, print);
	if (!r->quiet) {
		warn_after(cf, written, r);
		log_warn_lines(running != NULL ? running->warnings : "");
	}
	warn_values(cf);
	conf_free(&cf);
	mastercf_free(&running);
	mastercf_free(&written);
	mastercf_free(&w.m);
	buf_free(&err);
	return 0;
}

int
show_services(const struct request *r)
{
	return show_master(r, print_service);
}

int
show_fields(const struct request *r)
{
	return show_master(r, print_fields);
}

int
show_overrides(const struct request *r)
{
	return show_master(r, print_overrides);
}
