/* SPDX-License-Identifier: Apache-2.0 */
/* A message in a Maildir: with and without a file system that has files without a name. */
#include "agents/local/as_user.h"

#include "lib/io/file.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int tmpfile_errno, linkat_errno; /* what O_TMPFILE and linkat() come to; 0: what the kernel says */

/* These two stand in front of the C library's. */
int
linkat(int from, const char *a, int to, const char *b, int flags)
{
	if (linkat_errno != 0) {
		errno = linkat_errno;
		return -1;
	}
	return (int)syscall(SYS_linkat, from, a, to, b, flags);
}

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_TMPFILE) == O_TMPFILE && tmpfile_errno != 0) {
		errno = tmpfile_errno;
		return -1;
	}
	va_start(ap, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = (mode_t)va_arg(ap, unsigned);
	va_end(ap);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

struct box {
	char dir[64], path[80];
	struct passwd user;
};

static struct box
box_make(void)
{
	struct box b = { .dir = "/tmp/maildir_test.XXXXXX" };

	assert_non_null(mkdtemp(b.dir));
	snprintf(b.path, sizeof(b.path), "%s/Maildir/", b.dir);
	return b;
}

/* How many files are in that folder of the box; the last one's path. */
static int
files_in(const struct box *b, const char *folder, char last[512])
{
	char path[128];
	struct dirent *e;
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s%s", b->path, folder);
	assert_non_null(d = opendir(path));
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			snprintf(last, 512, "%s/%s", path, e->d_name);
			n++;
		}
	closedir(d);
	return n;
}

static void
box_remove(struct box *b)
{
	static const char *const folders[] = { "tmp", "new", "cur" };
	char path[512];

	for (size_t i = 0; i < NITEMS(folders); i++) {
		while (files_in(b, folders[i], path) > 0)
			assert_int_equal(unlink(path), 0);
		snprintf(path, sizeof(path), "%s%s", b->path, folders[i]);
		rmdir(path);
	}
	rmdir(b->path);
	rmdir(b->dir);
}

static enum fate
deliver(struct box *b, struct arena *mem, struct verdict *why)
{
	static const char message[] = "Subject: x\r\nhello\r\n";
	char name[] = "/tmp/maildir_test.XXXXXX";
	struct stub_act act = {
		.prefix = "", .argument = b->path, .unless = "", .header_len = 12, .body_at = 12, .body_len = 7
	};
	struct deed d = { .act = &act, .user = &b->user, .host = "a.example", .file = mkstemp(name), .mem = mem };
	enum fate fate;

	assert_true(d.file >= 0);
	unlink(name);
	assert_int_equal(write(d.file, message, sizeof(message) - 1), (ssize_t)sizeof(message) - 1);
	fate = user_maildir(&d, why);
	close(d.file);
	return fate;
}

static void
delivers(int no_tmpfile, int no_linkat)
{
	struct box b = box_make();
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf got = BUF(4096);
	struct stat st;
	char path[512];

	tmpfile_errno = no_tmpfile;
	linkat_errno = no_linkat;
	for (int i = 1; i <= 2; i++) { /* the second finds its folders */
		if (deliver(&b, &mem, &why) != FATE_OK)
			fail_msg("%s", why.text);
		assert_int_equal(files_in(&b, "new", path), i);
	}
	assert_int_equal(files_in(&b, "tmp", path), 0);
	assert_int_equal(files_in(&b, "new", path), 2);
	assert_true(file_read(AT_FDCWD, path, &got));
	assert_string_equal(buf_str(&got), "Subject: x\n\nhello\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(st.st_mode & 07777, 0600);
	tmpfile_errno = linkat_errno = 0;
	buf_free(&got);
	arena_free(&mem);
	box_remove(&b);
}

static void
nameless(void **state)
{
	(void)state;
	delivers(0, 0);
}

static void
named(void **state)
{
	(void)state;
	delivers(EOPNOTSUPP, 0);
	delivers(EISDIR, 0);
	delivers(0, ENOENT); /* no /proc */
	delivers(0, EPERM);  /* a file system without links */
}

/* What is wrong with the folder is no matter of names. */
static void
refused(void **state)
{
	struct box b = box_make();
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	char path[512];

	(void)state;
	assert_int_equal(deliver(&b, &mem, &why), FATE_OK);
	tmpfile_errno = EDQUOT;
	assert_int_equal(deliver(&b, &mem, &why), FATE_LATER);
	assert_string_equal(why.dsn, "4.2.2");
	tmpfile_errno = 0;
	linkat_errno = ENOSPC;
	assert_int_equal(deliver(&b, &mem, &why), FATE_LATER);
	assert_string_equal(why.dsn, "4.2.2");
	linkat_errno = 0;
	assert_int_equal(files_in(&b, "new", path), 1);
	assert_int_equal(files_in(&b, "tmp", path), 0);
	arena_free(&mem);
	box_remove(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nameless),
		cmocka_unit_test(named),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
