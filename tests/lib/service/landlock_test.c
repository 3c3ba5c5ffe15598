/* SPDX-License-Identifier: Apache-2.0 */
/* A child per profile does what it may and what it may not, and says with what result. */
#include "lib/base/mem.h"
#include "lib/service/landlock.h"
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *root;

static int
open_file(const char *name, int flags)
{
	char *path = mem_fmt("%s/%s", root, name);
	int fd = open(path, flags | O_CLOEXEC, 0600), saved = errno;

	if (fd >= 0)
		close(fd);
	free(path);
	return fd >= 0 ? 0 : saved;
}

static int
move(const char *from, const char *to)
{
	char *a = mem_fmt("%s/%s", root, from), *b = mem_fmt("%s/%s", root, to);
	int result = rename(a, b) == 0 ? 0 : errno;

	free(a);
	free(b);
	return result;
}

static int
bind_tcp(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), result;

	result = bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0 ? 0 : errno;
	close(fd);
	return result;
}

static int
execute(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

#define SAY(what, got, want)                                                                                           \
	do {                                                                                                           \
		int got_ = (got);                                                                                      \
		if (got_ != (want)) {                                                                                  \
			printf("# %s: %s\n", what, strerror(got_));                                                    \
			bad = 1;                                                                                       \
		}                                                                                                      \
	} while (0)

static int
in_the_jail(const struct service_rights *rights, int abi)
{
	struct buf err = BUF(1000);
	int set = landlock_prepare(rights, NULL, &err), bad = 0;

	if (set < 0 || !landlock_enforce(&set)) {
		printf("# %s %s\n", buf_str(&err), strerror(errno));
		return 1;
	}
	SAY("read what may be read", open_file("read/file", O_RDONLY), 0);
	SAY("write there", open_file("read/file", O_WRONLY), EACCES);
	SAY("create there", open_file("read/new", O_WRONLY | O_CREAT), EACCES);
	SAY("write what may be written", open_file("write/file", O_WRONLY), 0);
	SAY("create there", open_file("write/new", O_WRONLY | O_CREAT), EACCES);
	SAY("create where that is allowed", open_file("create/new", O_WRONLY | O_CREAT), 0);
	SAY("move to another such folder", move("create/new", "create2/new"), 0);
	SAY("move back", move("create2/new", "create/newer"), 0);
	SAY("move out", move("create/newer", "other/newer"), EACCES);
	SAY("read elsewhere", open_file("other/file", O_RDONLY), EACCES);
	SAY("read the password file", open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0, EACCES);
	SAY("one file of a folder", open_file("single", O_RDONLY), 0);
	if (abi >= 4)
		SAY("bind", bind_tcp(), rights->network ? 0 : EACCES);
	SAY("execute", execute(), EACCES);
	return bad;
}

static int
run(const struct service_rights *rights, int abi)
{
	pid_t pid;
	int status = -1;

	fflush(NULL);
	if ((pid = fork()) == 0) {
		status = in_the_jail(rights, abi);
		fflush(NULL);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
only_what_was_named(void **state)
{
	struct service_folder folders[] = { { mem_fmt("%s/read", root), FOLDER_READ },
		{ mem_fmt("%s/write", root), FOLDER_WRITE },
		{ mem_fmt("%s/create", root), FOLDER_READ | FOLDER_CREATE },
		{ mem_fmt("%s/create2", root), FOLDER_READ | FOLDER_CREATE },
		{ mem_fmt("%s/single", root), FOLDER_READ }, { "/no/such/folder", FOLDER_READ }, { NULL, 0 } };
	struct service_rights rights = { .folders = folders };
	int abi = landlock_abi();

	(void)state;
	if (abi >= 2) {
		assert_int_equal(run(&rights, abi), 0);
		rights.network = true;
		assert_int_equal(run(&rights, abi), 0);
	}
	for (size_t i = 0; i < 5; i++)
		free((char *)(uintptr_t)folders[i].path);
	if (abi < 2)
		skip();
}

static void
is_described(void **state)
{
	struct buf b = BUF(200);
	char number[32];

	(void)state;
	landlock_describe(&b);
	snprintf(number, sizeof(number), "landlock ABI %d,", landlock_abi());
	assert_non_null(strstr(buf_str(&b), landlock_abi() < 2 ? "landlock off" : number));
	buf_free(&b);
}

static void
make(const char *name, bool folder)
{
	char *path = mem_fmt("%s/%s", root, name);
	int fd;

	if (folder) {
		assert_int_equal(mkdir(path, 0700), 0);
	} else {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		close(fd);
	}
	free(path);
}

static int
set_up(void **state)
{
	static const char *const folders[] = { "read", "write", "create", "create2", "other" };
	const char *tmp = getenv("TMPDIR");

	(void)state;
	root = mem_fmt("%s/landlock.XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < NITEMS(folders); i++)
		make(folders[i], true);
	make("read/file", false);
	make("write/file", false);
	make("other/file", false);
	make("single", false);
	return 0;
}

static int
clean_up(void **state)
{
	char *command = mem_fmt("rm -rf %s", root);
	int status = system(command);

	(void)state;
	free(command);
	free(root);
	return status;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(only_what_was_named), cmocka_unit_test(is_described) };

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
