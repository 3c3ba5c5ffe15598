/* SPDX-License-Identifier: Apache-2.0 */
/* Tables in files: what is made is read; what is damaged is an error or another value, never the end of the process. */
#include "lib/table/make.h"
#include "lib/table/table.h"

#include "tests/support/folder.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONG_VALUE = 20000 };

static const struct table_env direct = { .proxymap = NULL };
static const char *const types[] = { "btree", "cdb", "hash", "lmdb" };

static bool
can_make(const char *type)
{
	return files_made(type)->library != NULL;
}

/* "value 17", and each hundredth is long; the caller's. */
static char *
value_of(int i)
{
	char *v = mem_alloc(LONG_VALUE + 20);
	int n = sprintf(v, "value %d", i);

	if (i % 100 == 99) {
		memset(v + n, 'x', LONG_VALUE);
		v[n + LONG_VALUE] = '\0';
	}
	return v;
}

static char *
make_table(const char *type, int n, bool nul, bool no_nul)
{
	char *name = mem_fmt("%s/%s%d%d%d", folder_path, type, n, nul, no_nul), key[40];
	struct source s = SOURCE(name, SOURCE_MAP, false);
	struct make m = MAKE(type, name, SOURCE_MAP);
	struct arena mem = ARENA(1 << 30);
	struct buf err = BUF(1000);

	m.nul = nul;
	m.no_nul = no_nul;
	assert_true(make_begin(&m, &err));
	for (int i = 0; i < n; i++) {
		char *v = value_of(i);

		snprintf(key, sizeof(key), "key%d@site%d.example", i, i % 7);
		make_put(&m, &s, arena_str(&mem, key), arena_str(&mem, v));
		free(v);
	}
	if (!make_finish(&m, &err))
		fail_msg("%s: %s", type, buf_str(&err));
	make_free(&m);
	arena_free(&mem);
	buf_free(&err);
	return name;
}

static struct table *
open_table(const char *type, const char *name)
{
	char *spec = mem_fmt("%s:%s", type, name);
	struct buf err = BUF(1000);
	struct table *t = table_open(spec, TABLE_FOLD, &direct, &err);

	assert_non_null(t);
	free(spec);
	return t;
}

static enum table_result
ask(struct table *t, const char *key, char **value)
{
	struct arena mem = ARENA(1 << 21);
	struct verdict why = VERDICT(&mem);
	const char *v = "";
	enum table_result r = table_get(t, key, &mem, &v, &why);

	if (r == TABLE_ERROR)
		assert_int_equal(why.fate, FATE_LATER);
	if (value != NULL)
		*value = r == TABLE_FOUND ? strdup(v) : NULL;
	arena_free(&mem);
	return r;
}

/* Those of number first and on, among a few that are not there: the same answers as when each is asked alone. */
static void
ask_some(struct table *t, int first)
{
	char key[TABLE_SOME][1000];
	const char *keys[TABLE_SOME];
	struct table_answer answers[TABLE_SOME];
	struct arena mem = ARENA(1 << 21);
	struct verdict why = VERDICT(&mem);
	size_t done;

	for (int i = 0; i < TABLE_SOME; i++) {
		memset(key[i], 'x', sizeof(key[i]) - 1);
		key[i][i == 9 && first % 2 != 0 ? sizeof(key[i]) - 1 : 90] = '\0';
		if (i % 5 != 4)
			snprintf(key[i], sizeof(key[i]), "key%d@site%d.example", first + i, (first + i) % 7);
		keys[i] = key[i];
	}
	done = table_get_some(t, keys, NITEMS(keys), &mem, answers, &why);
	assert_true(done == NITEMS(keys) || (done > 0 && answers[done - 1].result == TABLE_ERROR));
	for (size_t i = 0; i < done; i++) {
		char *alone;

		assert_int_equal(ask(t, keys[i], &alone), answers[i].result);
		if (alone != NULL)
			assert_string_equal(answers[i].value, alone);
		free(alone);
	}
	if (answers[done - 1].result == TABLE_ERROR)
		assert_int_equal(why.fate, FATE_LATER);
	arena_free(&mem);
}

static void
count(void *ctx, const char *key, const char *value)
{
	assert_true(strncmp(key, "key", 3) == 0 && strncmp(value, "value ", 6) == 0);
	++*(int *)ctx;
}

static void
read_all(const char *type, const char *name, int n)
{
	struct table *t = open_table(type, name);
	struct arena mem = ARENA(65536);
	struct verdict why = VERDICT(&mem);
	char key[40], *got;
	int seen = 0;

	assert_null(table_trouble(t));
	for (int i = 0; i < n; i++) {
		char *want = value_of(i);

		snprintf(key, sizeof(key), "key%d@site%d.example", i, i % 7);
		if (ask(t, key, &got) != TABLE_FOUND || strcmp(got, want) != 0)
			fail_msg("%s: %s: %.50s", type, key, got != NULL ? got : "not found");
		free(got);
		free(want);
		key[3] = 'x';
		assert_int_equal(ask(t, key, NULL), TABLE_ABSENT);
		if (i % 16 == 0)
			ask_some(t, i - TABLE_SOME / 2);
	}
	assert_true(table_each(t, count, &seen, &why));
	assert_int_equal(seen, n);
	table_free(&t);
	arena_free(&mem);
}

static void
round_trip(void **state)
{
	static const int sizes[] = { 0, 1, 2, 150, 6000 };

	(void)state;
	for (size_t i = 0; i < NITEMS(types); i++)
		for (int form = 0; can_make(types[i]) && form < 3; form++)
			for (size_t n = 0; n < NITEMS(sizes); n++) {
				char *name = make_table(types[i], sizes[n], form == 1, form == 2);

				read_all(types[i], name, sizes[n]);
				free(name);
			}
}

/* The table's file, to be changed. */
static char *
file_of(const char *type, const char *name, struct stat *st)
{
	const struct file_kind *kind;
	char *path = files_path(type, name, &kind);

	assert_int_equal(stat(path, st), 0);
	return path;
}

static void
cut_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(types); i++) {
		struct stat st;
		char *name, *path;

		if (!can_make(types[i]))
			continue;
		name = make_table(types[i], 400, false, false);
		path = file_of(types[i], name, &st);
		for (off_t n = st.st_size - 1; n >= 0; n -= n > 5000 ? 3001 : 97) {
			struct table *t;

			assert_int_equal(truncate(path, n), 0);
			t = open_table(types[i], name);
			if (ask(t, "key1@site1.example", NULL) != TABLE_ERROR || ask(t, "other", NULL) != TABLE_ERROR)
				fail_msg("%s cut to %ld octets is no error", types[i], (long)n);
			assert_non_null(table_trouble(t));
			table_free(&t);
		}
		free(path);
		free(name);
	}
}

/* Cut while it is open, and while nothing tells the reader's cache of it. */
static void
cut_while_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(types); i++) {
		struct table *t;
		struct stat st;
		char *name, *path;

		if (!can_make(types[i]))
			continue;
		name = make_table(types[i], 401, false, false);
		path = file_of(types[i], name, &st);
		t = open_table(types[i], name);
		assert_int_equal(ask(t, "key1@site1.example", NULL), TABLE_FOUND);
		assert_int_equal(truncate(path, 100), 0);
		assert_int_equal(ask(t, "key1@site1.example", NULL), TABLE_ERROR);
		assert_int_equal(ask(t, "key1@site1.example", NULL), TABLE_ERROR);
		table_free(&t);
		free(path);
		free(name);
	}
}

static void
ignore(void *ctx, const char *key, const char *value)
{
	(void)ctx, (void)key, (void)value;
}

/* Whatever octet is wrong: no look-up crashes, runs for ever, or says a value that is not there to be said. */
static void
altered(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(types); i++) {
		struct stat st;
		char *name, *path;
		int fd;

		if (!can_make(types[i]))
			continue;
		name = make_table(types[i], 120, false, false);
		path = file_of(types[i], name, &st);
		fd = open(path, O_RDWR);
		assert_true(fd >= 0);
		srandom(7);
		for (int round = 0; round < 2000; round++) {
			off_t at = round < 1000 ? round % 600 : random() % st.st_size;
			unsigned char was, is = (unsigned char)(random() % 256);
			struct arena mem = ARENA(65536);
			struct verdict why = VERDICT(&mem);
			struct table *t;

			assert_int_equal(pread(fd, &was, 1, at), 1);
			assert_int_equal(pwrite(fd, &is, 1, at), 1);
			t = open_table(types[i], name);
			ask(t, "key5@site5.example", NULL);
			ask_some(t, 90);
			ask(t, "key99@site1.example", NULL);
			ask(t, "other", NULL);
			table_each(t, ignore, NULL, &why);
			table_free(&t);
			arena_free(&mem);
			assert_int_equal(pwrite(fd, &was, 1, at), 1);
		}
		close(fd);
		read_all(types[i], name, 120);
		free(path);
		free(name);
	}
}

static void
replaced(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(types); i++) {
		struct table *t;
		char *name, *other;

		if (!can_make(types[i]))
			continue;
		name = mem_fmt("%s/absent", folder_path);
		t = open_table(types[i], name);
		assert_int_equal(ask(t, "key1@site1.example", NULL), TABLE_ERROR);
		assert_non_null(strstr(table_trouble(t), "No such file"));
		assert_false(table_changed(t));
		other = make_table(types[i], 10, false, false);
		{
			const struct file_kind *kind = files_made(types[i]);
			char *from = mem_fmt("%s.%s", other, kind->suffix), *to = mem_fmt("%s.%s", name, kind->suffix);

			assert_int_equal(rename(from, to), 0);
			assert_int_equal(
			    ask(t, "key1@site1.example", NULL), TABLE_ERROR); /* not looked for at each time */
			table_changed(t);				      /* looks, and may open it */
			assert_int_equal(ask(t, "key1@site1.example", NULL), TABLE_FOUND);
			assert_int_equal(unlink(to), 0);
			assert_int_equal(
			    ask(t, "key1@site1.example", NULL), TABLE_FOUND); /* it may be about to be replaced */
			free(from);
			free(to);
		}
		table_free(&t);
		free(name);
		free(other);
	}
}

/* A trial takes the source for a table that is missing, or one without entries, and logs nothing. */
static void
on_trial(void **state)
{
	struct table_env trial = { .trial = table_trial_new() };
	struct buf err = BUF(1000);
	char *spec = mem_fmt("hash:%s/only-source", folder_path), *source = spec + strlen("hash:");
	struct table *t = table_open(spec, 0, &trial, &err);
	FILE *f;

	(void)state;
	assert_non_null(t);
	assert_int_equal(ask(t, "a", NULL), TABLE_ABSENT);
	table_free(&t);
	table_trial_free(&trial.trial);
	assert_non_null(f = fopen(source, "w"));
	fputs("a one\n", f);
	fclose(f);
	trial.trial = table_trial_new();
	t = table_open(spec, 0, &trial, &err);
	assert_int_equal(ask(t, "a", NULL), TABLE_FOUND);
	assert_null(table_trouble(t));
	table_free(&t);
	table_trial_free(&trial.trial);
	buf_free(&err);
	free(spec);
}

/* A new table has the mode of its source, and takes over that of the one that was there; links are not followed. */
static void
mode_and_links(void **state)
{
	char *name = make_table("hash", 3, false, false), *path, *aim = mem_fmt("%s/aim", folder_path);
	struct stat st;
	int fd;

	(void)state;
	path = file_of("hash", name, &st);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(chmod(path, 0640), 0);
	free(make_table("hash", 3, false, false));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true((fd = open(aim, O_CREAT | O_WRONLY, 0600)) >= 0);
	close(fd);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(aim, path), 0);
	free(make_table("hash", 3, false, false));
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(stat(aim, &st), 0);
	assert_int_equal(st.st_size, 0);
	free(name);
	free(path);
	free(aim);
}

/* Root works in root's folder, on root's source: whatever they were a moment ago. */
static void
not_roots_any_more(void **state)
{
	char *theirs = mem_fmt("%s/theirs", folder_path), *inside = mem_fmt("%s/t", theirs),
	     *source = mem_fmt("%s/t", folder_path);
	const char *const names[] = { inside, source };
	FILE *f = fopen(source, "w");

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(f);
	fputs("a 1\n", f);
	fclose(f);
	assert_int_equal(chown(source, 65534, 65534), 0);
	assert_int_equal(mkdir(theirs, 0755), 0);
	assert_int_equal(chown(theirs, 65534, 65534), 0);
	for (size_t i = 0; i < NITEMS(names); i++) {
		struct source s = SOURCE(names[i], SOURCE_MAP, false);
		struct make m = MAKE("hash", names[i], SOURCE_MAP);
		struct buf err = BUF(1000);

		m.roots_only = true;
		assert_false(make_begin(&m, &err) && make_source(&m, &s, &err));
		assert_non_null(strstr(buf_str(&err), "was root's when we looked, and is not any more"));
		make_free(&m);
		source_free(&s);
		buf_free(&err);
	}
	free(theirs);
	free(inside);
	free(source);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(cut_while_open),
		cmocka_unit_test(altered),
		cmocka_unit_test(replaced),
		cmocka_unit_test(on_trial),
		cmocka_unit_test(mode_and_links),
		cmocka_unit_test(not_roots_any_more),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
