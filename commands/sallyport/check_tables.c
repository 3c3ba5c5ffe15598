/* SPDX-License-Identifier: Apache-2.0 */
/* Lookup tables: their types, their files, and whether they open. */
#include "commands/sallyport/check_inside.h"
#include "commands/sallyport/table_file.h"

#include "lib/base/mem.h"
#include "lib/base/nearest.h"
#include "lib/base/text.h"
#include "lib/base/token.h"
#include "lib/conf/params.h"
#include "lib/table/files.h"
#include "lib/table/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lists of names and addresses that may have tables or files among them. */
static const char *const pattern_lists[] = { "mydestination", "mynetworks", "relay_domains", "virtual_alias_domains",
	"virtual_mailbox_domains" };

struct looking {
	struct checking *c;
	const struct scope *s;
	const char *parameter, *spec; /* as written */
	struct spot at;
	char *shown;
};

static bool
is_type(const char *name)
{
	for (const struct table_type *const *t = table_types; *t != NULL; t++)
		if (strcmp((*t)->name, name) == 0)
			return true;
	return false;
}

static const char *
nearest_type(const char *name)
{
	struct nearest near = NEAREST(name);

	for (const struct table_type *const *t = table_types; *t != NULL; t++)
		nearest_try(&near, (*t)->name);
	for (size_t i = 0; postfix_types[i] != NULL; i++)
		nearest_try(&near, postfix_types[i]);
	return near.name;
}

static void
tell_type(const struct looking *l, const char *type, const char *name)
{
	const char *nearest = nearest_type(type);
	char *remedy;

	if (!is_postfix_type(type)) {
		remedy = nearest != NULL ? mem_fmt("did you mean \"%s\"?", nearest)
					 : mem_fmt("\"postconf -m\" lists the types");
		finding_add(l->c->found, FINDING_table_type, l->at, remedy, "%s: %s: there is no type of table \"%s\"",
		    l->shown, l->spec, type);
	} else {
		remedy = table_file_has_text(type) ? mem_fmt("write texthash:%s", name)
						   : mem_fmt("\"postconf -m\" lists the types that there are");
		finding_add(l->c->found, FINDING_table_type, l->at, remedy,
		    "%s: %s: this version does not have tables of type %s", l->shown, l->spec, type);
	}
	free(remedy);
}

/* What makes its index. */
static char *
make_command(const struct looking *l, const char *type, const char *path)
{
	char *spec = mem_fmt("%s:%s", type, path),
	     *command = mem_fmt("%s%s %s", files_maker(l->s->cf, spec),
		 strcmp(l->parameter, "tls_server_sni_maps") == 0 ? " -F" : "", spec);

	free(spec);
	return command;
}

static void
check_lines(const struct looking *l, const char *type, const char *path)
{
	char *command = make_command(l, type, path);

	if (strcmp(type, "texthash") == 0)
		check_source(l->c, l->shown, path, SOURCE_EITHER);
	else if (table_file_has_text(type))
		check_source(l->c, l->shown, path, text_starts(command, "postalias ") ? SOURCE_ALIASES : SOURCE_MAP);
	free(command);
}

/* False: it cannot be opened, and that is told. */
static bool
check_file(const struct looking *l, const char *type, const char *path)
{
	char *index = NULL, *remedy = NULL;
	bool ok = false;

	switch (table_file_state(type, path, &index)) {
	case TABLE_FILE_GOOD:
		ok = true;
		break;
	case TABLE_FILE_ABSENT:
		finding_add(l->c->found, FINDING_table_missing, l->at, "make it, or take it out of the list",
		    "%s: %s: %s does not exist", l->shown, l->spec, path);
		break;
	case TABLE_FILE_UNREADABLE:
		finding_add(l->c->found, FINDING_table_unusable, l->at, "make it a file that can be read",
		    "%s: %s: %s: %s", l->shown, l->spec, path, strerror(errno));
		break;
	case TABLE_FILE_NO_INDEX:
		remedy = make_command(l, type, path);
		finding_add(l->c->found, FINDING_table_missing, l->at, remedy, "%s: %s: its index %s does not exist",
		    l->shown, l->spec, index);
		check_lines(l, type, path);
		break;
	case TABLE_FILE_STALE:
		remedy = make_command(l, type, path);
		finding_add(l->c->found, FINDING_table_stale, l->at, remedy, "%s: %s is older than its source %s",
		    l->shown, index, path);
		ok = true;
		break;
	}
	free(remedy);
	free(index);
	return ok;
}

/* Daemons work in queue_directory. */
static void
check_relative(const struct looking *l, const char *type, const char *name)
{
	char *path = mem_fmt("%s/%s", l->s->cf->queue_directory, name), *index = NULL;
	enum table_file state = table_file_state(type, path, &index);

	if (state != TABLE_FILE_GOOD && state != TABLE_FILE_STALE)
		finding_add(l->c->found, FINDING_table_missing, l->at, "write its whole path",
		    "%s: %s: %s does not exist, where daemons look for a name without a path", l->shown, l->spec, path);
	free(index);
	free(path);
}

static void
tell_rule(void *ctx, const char *file, int line, const char *text)
{
	const struct looking *l = ctx;

	finding_add(l->c->found, FINDING_table_lines, *file != '\0' ? (struct spot){ file, line } : l->at,
	    "mend it, or take it out", "%s: %s", l->shown, text);
}

static void
check_open(const struct looking *l, const char *spec)
{
	struct looking here = *l;
	const struct table_env env = { .cf = l->s->cf, .direct = true, .complain = tell_rule, .ctx = &here };
	struct buf err = BUF(4096);
	struct table *t = table_open(spec, TABLE_FOLD | TABLE_REGEXP_OK, &env, &err);

	if (t == NULL) {
		char *message = mem_fmt("%s: %s", l->shown, buf_str(&err));

		finding_told(l->c->found, FINDING_table_unusable, l->at, message);
		free(message);
	} else if (table_trouble(t) != NULL) {
		finding_add(l->c->found, FINDING_table_unusable, l->at, "make it anew", "%s: %s: %s", l->shown, l->spec,
		    table_trouble(t));
	}
	table_free(&t);
	buf_free(&err);
}

/* The tables that it is made of, one by one; true: they are told of, or good. */
static bool
check_parts(const struct looking *l, const char *type, const char *name)
{
	size_t n = strlen(name);
	char *copy, *cursor, *spec;

	if (strcmp(type, "debug") == 0) {
		check_table(l->c, l->s, l->parameter, name);
		return true;
	}
	if ((strcmp(type, "pipemap") != 0 && strcmp(type, "unionmap") != 0) || n < 2 || name[0] != '{' ||
	    name[n - 1] != '}')
		return false;
	cursor = copy = mem_str(name + 1);
	copy[n - 2] = '\0';
	while ((spec = table_spec_next(&cursor)) != NULL)
		check_table(l->c, l->s, l->parameter, spec);
	free(copy);
	return true;
}

/* Here nobody has to ask the proxymap service, and it may not even run. */
static void
check_direct(const struct looking *l, const char *spec)
{
	const char *colon = strchr(spec, ':');
	char *type;

	if (colon == NULL || colon == spec) {
		finding_add(l->c->found, FINDING_table_type, l->at,
		    "write it as type:name, for example texthash:/etc/aliases", "%s: \"%s\" is no table", l->shown,
		    l->spec);
		return;
	}
	type = mem_str(spec);
	type[colon - spec] = '\0';
	if (!is_type(type)) {
		tell_type(l, type, colon + 1);
	} else if (!table_file_needs_path(type) || colon[1] == '{') {
		if (!check_parts(l, type, colon + 1))
			check_open(l, spec);
	} else if (colon[1] == '\0') {
		finding_add(l->c->found, FINDING_table_type, l->at, "write the path right behind the colon",
		    "%s: %s: there is no name behind the type", l->shown, l->spec);
	} else if (colon[1] != '/') {
		check_relative(l, type, colon + 1);
	} else if (check_file(l, type, colon + 1)) {
		check_lines(l, type, colon + 1);
		check_open(l, spec);
	}
	free(type);
}

/* What proxymap is asked for must be one of proxy_read_maps; the system's users and groups it tells everybody. */
static void
check_proxied(const struct looking *l)
{
	char *copy = mem_str(scope_text(&l->c->scopes[0], "proxy_read_maps")), *cursor = copy, *word;
	bool found =
	    strcmp(l->spec, "proxy:unix:passwd.byname") == 0 || strcmp(l->spec, "proxy:unix:group.byname") == 0;

	while (!found && (word = token_next(&cursor)) != NULL)
		found = strcmp(word, l->spec) == 0;
	if (!found)
		finding_add(l->c->found, FINDING_table_not_proxied, l->at, "add it to proxy_read_maps",
		    "%s: %s is not in proxy_read_maps", l->shown, l->spec);
	free(copy);
}

void
check_table(struct checking *c, const struct scope *s, const char *parameter, const char *spec)
{
	struct looking l = { .c = c, .s = s, .parameter = parameter, .spec = spec };
	size_t before = c->found->n;
	char *place;

	l.at = scope_word(c, s, parameter, spec);
	place = mem_fmt("%s at %s:%d", spec, l.at.file, l.at.line);
	/* What is wrong with it is said once for its place, whatever default has it from there. */
	if (hash_get(&c->good_tables, spec) != NULL || (l.at.line > 0 && hash_put(&c->told_tables, place, c) != NULL)) {
		free(place);
		return;
	}
	free(place);
	l.shown = scope_name(s, parameter);
	if (text_starts(spec, "proxy:")) {
		check_proxied(&l);
		spec += strlen("proxy:");
	}
	check_direct(&l, spec);
	if (c->found->n == before)
		hash_put(&c->good_tables, l.spec, c);
	free(l.shown);
}

/* "$alias_maps" is looked at where alias_maps is. */
static bool
is_parameter(const char *word)
{
	char *name = mem_str(word + strspn(word, "${("));
	bool known;

	name[strcspn(name, "})")] = '\0';
	known = word[0] == '$' && param_find(name) != NULL;
	free(name);
	return known;
}

static void
check_list(struct checking *c, const struct scope *s, const char *parameter)
{
	const char *raw = conf_source(s->cf, parameter, NULL, NULL);
	char *copy = mem_str(raw != NULL ? raw : ""), *cursor = copy, *word, *spec;

	while ((word = token_next(&cursor)) != NULL) {
		struct buf value = BUF(1 << 20), err = BUF(1024);

		if (!is_parameter(word) && conf_expand(s->cf, word, NULL, NULL, &value, &err) && value.len > 0)
			for (char *at = value.s; (spec = token_next(&at)) != NULL;)
				check_table(c, s, parameter, spec);
		buf_free(&value);
		buf_free(&err);
	}
	free(copy);
}

/* Addresses such as 2001:db8::/32, fe80::1 and [::1] have colons, too. */
static bool
is_table(const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return word[0] >= 'a' && word[0] <= 'z' && word[n] == ':' &&
	    (strspn(word, "abcdef0123456789") < n || word[n + 1] == '/');
}

/* "!/file", "!type:name", a name, an address: only the first two are of interest. */
static void
check_patterns(struct checking *c, const struct scope *s, const char *parameter)
{
	char *copy = mem_str(scope_text(s, parameter)), *cursor = copy, *shown = scope_name(s, parameter), *word;

	while ((word = token_next(&cursor)) != NULL) {
		const char *written = word;

		word += strspn(word, "!");
		if (word[0] == '/' && access(word, R_OK) < 0)
			finding_add(c->found, errno == ENOENT ? FINDING_table_missing : FINDING_table_unusable,
			    scope_word(c, s, parameter, written), "make it, or take it out of the list",
			    "%s: file %s: %s", shown, word, strerror(errno));
		else if (is_table(word))
			check_table(c, s, parameter, word);
	}
	free(shown);
	free(copy);
}

static bool
names_tables(const char *parameter)
{
	return (text_ends(parameter, "_maps") && !text_starts(parameter, "proxy_")) || text_ends(parameter, "_checks");
}

static void
check_scope(struct checking *c, const struct scope *s)
{
	for (size_t i = 0; i < conf_nparams; i++) {
		const struct param *row = &conf_params[i];
		const char *name = param_name(row);

		if (row->type == F_STR && *param_who(row) != '\0' && param_status(row) == PARAM_WORKS &&
		    names_tables(name) && scope_says(s, name))
			check_list(c, s, name);
	}
	for (size_t i = 0; i < NITEMS(pattern_lists); i++)
		if (scope_says(s, pattern_lists[i]))
			check_patterns(c, s, pattern_lists[i]);
}

void
check_tables(struct checking *c)
{
	for (size_t i = 0; i < c->nscopes; i++)
		check_scope(c, &c->scopes[i]);
}
