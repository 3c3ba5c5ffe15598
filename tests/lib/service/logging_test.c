/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/io/file.h"
#include "lib/service/logging.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char *root;
static struct conf conf;

static const struct {
	const char *file, *prefixes;
	bool foreground, allowed;
} files[] = {
	{ "", "/var, /dev/stdout", false, true },
	{ "/var/log/mail", "/var, /dev/stdout", false, true },
	{ "/etc/passwd", "/var, /dev/stdout", false, false },
	{ "/etc/passwd", "/var /etc", false, true },
	{ "/dev/stdout", "/var, /dev/stdout", true, true },
	{ "/dev/stdout", "/var, /dev/stdout", false, false },
	{ "/dev/stdout", "/var", true, false },
	{ "/etc/mail.log", "", false, false },
	{ "relative", "", false, false },
};

static void
files_that_may_be_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(files); i++) {
		struct conf cf = { .maillog_file = files[i].file, .maillog_file_prefixes = files[i].prefixes };
		struct buf err = BUF(500);

		print_message("# %s below %s\n", files[i].file, files[i].prefixes);
		assert_int_equal(logging_allowed(&cf, files[i].foreground, &err), files[i].allowed);
		assert_int_equal(err.len == 0, files[i].allowed);
		buf_free(&err);
	}
}

/* Elsewhere only in a folder that nobody else may write to. */
static void
files_in_a_folder_of_our_own(void **state)
{
	struct conf cf = { .maillog_file = conf.maillog_file, .maillog_file_prefixes = "/var" };
	struct buf err = BUF(500);

	(void)state;
	assert_int_equal(chmod(root, 0777), 0);
	assert_false(logging_allowed(&cf, false, &err));
	assert_int_equal(chmod(root, 0755), 0);
	buf_clear(&err);
	assert_true(logging_allowed(&cf, false, &err));
	assert_int_equal(symlink("/etc/passwd", conf.maillog_file), 0);
	assert_false(logging_allowed(&cf, false, &err));
	assert_int_equal(unlink(conf.maillog_file), 0);
	buf_free(&err);
}

static int
listen_for_lines(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/public/postlog", root);
	unlink(a.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* How many datagrams wait, and the last of them. */
static int
heard(int fd, char last[1000])
{
	ssize_t n;
	int count = 0;

	while ((n = recv(fd, last, 999, 0)) >= 0) {
		last[n] = '\0';
		count++;
	}
	return count;
}

static size_t
lines_in_file(void)
{
	struct buf b = BUF(1 << 20);
	size_t n = 0;

	file_read(AT_FDCWD, conf.maillog_file, &b);
	for (const char *at = buf_str(&b); (at = strchr(at, '\n')) != NULL; at++)
		n++;
	buf_free(&b);
	return n;
}

/* To who listens; into the file when nobody does; and to who comes after that. */
static void
lines_find_their_way(void **state)
{
	char last[1000] = "";
	struct stat st;
	int fd;

	(void)state;
	logging_open(&conf, "smtpd", 0);
	log_info("nobody listens yet");
	assert_int_equal(lines_in_file(), 1);
	assert_int_equal(stat(conf.maillog_file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	fd = listen_for_lines();
	log_warn("somebody %s", "listens");
	assert_int_equal(heard(fd, last), 1);
	assert_non_null(strstr(last, "test/smtpd["));
	assert_non_null(strstr(last, "]: warning: somebody listens"));
	assert_int_equal(lines_in_file(), 1);
	close(fd);
	log_info("gone again");
	assert_int_equal(lines_in_file(), 2);
	fd = listen_for_lines();
	log_info("and back");
	assert_int_equal(heard(fd, last), 1);
	logging_open(&conf, "smtpd", LOGGING_DIRECTLY);
	log_info("not to him");
	assert_int_equal(heard(fd, last), 0);
	assert_int_equal(lines_in_file(), 3);
	close(fd);
}

/* A log daemon that reads nothing delays nobody for long, and no line is lost while the file can be had. */
static void
a_stuck_reader_is_not_waited_for(void **state)
{
	char last[1000] = "";
	size_t before = lines_in_file();
	long start = tick_ms();
	int fd = listen_for_lines(), got;

	(void)state;
	logging_open(&conf, "smtpd", 0);
	for (int i = 0; i < 2000; i++)
		log_info("line %d", i);
	assert_true(tick_ms() - start < 5000);
	got = heard(fd, last);
	assert_true(got > 0);
	assert_int_equal((size_t)got + lines_in_file() - before, 2000);
	close(fd);
}

static int
set_up(void **state)
{
	char *public;

	(void)state;
	root = mem_str("/tmp/logging.XXXXXX"); /* not below /dev, where TMPDIR may be and no log may */
	assert_non_null(mkdtemp(root));
	public = mem_fmt("%s/public", root);
	assert_true(file_mkdir(public, 0755));
	free(public);
	conf.queue_directory = root;
	conf.syslog_name = "test";
	conf.postlog_service_name = "postlog";
	conf.maillog_file = mem_fmt("%s/log", root);
	conf.maillog_file_permissions = "0640";
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
	const struct CMUnitTest tests[] = { cmocka_unit_test(files_that_may_be_named),
		cmocka_unit_test(files_in_a_folder_of_our_own), cmocka_unit_test(lines_find_their_way),
		cmocka_unit_test(a_stuck_reader_is_not_waited_for) };

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
