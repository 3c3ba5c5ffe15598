/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/queuedir.h"

#include "lib/base/buf.h"
#include "lib/io/file.h"
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0x12345 microseconds after a second: folders 5, 4, 3, ... */
static char id[QUEUEID_MAX];

static int
in_a_folder(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/queuedir.XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(path));
	assert_int_equal(chdir(path), 0);
	for (int q = 0; q < QUEUES; q++)
		assert_true(file_mkdir(queue_names[q], 0700));
	queueid_make(1790000000000000 + 0x12345, 4711, id);
	return 0;
}

static void
make(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static struct queuedir
spread(const char *names, long depth)
{
	struct conf cf = { .hash_queue_names = names, .hash_queue_depth = depth };
	struct queuedir d;

	queuedir_init(&d, &cf);
	return d;
}

static void
paths(void **state)
{
	struct queuedir flat = spread("", 1), one = spread("deferred, defer", 1),
			two = spread("deferred active incoming", 2);
	static const struct {
		int which;
		enum queue q;
		const char *folder;
	} cases[] = {
		{ 0, QUEUE_DEFERRED, "deferred/" }, { 1, QUEUE_DEFERRED, "deferred/5/" },
		{ 1, QUEUE_ACTIVE, "active/" }, { 2, QUEUE_DEFERRED, "deferred/5/4/" },
		{ 2, QUEUE_ACTIVE, "active/5/4/" }, { 2, QUEUE_INCOMING, "incoming/" }, /* where cleanup writes */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct queuedir *d = cases[i].which == 0 ? &flat : cases[i].which == 1 ? &one : &two;
		char path[QUEUE_PATH], wanted[QUEUE_PATH + 32];

		snprintf(wanted, sizeof(wanted), "%s%s", cases[i].folder, id);
		queuedir_path(d, cases[i].q, id, path);
		assert_string_equal(path, wanted);
	}
}

static void
moving(void **state)
{
	struct queuedir d = spread("deferred", 2), later = spread("deferred", 1);
	char path[QUEUE_PATH], found[QUEUE_PATH];

	(void)state;
	assert_false(queuedir_find(&d, QUEUE_INCOMING, id, path));
	queuedir_path(&d, QUEUE_INCOMING, id, path);
	make(path);
	assert_true(queuedir_move(&d, path, QUEUE_DEFERRED, id, path)); /* makes the folders */
	assert_true(queuedir_find(&d, QUEUE_DEFERRED, id, found));
	assert_string_equal(path, found);
	assert_true(queuedir_find(&later, QUEUE_DEFERRED, id, found)); /* after a change of the configuration */
	assert_string_equal(path, found);
	assert_true(queuedir_move(&later, found, QUEUE_ACTIVE, id, path));
	make("hold/other");
	assert_false(queuedir_move(&later, "hold/other", QUEUE_ACTIVE, id, found)); /* never over another file */
	assert_int_equal(errno, EEXIST);
	assert_true(queuedir_find(&later, QUEUE_HOLD, "other", found));
	assert_false(queuedir_move(&later, "hold/none", QUEUE_ACTIVE, "none", found));
	assert_int_equal(errno, ENOENT);
	assert_false(queuedir_find(&later, QUEUE_HOLD, "../hold/other", found));
}

static void
scanning(void **state)
{
	struct queuedir depths[] = { spread("", 1), spread("deferred", 1), spread("deferred", 3) };
	struct queuescan_found f;
	struct queuescan *s;
	int n = 0, odd = 0;

	(void)state;
	for (int k = 0; k < 300; k++) {
		char name[QUEUEID_MAX], path[QUEUE_PATH];

		queueid_make(1790000000000000 + k, 4711, name);
		queuedir_path(&depths[0], QUEUE_INCOMING, name, path);
		make(path);
		assert_true(queuedir_move(&depths[k % 3], path, QUEUE_DEFERRED, name, path));
	}
	make("deferred/core.12");
	make("deferred/Z");
	assert_int_equal(symlink("/", "deferred/6/F"), 0); /* not followed */
	s = queuescan_open(QUEUE_DEFERRED);
	while (queuescan_next(s, &f)) {
		struct stat st;

		assert_int_equal(lstat(f.path, &st), 0);
		if (f.id[0] == '\0' || strlen(f.id) < 2)
			odd++;
		else
			n++;
	}
	queuescan_free(&s);
	assert_int_equal(n, 300);
	assert_int_equal(odd, 3);
	assert_int_equal(mkdir("maildrop/A", 0700), 0);
	make("maildrop/A/4bQ");
	s = queuescan_open(QUEUE_MAILDROP);
	while (queuescan_next(s, &f))
		assert_string_equal(f.path, "maildrop/A");
	queuescan_free(&s);
}

static void
only_one_holds_the_lock(void **state)
{
	struct buf why = BUF(256);
	int fd = queue_lock(&why), status;

	(void)state;
	assert_true(fd >= 0);
	if (fork() == 0)
		_exit(queue_lock(&why) >= 0 ? 1 : errno == EWOULDBLOCK ? 0 : 2);
	wait(&status);
	assert_int_equal(status, 0);
	close(fd);
	assert_true((fd = queue_lock(&why)) >= 0);
	close(fd);
	buf_free(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(paths, in_a_folder),
		cmocka_unit_test_setup(moving, in_a_folder),
		cmocka_unit_test_setup(scanning, in_a_folder),
		cmocka_unit_test_setup(only_one_holds_the_lock, in_a_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
