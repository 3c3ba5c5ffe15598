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
	bool found, at_once; /* somebody waits for each answer */
};

static void
open_tables(struct asked *a)
{
	/* No proxymap service: the tables are asked where they are, with the caller's rights. */
	const struct table_env env = { .cf = a->p->cf, .direct = true };
	unsigned flags = TABLE_REGEXP_OK | (a->p->no_fold ? 0 : TABLE_FOLD) | (a->p->no_utf8 ? TABLE_ASCII : 0);
	struct buf err = BUF(4096);

	a->tables = mem_zero((size_t)a->p->ntables, sizeof(struct table *));
	for (int i = 0; i < a->p->ntables; i++) {
		struct spec spec;
		const char *why;

		spec_of(&spec, a->p, a->p->tables[i]);
		a->tables[i] = table_open(spec.whole, flags, &env, &err);
		if (a->tables[i] == NULL)
			log_fatal(EXIT_FAILURE, "%s", buf_str(&err));
		if ((why = table_trouble(a->tables[i])) != NULL)
			log_fatal(EXIT_FAILURE, "%s", why);
		spec_free(&spec);
	}
	buf_free(&err);
}

static void
close_tables(struct asked *a)
{
	for (int i = 0; i < a->p->ntables; i++)
		table_free(&a->tables[i]);
	free(a->tables);
	arena_free(&a->mem);
}

/* The value as it is printed: with -F the content that base64 stands for. */
static void
put_value(const struct postmap *p, const char *value)
{
	char *plain;
	size_t n;

	if (!p->files) {
		fputs_unlocked(value, stdout);
	} else if ((plain = files_decode(value, &n)) != NULL) {
		fwrite(plain, 1, n, stdout);
		free(plain);
	} else {
		log_warn("a value is not base64; was the table made with -F?");
		fputs(value, stdout);
	}
}

static void
put_pair(const struct postmap *p, const char *key, const char *value)
{
	fputs_unlocked(key, stdout);
	fputs_unlocked(p->aliases ? ":\t" : "\t", stdout);
	put_value(p, value);
	putc_unlocked('\n', stdout);
}

/* In the first table that has it. */
static bool
ask(struct asked *a, const char *key, const char **value)
{
	for (int i = 0; i < a->p->ntables; i++) {
		struct verdict why = VERDICT(&a->mem);

		switch (table_get(a->tables[i], key, &a->mem, value, &why)) {
		case TABLE_FOUND:
			if ((*value)[0] == '\0')
				log_warn("table %s: key %s: empty string result is not allowed",
				    table_spec(a->tables[i]), key);
			return true;
		case TABLE_ABSENT:
			break;
		case TABLE_ERROR:
			log_fatal(EXIT_FAILURE, "table %s: query error: %s", table_spec(a->tables[i]), why.text);
		}
	}
	return false;
}

static void
ask_and_print(void *ctx, const char *key)
{
	struct asked *a = ctx;
	const char *value;

	if (ask(a, key, &value)) {
		put_pair(a->p, key, value);
		a->found = true;
	}
	arena_reset(&a->mem);
}

/* The lines that are there, at one go: the tables stay locked meanwhile, but not while we wait for more. */
static void
ask_whole_lines(struct asked *a, struct buf *in, bool last)
{
	bool *held = mem_zero((size_t)a->p->ntables, sizeof(*held));
	char *line = in->s, *end;

	for (int i = 0; i < a->p->ntables; i++)
		held[i] = table_hold(a->tables[i]);
	while ((end = memchr(line, '\n', (size_t)(in->s + in->len - line))) != NULL || (last && *line != '\0')) {
		if (end != NULL)
			*end = '\0';
		ask_and_print(a, line);
		line = end != NULL ? end + 1 : in->s + in->len;
	}
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
	struct asked a = { .p = p, .mem = ARENA(VALUES_MAX) };
	const char *value;
	struct stat st;

	open_tables(&a);
	if (strcmp(p->query, "-") == 0) {
		setvbuf(stdout, NULL, _IOFBF, OUTPUT);
		a.at_once = fstat(STDIN_FILENO, &st) < 0 || !S_ISREG(st.st_mode);
		if (p->body || p->header)
			message_keys(stdin, p, ask_and_print, &a);
		else
			ask_lines(&a);
	} else if (ask(&a, p->query, &value)) {
		put_value(p, value);
		putchar('\n');
		a.found = true;
	}
	close_tables(&a);
	return a.found ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void
list_one(void *ctx, const char *key, const char *value)
{
	put_pair(ctx, key, value);
}

int
list_all(const struct postmap *p)
{
	struct asked a = { .p = p, .mem = ARENA(VALUES_MAX) };

	open_tables(&a);
	for (int i = 0; i < p->ntables; i++) {
		struct verdict why = VERDICT(&a.mem);

		if (!table_each(a.tables[i], list_one, (void *)(uintptr_t)p, &why))
			log_fatal(EXIT_FAILURE, "%s", why.text);
	}
	close_tables(&a);
	return EXIT_SUCCESS;
}
