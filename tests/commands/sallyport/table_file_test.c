/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/table_file.h"

#include "lib/base/mem.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;

/* A file of that age; -1: none. */
static void
put(const char *suffix, long seconds)
{
	char *path = mem_fmt("%s/x%s", folder, suffix);
	struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };
	int fd;

	if (seconds < 0) {
		unlink(path);
	} else {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(futimens(fd, times), 0);
		close(fd);
	}
	free(path);
}

static const struct {
	const char *type, *suffix;
	long source, made;
	enum table_file state;
} cases[] = {
	{ "texthash", NULL, 100, -1, TABLE_FILE_GOOD },
	{ "texthash", NULL, -1, -1, TABLE_FILE_ABSENT },
	{ "pcre", NULL, 100, -1, TABLE_FILE_GOOD },
	{ "hash", ".db", 100, 200, TABLE_FILE_GOOD },
	{ "hash", ".db", 100, 100, TABLE_FILE_GOOD },
	{ "hash", ".db", 200, 100, TABLE_FILE_STALE },
	{ "hash", ".db", 100, -1, TABLE_FILE_NO_INDEX },
	{ "hash", ".db", -1, 100, TABLE_FILE_GOOD },
	{ "hash", ".db", -1, -1, TABLE_FILE_ABSENT },
	{ "btree", ".db", 200, 100, TABLE_FILE_STALE },
	{ "cdb", ".cdb", 200, 100, TABLE_FILE_STALE },
	{ "lmdb", ".lmdb", 200, 100, TABLE_FILE_STALE },
	{ "dbm", ".pag", 200, 100, TABLE_FILE_STALE },
};

static void
index_and_source(void **state)
{
	char *path = mem_fmt("%s/x", folder);

	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		char *index = NULL;

		put("", cases[i].source);
		if (cases[i].suffix != NULL)
			put(cases[i].suffix, cases[i].made);
		if (table_file_state(cases[i].type, path, &index) != cases[i].state)
			fail_msg("%s, case %zu", cases[i].type, i);
		assert_int_equal(index != NULL, cases[i].suffix != NULL);
		free(index);
		put("", -1);
		if (cases[i].suffix != NULL)
			put(cases[i].suffix, -1);
	}
	free(path);
}

static void
a_folder_is_no_table(void **state)
{
	char *index = NULL;

	(void)state;
	assert_int_equal(table_file_state("texthash", folder, &index), TABLE_FILE_UNREADABLE);
	assert_null(index);
	assert_false(table_file_is_one("static"));
	assert_false(table_file_is_one("unix"));
	assert_true(table_file_is_one("cidr"));
	assert_true(table_file_has_text("hash"));
	assert_false(table_file_has_text("pcre"));
}

static int
make_folder(void **state)
{
	(void)state;
	folder = mem_fmt("%s/table_file.XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	return mkdtemp(folder) == NULL;
}

static int
remove_folder(void **state)
{
	(void)state;
	rmdir(folder);
	free(folder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(index_and_source),
		cmocka_unit_test(a_folder_is_no_table) };

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
