/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that are written: what was put is there, also for others; who died in between costs entries at most. */
#include "lib/table/store.h"

#include "lib/table/files.h"
#include "lib/table/table.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 3000, LONG_VALUE = 20000, THREADS = 4, EACH = 200 };

static const struct table_env writer = { .writers = store_types }, reader = { .proxymap = NULL };
static const char *const types[] = { "btree", "hash", "lmdb" };
static bool
can_write(const char *type)
{
	return strcmp(files_made(type)->suffix, "db") == 0 ? store_db() != NULL
							   : store_lmdb() != NULL && files_made(type)->library != NULL;
}

static char *
file_of(const char *type, const char *name)
{
	return mem_fmt("%s/%s.%s", folder_path, name, files_made(type)->suffix);
}

static struct table *
open_as(const char *type, const char *name, unsigned flags, const struct table_env *env)
{
	char *spec = mem_fmt("%s:%s/%s", type, folder_path, name);
	struct buf err = BUF(1000);
	struct table *t = table_open(spec, flags, env, &err);

	if (t == NULL)
		fail_msg("%s", buf_str(&err));
	free(spec);
	return t;
}

static struct table *
open_written(const char *type, const char *name)
{
	return open_as(type, name, TABLE_WRITE | TABLE_FOLD, &writer);
}

static void
put(struct table *t, const char *key, const char *value)
{
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);

	if (!table_put(t, key, value, &why))
		fail_msg("put %s: %s", key, why.text);
	arena_free(&mem);
}

/* NULL: it must be absent. */
static void
has(struct table *t, const char *key, const char *want)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	const char *value = "";
	enum table_result r = table_get(t, key, &mem, &value, &why);

	if (r == TABLE_ERROR)
		fail_msg("%s: %s", key, why.text);
	assert_int_equal(r, want != NULL ? TABLE_FOUND : TABLE_ABSENT);
	if (want != NULL)
		assert_string_equal(value, want);
	arena_free(&mem);
}

static enum table_result
take_out(struct table *t, const char *key)
{
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	enum table_result r = table_remove(t, key, &why);

	arena_free(&mem);
	return r;
}

/* What the readers of all programs see. */
static void
others_see(const char *type, const char *name, const char *key, const char *want)
{
	struct table *t = open_as(type, name, 0, &reader);

	assert_null(table_trouble(t));
	has(t, key, want);
	table_free(&t);
}

static void
puts_and_removes(void **state)
{
	char *long_value = mem_alloc(LONG_VALUE + 1), *mode;
	struct stat st;

	(void)state;
	memset(long_value, 'v', LONG_VALUE);
	long_value[LONG_VALUE] = '\0';
	for (size_t i = 0; i < NITEMS(types); i++) {
		struct table *t;

		if (!can_write(types[i]))
			continue;
		t = open_written(types[i], types[i]);
		has(t, "a", NULL);
		put(t, "A", "1");
		others_see(types[i], types[i], "a", "1");
		put(t, "a", "2");
		put(t, "b", long_value);
		has(t, "a", "2");
		has(t, "b", long_value);
		others_see(types[i], types[i], "b", long_value);
		assert_int_equal(take_out(t, "x"), TABLE_ABSENT);
		assert_int_equal(take_out(t, "a"), TABLE_FOUND);
		assert_int_equal(take_out(t, "a"), TABLE_ABSENT);
		has(t, "a", NULL);
		others_see(types[i], types[i], "a", NULL);
		table_free(&t);
		mode = file_of(types[i], types[i]);
		assert_int_equal(stat(mode, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600); /* closed in order */
		free(mode);
		t = open_written(types[i], types[i]);
		has(t, "b", long_value);
		table_free(&t);
	}
	free(long_value);
}

struct removing {
	struct table *t;
	int n;
};

static void
remove_it(void *ctx, const char *key, const char *value)
{
	struct removing *r = ctx;

	assert_int_equal(strncmp(key, "key", 3), 0);
	assert_string_equal(key + 3, value);
	r->n++;
	assert_int_equal(take_out(r->t, key), TABLE_FOUND);
}

/* The way a cache is cleaned: each is what was there when it began, whatever the visitor does. */
static void
all_entries_while_they_go(void **state)
{
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);

	(void)state;
	for (size_t i = 0; i < NITEMS(types); i++) {
		struct removing r = { 0 };
		char key[40];

		if (!can_write(types[i]))
			continue;
		r.t = open_written(types[i], "all");
		for (int n = 0; n < MANY / 10; n++) {
			snprintf(key, sizeof(key), "key%d", n);
			put(r.t, key, key + 3);
		}
		assert_true(table_each(r.t, remove_it, &r, &why));
		assert_int_equal(r.n, MANY / 10);
		r.n = 0;
		assert_true(table_each(r.t, remove_it, &r, &why));
		assert_int_equal(r.n, 0);
		table_free(&r.t);
		char *file = file_of(types[i], "all");

		unlink(file); /* hash and btree have one name */
		free(file);
	}
	arena_free(&mem);
}

struct worker {
	struct table *t;
	int number;
};

static void *
work(void *ctx)
{
	const struct worker *w = ctx;
	char key[40];

	for (int n = 0; n < EACH; n++) {
		snprintf(key, sizeof(key), "key%d.%d", w->number, n);
		put(w->t, key, key + 3);
		has(w->t, key, key + 3);
		if (n % 2 != 0)
			assert_int_equal(take_out(w->t, key), TABLE_FOUND);
	}
	return NULL;
}

/* From many threads, and from two processes that do not know of each other: slow, but nothing is lost. */
static void
many_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(types); i++) {
		struct worker w[THREADS];
		pthread_t threads[THREADS];
		struct table *t, *other;
		char key[40], *file = file_of(types[i], "many");

		if (can_write(types[i])) {
			t = open_written(types[i], "many");
			for (int n = 0; n < THREADS; n++) {
				w[n] = (struct worker){ t, n };
				assert_int_equal(pthread_create(&threads[n], NULL, work, &w[n]), 0);
			}
			for (int n = 0; n < THREADS; n++)
				pthread_join(threads[n], NULL);
			other = open_written(types[i], "many");
			for (int n = 0; n < 20; n++) {
				snprintf(key, sizeof(key), "two%d", n);
				put(n % 2 ? t : other, key, key);
				has(n % 2 ? other : t, key, key);
			}
			for (int n = 0; n < THREADS * EACH; n++) {
				snprintf(key, sizeof(key), "key%d.%d", n / EACH, n % EACH);
				has(t, key, n % 2 ? NULL : key + 3);
			}
			table_free(&t);
			table_free(&other);
			unlink(file);
		}
		free(file);
	}
}

/* A process that is killed: lmdb has all, the others know that they may have half of it. */
static void
killed(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(types); i++) {
		char *file = file_of(types[i], "killed");
		struct table *t;
		struct stat st;
		pid_t pid;
		int status;

		if (can_write(types[i])) {
			if ((pid = fork()) == 0) {
				t = open_written(types[i], "killed");
				put(t, "a", "1");
				_exit(0);
			}
			assert_int_equal(waitpid(pid, &status, 0), pid);
			assert_int_equal(status, 0);
			assert_int_equal(stat(file, &st), 0);
			others_see(types[i], "killed", "a", "1");
			t = open_written(types[i], "killed");
			has(t, "a", strcmp(files_made(types[i])->suffix, "db") == 0 ? NULL : "1");
			put(t, "b", "2");
			table_free(&t);
			others_see(types[i], "killed", "b", "2");
			unlink(file);
		}
		free(file);
	}
}

static void
write_file(const char *path, const void *octets, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, octets, n), (ssize_t)n);
	close(fd);
}

/* Damage before, between and while it is open: the process lives, and the table can be used. */
static void
damaged(void **state)
{
	static const char nonsense[10000] = "no table";

	(void)state;
	for (size_t i = 0; i < NITEMS(types); i++) {
		char *file = file_of(types[i], "damaged");
		struct table *t;

		if (can_write(types[i])) {
			write_file(file, nonsense, sizeof(nonsense));
			t = open_written(types[i], "damaged");
			has(t, "a", NULL);
			put(t, "a", "1");
			write_file(file, nonsense, 5000);
			has(t, "a", NULL);
			put(t, "a", "1");
			unlink(file);
			has(t, "a", NULL);
			put(t, "a", "1");
			others_see(types[i], "damaged", "a", "1");
			table_free(&t);
			unlink(file);
		}
		free(file);
	}
}

static void
refusals(void **state)
{
	static const struct {
		const char *spec, *words;
		bool as_writer;
	} cases[] = {
		{ "cdb:/tmp/x", "cannot be written", true },
		{ "unix:passwd.byname", "cannot be written", true },
		{ "nonsense", "cannot be written", true },
		{ "btree:relative", "wanted is btree:/path", true },
		{ "proxy:btree:relative", "wanted is btree:/path", true },
		{ "btree:/nonexistent/folder/x", "No such file", true },
		{ "btree:/tmp/x", "nothing is written here", false },
	};
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(1000);
	struct table *t;

	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		buf_clear(&err);
		assert_null(table_open(cases[i].spec, TABLE_WRITE, cases[i].as_writer ? &writer : &reader, &err));
		if (strstr(buf_str(&err), cases[i].words) == NULL)
			fail_msg("%s: %s", cases[i].spec, buf_str(&err));
	}
	assert_non_null(t = table_open("inline:{a=1}", 0, &reader, &err));
	assert_false(table_put(t, "a", "2", &why));
	assert_int_equal(why.fate, FATE_LATER);
	assert_int_equal(take_out(t, "a"), TABLE_ERROR);
	table_free(&t);
	t = open_written("hash", "refusals");
	assert_false(table_put(t, "", "x", &why));
	table_free(&t);
	buf_free(&err);
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_and_removes),
		cmocka_unit_test(all_entries_while_they_go),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(killed),
		cmocka_unit_test(damaged),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
