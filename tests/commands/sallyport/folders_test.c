/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/folder_rows.h"
#include "commands/sallyport/folders.h"
#include "lib/base/mem.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *root;
static struct conf conf;
static struct accounts accounts;
static struct {
	int n, fatal;
	char last[512];
} faults;

static void
count(void *ctx, enum folders_fate fate, const char *path, const char *what)
{
	(void)ctx;
	faults.n++;
	faults.fatal += fate == FOLDERS_FATAL;
	snprintf(faults.last, sizeof(faults.last), "%s: %s", path, what);
}

static int
check(void)
{
	memset(&faults, 0, sizeof(faults));
	folders_check(&conf, &accounts, count, NULL);
	if (faults.n > 0)
		print_message("# %s\n", faults.last);
	return faults.n;
}

static int
repair(void)
{
	memset(&faults, 0, sizeof(faults));
	folders_repair(&conf, &accounts, count, NULL);
	if (faults.n > 0)
		print_message("# %s\n", faults.last);
	return faults.n;
}

static char *
in_queue(const char *name)
{
	return mem_fmt("%s/spool/queue/%s", root, name);
}

static void
put_file(const char *name)
{
	char *path = in_queue(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
	free(path);
}

static void
made_as_they_must_be(void **state)
{
	struct buf err = BUF(500);
	struct stat st;
	char *path;

	(void)state;
	assert_true(folders_make(&conf, &accounts, &err));
	assert_string_equal(buf_str(&err), "");
	assert_int_equal(check(), 0);
	path = in_queue("maildrop");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 01730);
	free(path);
	assert_true(folders_make(&conf, &accounts, &err)); /* once more does no harm */
	assert_int_equal(check(), 0);
}

static void
modes_are_noticed_and_mended(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
	} spoilt[] = { { "incoming", 0755 }, { "maildrop", 0777 }, { "private", 0777 }, { "queue.lock", 0666 } };

	(void)state;
	for (size_t i = 0; i < NITEMS(spoilt); i++) {
		char *path = in_queue(spoilt[i].name);

		assert_int_equal(chmod(path, spoilt[i].mode), 0);
		assert_int_equal(check(), 1);
		assert_int_equal(faults.fatal, 1);
		assert_non_null(strstr(faults.last, "set-permissions"));
		assert_int_equal(repair(), 0);
		assert_int_equal(check(), 0);
		free(path);
	}
}

static void
a_missing_one_is_noticed_and_made(void **state)
{
	struct buf err = BUF(500);
	char *path = in_queue("hold");

	(void)state;
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(check(), 1);
	assert_non_null(strstr(faults.last, "sallyport start"));
	assert_true(folders_make(&conf, &accounts, &err));
	assert_int_equal(check(), 0);
	free(path);
}

static void
links_are_not_followed(void **state)
{
	char *path = in_queue("hold"), *victim = mem_fmt("%s/victim", root);
	struct stat st;

	(void)state;
	assert_int_equal(mkdir(victim, 0711), 0);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink(victim, path), 0);
	assert_int_equal(check(), 1);
	assert_int_equal(repair(), 1);
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(repair(), 0);
	assert_int_equal(rmdir(victim), 0);
	free(path);
	free(victim);
}

/* As root: a file with a second name could be anybody's; links could lead anywhere. */
static void
files_get_their_owner(void **state)
{
	char *file = in_queue("incoming/file"), *deep = in_queue("deferred/A"), *inner = in_queue("deferred/A/file");
	char *twice = in_queue("active/twice"), *victim = mem_fmt("%s/victim", root), *link_ = in_queue("active/link");
	struct stat st;
	int fd;

	(void)state;
	if (geteuid() != 0)
		skip();
	put_file("incoming/file");
	assert_int_equal(mkdir(deep, 0755), 0);
	put_file("deferred/A/file");
	fd = open(victim, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(link(victim, twice), 0);
	assert_int_equal(symlink(victim, link_), 0);
	assert_int_equal(repair(), 2);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_uid, 10);
	assert_int_equal(stat(inner, &st), 0);
	assert_int_equal(st.st_uid, 10);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_uid, 10);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(unlink(twice) | unlink(link_) | unlink(victim), 0);
	assert_int_equal(repair(), 0);
	free(file);
	free(deep);
	free(inner);
	free(twice);
	free(victim);
	free(link_);
}

static int
set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	root = mem_fmt("%s/folders.XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(root));
	conf.queue_directory = mem_fmt("%s/spool/queue", root);
	conf.data_directory = mem_fmt("%s/lib/data", root);
	conf.command_directory = mem_fmt("%s/sbin", root);
	accounts = (struct accounts){ .separated = geteuid() == 0,
		.self = { geteuid(), getegid() },
		.queue = { 10, 110 },
		.net = { 20, 120 },
		.key = { 30, 130 },
		.drop = 140 };
	return 0;
}

static int
clean_up(void **state)
{
	char *command = mem_fmt("rm -rf %s", root);
	int status = system(command);

	(void)state;
	free(command);
	return status;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(made_as_they_must_be),
		cmocka_unit_test(modes_are_noticed_and_mended), cmocka_unit_test(a_missing_one_is_noticed_and_made),
		cmocka_unit_test(links_are_not_followed), cmocka_unit_test(files_get_their_owner) };

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
