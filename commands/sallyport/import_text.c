/* SPDX-License-Identifier: Apache-2.0 */
/* Files in the values of main.cf and master.cf: finding them, and giving them another folder. */
#include "commands/sallyport/import.h"

#include "lib/base/text.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#define APART	    " \t\r\n,{}"
#define PATH_ENDS   APART "\"';|&()<>"
#define STARTS_NAME ",:={}!\"'"

/* Of the types of Postfix: those whose name is a file's. */
static bool
lives_in_file(const char *type)
{
	static const char *const types[] = { "hash", "btree", "texthash", "cdb", "lmdb", "dbm", "sdbm", "regexp",
		"pcre", "cidr", "mysql", "pgsql", "sqlite", "ldap", "memcache", "mongodb" };

	for (size_t i = 0; i < NITEMS(types); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

/* What is in the braces is the table itself, unless the type puts tables together. */
static bool
is_inline(const char *word, size_t n)
{
	static const char *const joined[] = { "pipemap:", "unionmap:", "proxy:" };

	if (n < 2 || word[n - 1] != ':')
		return false;
	for (size_t i = 0; i < NITEMS(joined); i++)
		if (n >= strlen(joined[i]) && strncmp(word + n - strlen(joined[i]), joined[i], strlen(joined[i])) == 0)
			return false;
	return true;
}

static char *
skip_braces(char *s)
{
	int depth = 0;

	for (; *s != '\0'; s++) {
		depth += *s == '{';
		if (*s == '}' && --depth == 0)
			return s + 1;
	}
	return s;
}

/* What may stand before a table. */
static char *
behind_marks(char *word)
{
	while (*word == '!' || *word == '"' || *word == '\'')
		word++;
	while (strncmp(word, "proxy:", strlen("proxy:")) == 0)
		word += strlen("proxy:");
	return word;
}

void
text_types(char *value, void (*each)(void *, const char *), void *ctx)
{
	for (char *s = value + strspn(value, APART); *s != '\0'; s += strspn(s, APART)) {
		size_t n = strcspn(s, APART);
		char *end = s + n, *word = behind_marks(s), *colon;

		if (*end == '{' && is_inline(s, n))
			end = skip_braces(end);
		else if (*end != '\0')
			*end++ = '\0';
		if (word < s + n && (colon = memchr(word, ':', (size_t)(s + n - word))) != NULL && colon > word) {
			*colon = '\0';
			each(ctx, word);
		}
		s = end;
	}
}

static void
one_word(char *word, void (*each)(void *, const struct file_name *), void *ctx)
{
	struct file_name name = { 0 };
	char *colon;

	word = behind_marks(word);
	if (word[0] == '/') {
		name.path = word;
		each(ctx, &name);
	} else if ((colon = strchr(word, ':')) != NULL && colon > word && colon[1] != '\0') {
		*colon = '\0';
		name = (struct file_name){ .type = word, .path = colon + 1, .table = lives_in_file(word) };
		/* "ldap:people" has its settings in main.cf: people_server_host. */
		if (name.path[0] == '/' || (name.table && strchr(name.path, '/') != NULL))
			each(ctx, &name);
	}
}

void
text_files(char *value, void (*each)(void *, const struct file_name *), void *ctx)
{
	for (char *s = value + strspn(value, APART); *s != '\0'; s += strspn(s, APART)) {
		size_t n = strcspn(s, APART);
		char *end = s + n;

		if (*end == '{' && is_inline(s, n)) {
			s = skip_braces(end);
			continue;
		}
		if (*end != '\0')
			*end++ = '\0';
		one_word(s, each, ctx);
		s = end;
	}
}

bool
text_below(const char *path, char *out, size_t size)
{
	size_t n = 0;

	while (*path != '\0') {
		size_t part = strcspn(path, "/");

		if (part == 2 && strncmp(path, "..", 2) == 0)
			return false;
		if (part > 0 && !(part == 1 && *path == '.')) {
			if (n + part + 2 > size)
				return false;
			if (n > 0)
				out[n++] = '/';
			memcpy(out + n, path, part);
			n += part;
		}
		path += part + (path[part] == '/');
	}
	out[n] = '\0';
	return n > 0;
}

/* How many bytes at s name the old folder, with what follows being a path or nothing; 0: none. */
static size_t
folder_at(const struct text_move *m, const char *s, size_t n, bool *macro)
{
	const char *const names[] = { m->as, "$config_directory", "${config_directory}", "$(config_directory)" };

	for (size_t i = 0; i < NITEMS(names); i++) {
		size_t len = strlen(names[i]);

		if (len <= n && strncmp(s, names[i], len) == 0 &&
		    (len == n || s[len] == '/' || strchr(PATH_ENDS, s[len]) != NULL)) {
			*macro = i > 0;
			return len;
		}
	}
	return 0;
}

static bool
can_start(const char *all, const char *s)
{
	return s == all || isspace((unsigned char)s[-1]) || strchr(STARTS_NAME, s[-1]) != NULL;
}

static bool
moves(const struct text_move *m, const char *s, size_t n)
{
	char given[PATH_MAX], rel[PATH_MAX];

	if (n >= sizeof(given))
		return false;
	memcpy(given, s, n);
	given[n] = '\0';
	if (memchr(given, '$', n) == NULL && !text_below(given, rel, sizeof(rel)) && n > 1)
		return false;
	return m->moves(m->ctx, n <= 1 ? "" : memchr(given, '$', n) != NULL ? given + 1 : rel);
}

void
text_move(const struct text_move *m, const char *s, size_t n, struct buf *out)
{
	const char *end = s + n, *all = s;

	while (s < end) {
		size_t folder = 0, rest = 0;
		bool macro = false;

		if (can_start(all, s) && (folder = folder_at(m, s, (size_t)(end - s), &macro)) > 0)
			while (s + folder + rest < end && strchr(PATH_ENDS, s[folder + rest]) == NULL)
				rest++;
		if (folder == 0) {
			buf_putc(out, *s++);
			continue;
		}
		if (!moves(m, s + folder, rest))
			buf_puts(out, m->as);
		else if (macro)
			buf_add(out, s, folder);
		else
			buf_puts(out, m->to);
		buf_add(out, s + folder, rest);
		s += folder + rest;
	}
}
