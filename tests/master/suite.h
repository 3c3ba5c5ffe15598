/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suite - a real master with small services of its own, in a folder below /tmp.
 *
 * The test's program is the services' program, too: master executes a copy of
 * it under the name that master.cf says, and suite_main() finds out who it is.
 */
#ifndef TESTS_MASTER_SUITE_H
#define TESTS_MASTER_SUITE_H

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/io/file.h"
#include "lib/service/service.h"
#include "master/master.h"
#include "tests/master/dummies.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* LeakSanitizer stops a process with ptrace(2), and waits for ever where a daemon does not let itself be traced. */
int __lsan_is_turned_off(void);
int
__lsan_is_turned_off(void)
{
	return 1;
}

enum { NOBODY = 65534, PATIENCE_MS = 30000 };

/* A test's main(): run_all() as we are, and as somebody else, if we are root. */
static int
suite_main(int argc, char **argv, int (*run_all)(void))
{
	int status = dummy_main(argc, argv);

	if (status >= 0)
		return status;
	status = run_all();
	if (geteuid() != 0)
		return status;
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return 1;
	prctl(PR_SET_DUMPABLE, 1); /* the leak sanitizer looks into us */
	return run_all() | status;
}

/* ---- the suite ---- */

struct suite {
	char *root;
	int port; /* and the one after it */
	pid_t master;
};

static char *
path_of(const struct suite *s, const char *name)
{
	return mem_fmt("%s/%s", s->root, name);
}

static void
write_file(const struct suite *s, const char *name, const char *text)
{
	char *path = path_of(s, name);

	unlink(path);
	assert_true(file_replace(path, text, strlen(text), 0644));
	free(path);
}

static void
read_text(const struct suite *s, const char *name, struct buf *out)
{
	char *path = path_of(s, name);

	buf_clear(out);
	file_read(AT_FDCWD, path, out);
	free(path);
}

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* How often text stands in a file once it is there at least so often; fails when that does not come to be. */
static int
wait_for(const struct suite *s, const char *file, const char *text, int times)
{
	struct buf b = BUF(1 << 20);
	long end = tick_ms() + PATIENCE_MS;
	int n;

	for (;;) {
		n = 0;
		read_text(s, file, &b);
		for (const char *at = buf_str(&b); (at = strstr(at, text)) != NULL; at++)
			n++;
		if (n >= times || tick_ms() > end)
			break;
		pause_ms(10);
	}
	if (n < times)
		print_error("\"%s\" is %d times in %s, not %d times:\n%s\n", text, n, file, times, buf_str(&b));
	assert_true(n >= times);
	buf_free(&b);
	return n;
}

static int
free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	close(fd);
	return ntohs(a.sin_port);
}

/* PORT in text is the suite's. */
static void
write_master_cf(const struct suite *s, const char *text)
{
	struct buf b = BUF(8192);

	for (const char *at = text; *at != '\0';) {
		const char *mark = strstr(at, "PORT");

		buf_add(&b, at, mark != NULL ? (size_t)(mark - at) : strlen(at));
		at = mark != NULL ? mark + strlen("PORT") : "";
		if (mark != NULL)
			buf_fmt(&b, "127.0.0.1:%d", s->port);
	}
	write_file(s, "etc/master.cf", buf_str(&b));
	buf_free(&b);
}

static void
write_main_cf(const struct suite *s, const char *more)
{
	const struct group *gr = getgrgid(NOBODY);
	char *text = mem_fmt("queue_directory = %s/queue\n"
			     "daemon_directory = %s/libexec\n"
			     "data_directory = %s/data\n"
			     "maillog_file = %s/log\n"
			     "maillog_file_prefixes = %s\n"
			     "master_service_disable = postlog/unix-dgram resolver/unix proxymap/unix proxywrite/unix\n"
			     "mail_owner = nobody\nnet_owner = nobody\nkey_owner = nobody\nsetgid_group = %s\n"
			     "inet_protocols = ipv4\nmyhostname = test.example\n"
			     "service_throttle_time = 1s\n%s",
	    s->root, s->root, s->root, s->root, s->root, gr != NULL ? gr->gr_name : "root", more);

	write_file(s, "etc/main.cf", text);
	free(text);
}

static void
copy_self(const struct suite *s)
{
	struct buf b = BUF(256 << 20);
	char *path = path_of(s, "libexec/program");

	assert_true(file_read(AT_FDCWD, "/proc/self/exe", &b));
	assert_true(file_replace(path, b.s, b.len, 0755));
	for (size_t i = 0; i < NITEMS(dummies); i++) {
		char *name = mem_fmt("%s/libexec/%s", s->root, dummies[i].program);

		assert_int_equal(link(path, name), 0);
		free(name);
	}
	buf_free(&b);
	free(path);
}

static void
suite_make(struct suite *s, const char *master_cf)
{
	static const char *const folders[] = { "etc", "libexec", "data", "queue", "queue/pid", "queue/public",
		"queue/private", "queue/incoming" };

	*s = (struct suite){ .root = mem_str("/tmp/sallyport-suite.XXXXXX"), .port = free_port() };
	assert_non_null(mkdtemp(s->root));
	chmod(s->root, 0755);
	for (size_t i = 0; i < NITEMS(folders); i++) {
		char *path = path_of(s, folders[i]);

		assert_true(file_mkdir(path, 0755));
		if (strcmp(folders[i], "queue/incoming") == 0)
			assert_int_equal(chown(path, geteuid() == 0 ? NOBODY : geteuid(), (gid_t)-1), 0);
		free(path);
	}
	copy_self(s);
	write_main_cf(s, "");
	write_master_cf(s, master_cf);
}

/* A master in the foreground; its exit status comes from suite_wait(). */
static pid_t
spawn_master(const struct suite *s, const char *output)
{
	char *out = path_of(s, output), *etc = path_of(s, "etc");
	char *argv[] = { (char[]){ "master" }, (char[]){ "-c" }, etc, NULL };
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0) {
		int fd = open(out, O_WRONLY | O_CREAT | O_APPEND, 0600);

		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		dup2(fd, SENTINEL_FD);
		setenv("SECRET", "x", 1);
		alarm(60);
		optind = 1;
		exit(master_main(3, argv));
	}
	free(out);
	free(etc);
	return pid;
}

static void
suite_start(struct suite *s)
{
	s->master = spawn_master(s, "out");
	wait_for(s, "log", "the mail system is ready", 1);
}

static int
suite_wait(struct suite *s)
{
	long end = tick_ms() + 2 * PATIENCE_MS;
	int status = -1;

	while (waitpid(s->master, &status, WNOHANG) == 0 && tick_ms() < end)
		pause_ms(10);
	s->master = 0;
	if (status != 0) {
		struct buf b = BUF(1 << 20);

		read_text(s, "out", &b);
		print_message("# master ended with status 0x%x:\n%s\n", (unsigned)status, buf_str(&b));
		buf_free(&b);
	}
	return status;
}

/* Processes that were started out of our folder as this program (NULL: any): how many, and one of them. */
static int
count_processes(const struct suite *s, const char *program, pid_t *one)
{
	char *ours = mem_fmt("%s/libexec/%s", s->root, program != NULL ? program : "");
	DIR *proc = opendir("/proc");
	struct dirent *e;
	int n = 0;

	assert_non_null(proc);
	while ((e = readdir(proc)) != NULL) {
		char path[300], text[300] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%s/cmdline", e->d_name);
		if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
			continue;
		if (read(fd, text, sizeof(text) - 1) > 0 && strncmp(text, ours, strlen(ours)) == 0) {
			*one = (pid_t)atoi(e->d_name);
			n++;
		}
		close(fd);
	}
	closedir(proc);
	free(ours);
	return n;
}

static int
processes_left(const struct suite *s)
{
	pid_t one;

	return count_processes(s, NULL, &one);
}

static __attribute__((unused)) pid_t
process_of(const struct suite *s, const char *program)
{
	pid_t one;

	return count_processes(s, program, &one) == 1 ? one : -1;
}

static void
suite_end(struct suite *s)
{
	char *command = mem_fmt("rm -rf %s", s->root);

	if (s->master > 0) {
		kill(s->master, SIGQUIT);
		suite_wait(s);
	}
	assert_int_equal(processes_left(s), 0);
	assert_int_equal(system(command), 0);
	free(command);
	free(s->root);
}

/* ---- clients ---- */

static struct conn *
client_of(int fd)
{
	struct conn *c = conn_new(fd);

	conn_deadline_ms(c, PATIENCE_MS);
	return c;
}

static struct conn *
connect_port(const struct suite *s)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		close(fd);
		return NULL;
	}
	return client_of(fd);
}

static struct conn *
connect_unix(const struct suite *s, const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/queue/%s", s->root, name);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		close(fd);
		return NULL;
	}
	return client_of(fd);
}

static const char *
ask(struct conn *c, const char *question)
{
	struct line l;

	assert_non_null(c);
	if (question != NULL)
		conn_fmt(c, "%s\r\n", question);
	return conn_line(c, 1000, &l) ? l.s : NULL;
}

/* The greeting's process id. */
static int
greeted_by(struct conn *c)
{
	const char *text = ask(c, NULL);

	assert_non_null(text);
	assert_int_equal(strncmp(text, "hello ", 6), 0);
	return atoi(text + 6);
}

#endif
