/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that says anything: the session ends, every line of its answers is
 * one, and as many messages are in the queue as the client was told.
 */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/io/file.h"
#include "lib/service/defaults.h"
#include "tests/smtpd/scene.h"
#include "tests/support/fakes.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { INPUT = 4096, ANSWERS = 1 << 20 };

static struct {
	const struct conf *cf;
	struct server *server;
	struct fake *cleanup;
	char folder[256];
} the;

static void
remove_folder(void)
{
	unlink("public/cleanup");
	rmdir("public");
	rmdir(the.folder);
}

static bool
log_nothing(enum log_level level, const char *line)
{
	(void)level;
	for (const char *s = line; *s != '\0'; s++)
		must_hold((unsigned char)*s >= ' ' && *s != 127);
	return true;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char more[] =
	    "smtpd_forbid_bare_newline = normalize\nmessage_size_limit = 1000\n"
	    "smtpd_forbid_unauth_pipelining = no\nsmtpd_hard_error_limit = 1000\n"
	    "smtpd_soft_error_limit = 1000\n"
	    "smtpd_recipient_restrictions = check_sender_access inline:{ {c@ = PREPEND X: y} }\n";
	const char *tmp = getenv("TMPDIR");
	struct conf_args a = { .dir = "." };
	struct buf err = BUF(65536);
	int fd;

	(void)argc, (void)argv;
	signal(SIGPIPE, SIG_IGN);
	snprintf(the.folder, sizeof(the.folder), "%s/smtpd_session_fuzz.XXXXXX", tmp != NULL ? tmp : "/tmp");
	must_hold(mkdtemp(the.folder) != NULL && chdir(the.folder) == 0 && mkdir("public", 0700) == 0);
	atexit(remove_folder);
	fd = open("main.cf", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	must_hold(file_write_all(fd, scene_smtpd.conf, strlen(scene_smtpd.conf)));
	must_hold(file_write_all(fd, more, sizeof(more) - 1));
	close(fd);
	log_open("postfix", "smtpd", log_nothing);
	defaults_register();
	if ((the.cf = conf_load(&a, &err)) == NULL || (the.server = server_open(the.cf, &err)) == NULL)
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	the.cleanup = fake_cleanup_start("public/cleanup", "forget");
	unlink("main.cf");
	return 0;
}

/* The messages that the answers promise. */
static long
promised(const char *s, size_t n)
{
	const char *end = s + n, *lf;
	long count = 0;

	for (; s < end; s = lf + 1) {
		char line[9000];
		size_t len;

		lf = memchr(s, '\n', (size_t)(end - s));
		must_hold(lf != NULL && lf > s + 3 && lf[-1] == '\r');
		len = (size_t)(lf - 1 - s);
		must_hold(len < sizeof(line) && s[0] >= '2' && s[0] <= '5' && (s[3] == ' ' || s[3] == '-'));
		memcpy(line, s, len);
		line[len] = '\0';
		must_hold(memchr(line, '\r', len) == NULL && strlen(line) == len);
		count += strstr(line, " queued as ") != NULL && strncmp(line, "250 ", 4) == 0;
	}
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct session s = { .cf = the.cf, .service = "smtpd", .state = the.server };
	long before = fake_committed(the.cleanup);
	struct buf answers = BUF(ANSWERS);
	int fds[2];
	ssize_t r;
	char *room;

	if (n > INPUT)
		return 0;
	must_hold(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	must_hold(file_write_all(fds[0], data, n));
	shutdown(fds[0], SHUT_WR);
	must_hold(addr_parse(&s.peer, "192.0.2.1", 4711));
	s.conn = conn_new(fds[1]);
	smtpd_session(&s);
	conn_free(&s.conn);
	while ((room = buf_room(&answers, 65536)) != NULL && (r = read(fds[0], room, 65536)) > 0)
		buf_grew(&answers, (size_t)r);
	close(fds[0]);
	must_hold(promised(buf_str(&answers), answers.len) == fake_committed(the.cleanup) - before);
	buf_free(&answers);
	return 0;
}
