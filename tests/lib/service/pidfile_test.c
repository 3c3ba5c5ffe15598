/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/mem.h"
#include "lib/service/pidfile.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
path_in(const char *name)
{
	const char *dir = getenv("TMPDIR");

	return mem_fmt("%s/%s.%d", dir != NULL ? dir : "/tmp", name, getpid());
}

static void
one_holder_at_a_time(void **state)
{
	char *path = path_in("pid");
	struct buf err = BUF(500);
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(pidfile_holder(path, &err), 0);
	fd = pidfile_lock(path, &err);
	assert_true(fd >= 0);
	/* Locked and nothing written yet: somebody holds it, nobody knows who. */
	assert_int_equal(pidfile_holder(path, &err), -1);
	buf_clear(&err);
	assert_true(pidfile_write(fd));
	assert_int_equal(pidfile_holder(path, &err), getpid());
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(pidfile_lock(path, &err), -1);
	assert_non_null(strstr(buf_str(&err), "another master runs already"));
	close(fd);
	buf_clear(&err);
	/* The file stays, the lock is what counts. */
	assert_int_equal(pidfile_holder(path, &err), 0);
	fd = pidfile_lock(path, &err);
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	buf_free(&err);
	free(path);
}

static void
links_are_not_followed(void **state)
{
	char *path = path_in("link"), *victim = path_in("victim");
	struct buf err = BUF(500);

	(void)state;
	assert_int_equal(symlink(victim, path), 0);
	assert_int_equal(pidfile_lock(path, &err), -1);
	assert_int_equal(access(victim, F_OK), -1);
	unlink(path);
	buf_free(&err);
	free(path);
	free(victim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_holder_at_a_time),
		cmocka_unit_test(links_are_not_followed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
