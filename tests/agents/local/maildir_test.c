/* SPDX-License-Identifier: Apache-2.0 */
/* A message in a Maildir: what is flushed when, and what is left of a delivery that failed. */
#include "agents/local/as_user.h"

#include "lib/io/file.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char order[64];	 /* what was done: (f)ile flushed, (m)oved, folder (F)lushed */
static int folder_errno; /* what a folder's flush comes to; 0: what the kernel says */

static void
note(char what)
{
	size_t n = strlen(order);

	assert_true(n + 1 < sizeof(order));
	order[n] = what;
	order[n + 1] = '\0';
}

/* These stand in front of the C library's. */
static int
flushed(int fd, long call)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	note(S_ISDIR(st.st_mode) ? 'F' : 'f');
	if (S_ISDIR(st.st_mode) && folder_errno != 0) {
		errno = folder_errno;
		return -1;
	}
	return (int)syscall(call, fd);
}

int
fsync(int fd)
{
	return flushed(fd, SYS_fsync);
}

int
fdatasync(int fd)
{
	return flushed(fd, SYS_fdatasync);
}

int
renameat2(int from, const char *a, int to, const char *b, unsigned flags)
{
	note('m');
	return (int)syscall(SYS_renameat2, from, a, to, b, flags);
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

/* Complete and on the disk before new/ has it; and new/ on the disk before anybody hears that it is delivered. */
static void
delivers(void **state)
{
	struct box b = box_make();
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf got = BUF(4096);
	struct stat st;
	char path[512];

	(void)state;
	for (int i = 1; i <= 2; i++) { /* the second finds its folders */
		order[0] = '\0';
		if (deliver(&b, &mem, &why) != FATE_OK)
			fail_msg("%s", why.text);
		assert_string_equal(order, "fmF");
		assert_int_equal(files_in(&b, "new", path), i);
	}
	assert_int_equal(files_in(&b, "tmp", path), 0);
	assert_int_equal(files_in(&b, "new", path), 2);
	assert_true(file_read(AT_FDCWD, path, &got));
	assert_string_equal(buf_str(&got), "Subject: x\n\nhello\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	buf_free(&got);
	arena_free(&mem);
	box_remove(&b);
}

/* What may not last is not there when it is tried again. */
static void
folder_not_flushed(void **state)
{
	static const struct {
		int error;
		const char *dsn;
	} cases[] = { { ENOSPC, "4.2.2" }, { EIO, "4.2.0" } };
	struct box b = box_make();
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	char path[512];

	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		order[0] = '\0';
		folder_errno = cases[i].error;
		assert_int_equal(deliver(&b, &mem, &why), FATE_LATER);
		assert_string_equal(why.dsn, cases[i].dsn);
		assert_int_equal(files_in(&b, "new", path), 0);
		assert_int_equal(files_in(&b, "tmp", path), 0);
	}
	folder_errno = 0;
	arena_free(&mem);
	box_remove(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(delivers), cmocka_unit_test(folder_not_flushed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
