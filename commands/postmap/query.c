/* SPDX-License-Identifier: Apache-2.0 */
/* Asking tables, of any type, and listing what is in them. */
#include "commands/postmap/postmap.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VALUES_MAX = 64 << 20, INPUT = 1 << 15, OUTPUT = 1 << 16, LINES_MAX = 16 << 20 };

struct asked {
	const struct postmap *p;
	struct table **tables;
	struct arena mem;
	bool utf8;	     /* keys and values must be */
	bool found, at_once; /* somebody waits for each answer */
};

/* When it is first needed: a table that is not there does no harm behind one that has the key. */
static struct table *
table_of(struct asked *a, int i)
{
	/* No proxymap service: the tables are asked where they are, with the caller's rights. */
	const struct table_env env = { .cf = a->p->cf, .direct = true };
	unsigned flags = TABLE_REGEXP_OK | (a->p->no_fold ? 0 : TABLE_FOLD) | (a->p->no_utf8 ? TABLE_ASCII : 0);
	struct buf err = BUF(4096);
	struct spec spec;
	const char *why;

	if (a->tables[i] != NULL)
		return a->tables[i];
	spec_of(&spec, a->p, a->p->tables[i]);
	a->tables[i] = table_open(spec.whole, flags, &env, &err);
	if (a->tables[i] == NULL)
		log_fatal(EXIT_FAILURE, "%s", buf_str(&err));
	if ((why = table_trouble(a->tables[i])) != NULL)
		log_fatal(EXIT_FAILURE, "%s", why);
	spec_free(&spec);
	buf_free(&err);
	return a->tables[i];
}

static void
begin_asking(struct asked *a, const struct postmap *p)
{
	*a = (struct asked){ .p = p, .mem = ARENA(VALUES_MAX) };
	a->utf8 = p->cf->smtputf8_enable && !p->no_utf8 && (p->forced_utf8 || !(p->body || p->header));
	a->tables = mem_zero((size_t)p->ntables, sizeof(struct table *));
}

static void
close_tables(struct asked *a)
{
	for (int i = 0; i < a->p->ntables; i++)
		table_free(&a->tables[i]);
	free(a->tables);
	arena_free(&a->mem);
}

/* The value as it is printed, behind its key or alone: with -F the content that base64 stands for.  False: it stands for none. */
static bool
put_value(const struct postmap *p, const struct table *t, const char *key, bool pair, const char *value)
{
	char *plain = NULL;
	size_t n = strlen(value);

	if (p->files && (plain = files_decode(value, &n)) == NULL) {
		log_warn("table %s: key %s: malformed BASE64 value: %.100s", table_spec(t), key, value);
		return false;
	}
	if (pair) {
		fputs_unlocked(key, stdout);
		fputs_unlocked(p->aliases ? ":\t" : "\t", stdout);
	}
	fwrite_unlocked(plain != NULL ? plain : value, 1, n, stdout);
	putc_unlocked('\n', stdout);
	free(plain);
	return true;
}

/* As tables with smtputf8_enable have it: what is no text is in none, and may not come out of one. */
static bool
is_text(const struct asked *a, const struct table *t, const char *key, const char *value)
{
	if (!a->utf8)
		return true;
	if (!text_all_utf8(key)) {
		log_warn("%s: non-UTF-8 key \"%s\": malformed UTF-8 or invalid codepoint", table_spec(t), key);
		return false;
	}
	if (value != NULL && !text_all_utf8(value))
		log_fatal(EXIT_FAILURE, "%s: key \"%s\": non-UTF-8 value \"%s\": malformed UTF-8 or invalid codepoint",
		    table_spec(t), key, value);
	return true;
}

/* Does the table have it? */
static bool
has(const struct asked *a, const struct table *t, const char *key, struct table_answer answer,
    const struct verdict *why)
{
	if (answer.result == TABLE_ERROR)
		log_fatal(EXIT_FAILURE, "table %s: query error: %s", table_spec(t), why->text);
	if (answer.result != TABLE_FOUND)
		return false;
	is_text(a, t, key, answer.value);
	if (answer.value[0] == '\0')
		log_warn("table %s: key %s: empty string result is not allowed", table_spec(t), key);
	return true;
}

/* The first table that has it, from that number on; NULL: none does. */
static const struct table *
ask(struct asked *a, int first, const char *key, const char **value)
{
	for (int i = first; i < a->p->ntables; i++) {
		struct verdict why = VERDICT(&a->mem);
		struct table *t = table_of(a, i);
		struct table_answer answer = { .value = "" };

		if (!is_text(a, t, key, NULL))
			continue;
		answer.result = table_get(t, key, &a->mem, &answer.value, &why);
		if (has(a, t, key, answer, &why)) {
			*value = answer.value;
			return t;
		}
	}
	return NULL;
}

static void
query_error(const struct table *t)
{
	log_fatal(EXIT_FAILURE, "table %s: query error", table_spec(t));
}

static void
print_found(struct asked *a, const struct table *t, const char *key, const char *value)
{
	if (!put_value(a->p, t, key, true, value))
		query_error(t);
	a->found = true;
}

static void
ask_and_print(void *ctx, const char *key)
{
	struct asked *a = ctx;
	const struct table *t;
	const char *value;

	if ((t = ask(a, 0, key, &value)) != NULL)
		print_found(a, t, key, value);
	arena_reset(&a->mem);
}

static bool
all_text(const struct asked *a, const char *const keys[], size_t n)
{
	for (size_t i = 0; a->utf8 && i < n; i++)
		if (!text_all_utf8(keys[i]))
			return false;
	return true;
}

/* The first table is asked for all of them together; the warning about a key that is no text stands at its place. */
static void
ask_and_print_some(struct asked *a, const char *const keys[], size_t n)
{
	struct table_answer answers[TABLE_SOME];
	struct verdict why = VERDICT(&a->mem);
	const struct table *t;
	size_t done;

	if (n == 0 || !all_text(a, keys, n)) {
		for (size_t i = 0; i < n; i++)
			ask_and_print(a, keys[i]);
		return;
	}
	done = table_get_some(table_of(a, 0), keys, n, &a->mem, answers, &why);
	for (size_t i = 0; i < done; i++) {
		t = a->tables[0];
		if (!has(a, t, keys[i], answers[i], &why))
			t = ask(a, 1, keys[i], &answers[i].value);
		if (t != NULL)
			print_found(a, t, keys[i], answers[i].value);
	}
	arena_reset(&a->mem);
}

/* The lines that are there, at one go: the tables stay locked meanwhile, but not while we wait for more. */
static void
ask_whole_lines(struct asked *a, struct buf *in, bool last)
{
	bool *held = mem_zero((size_t)a->p->ntables, sizeof(*held));
	const char *keys[TABLE_SOME];
	char *line = in->s, *end;
	size_t n = 0;

	for (int i = 0; i < a->p->ntables; i++)
		held[i] = a->tables[i] != NULL && table_hold(a->tables[i]);
	while ((end = memchr(line, '\n', (size_t)(in->s + in->len - line))) != NULL || (last && *line != '\0')) {
		if (end != NULL)
			*end = '\0';
		keys[n++] = line;
		line = end != NULL ? end + 1 : in->s + in->len;
		if (n == NITEMS(keys)) {
			ask_and_print_some(a, keys, n);
			n = 0;
		}
	}
	ask_and_print_some(a, keys, n);
	for (int i = 0; i < a->p->ntables; i++)
		if (held[i])
			table_release(a->tables[i]);
	free(held);
	buf_eat(in, (size_t)(line - in->s));
}

static void
ask_lines(struct asked *a)
{
	struct buf in = BUF(LINES_MAX);
	ssize_t n;

	do {
		char *at = buf_room(&in, INPUT);

		if (at == NULL)
			log_fatal(EXIT_FAILURE, "standard input: %s", strerror(EFBIG));
		while ((n = read(STDIN_FILENO, at, INPUT)) < 0 && errno == EINTR)
			;
		if (n < 0)
			log_fatal(EXIT_FAILURE, "standard input: %s", strerror(errno));
		buf_grew(&in, (size_t)n);
		ask_whole_lines(a, &in, n == 0);
		if (n > 0 && a->at_once)
			fflush(stdout);
	} while (n > 0);
	buf_free(&in);
}

int
query_all(const struct postmap *p)
{
	const struct table *t;
	const char *value;
	struct asked a;
	struct stat st;

	begin_asking(&a, p);
	if (strcmp(p->query, "-") == 0) {
		setvbuf(stdout, NULL, _IOFBF, OUTPUT);
		a.at_once = fstat(STDIN_FILENO, &st) < 0 || !S_ISREG(st.st_mode);
		if (p->body || p->header)
			message_keys(stdin, p, ask_and_print, &a);
		else
			ask_lines(&a);
	} else if ((t = ask(&a, 0, p->query, &value)) != NULL) {
		if (!put_value(p, t, p->query, false, value))
			query_error(t);
		a.found = true;
	}
	close_tables(&a);
	return a.found ? EXIT_SUCCESS : EXIT_FAILURE;
}

struct listing {
	const struct postmap *p;
	const struct table *t;
};

static void
list_one(void *ctx, const char *key, const char *value)
{
	const struct listing *l = ctx;

	put_value(l->p, l->t, key, true, value);
}

int
list_all(const struct postmap *p)
{
	struct asked a;

	begin_asking(&a, p);
	for (int i = 0; i < p->ntables; i++) {
		struct verdict why = VERDICT(&a.mem);
		struct listing l = { p, table_of(&a, i) };

		if (!table_each(a.tables[i], list_one, &l, &why))
			log_fatal(EXIT_FAILURE, "%s", why.text);
	}
	close_tables(&a);
	return EXIT_SUCCESS;
}
