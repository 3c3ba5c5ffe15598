/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suite - a real qmgr in a queue of its own, between servants that are made up.
 *
 * The test plays master (it holds the listeners and the link) and cleanup (it
 * writes files and brings news).  The delivery agents are the real agent
 * library around deliver_as_told(): what happens to a recipient is said by its
 * domain, and each delivery is a line in the file "delivered".  trivial-rewrite
 * and bounce are a few lines each.
 *
 * Everybody runs as one ordinary user, in a folder below TMPDIR.
 */
#ifndef TESTS_QMGR_SUITE_H
#define TESTS_QMGR_SUITE_H

#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/io/file.h"
#include "lib/ipc/bounce.h"
#include "lib/ipc/qmgr.h"
#include "lib/ipc/rewrite.h"
#include "lib/mail/qfile.h"
#include "lib/mail/queuedir.h"
#include "lib/service/agent.h"
#include "qmgr/round.h"
#include "tests/lib/mail/queue_sample.h"

#include <errno.h>
#include <fcntl.h>
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

enum { SERVANTS = 8 };

struct suite {
	char folder[QUEUE_FOLDER];
	int listener, link; /* qmgr's; master's end of its link */
	pid_t qmgr, servants[SERVANTS];
	int nservants;
};
static struct suite suite;

static const struct conf agent_conf = { .ipc_timeout = 20, .daemon_timeout = 30, .delay_logging_resolution_limit = 2 };

static void
pause_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void
put_line(const char *file, const char *line)
{
	int fd = open(file, O_WRONLY | O_APPEND | O_CREAT, 0600);

	if (fd < 0 || write(fd, line, strlen(line)) != (ssize_t)strlen(line))
		_exit(99);
	close(fd);
}

/* For whoever reads the report of a failed test. */
static void
show_log(void)
{
	struct buf b = BUF(64 << 20);

	if (file_read(AT_FDCWD, "log", &b))
		print_message("%s\n", b.len > 6000 ? b.s + b.len - 6000 : buf_str(&b));
	buf_free(&b);
}

#define WAIT_FOR(cond)                                                                                                 \
	do {                                                                                                           \
		long end_ = tick_ms() + 20000;                                                                         \
		while (!(cond) && tick_ms() < end_)                                                                    \
			pause_ms(5);                                                                                   \
		if (!(cond)) {                                                                                         \
			show_log();                                                                                    \
			fail_msg("waited in vain for %s", #cond);                                                      \
		}                                                                                                      \
	} while (0)

/* ---- servants ---- */

static int
listen_on(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	unlink(path);
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 200) == 0);
	return fd;
}

/* In a child: what it logs goes to the file "log". */
static void
log_here(const char *program)
{
	int log = open("log", O_WRONLY | O_APPEND | O_CREAT, 0600);

	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	close(log);
	log_open("postfix", program, log_to_stdout);
}

/* A process for each connection; all of them end with the test. */
static void
servant(const char *path, void (*session)(struct conn *))
{
	int listener = listen_on(path), fd;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0) {
		close(listener);
		suite.servants[suite.nservants++] = pid;
		return;
	}
	setpgid(0, 0);
	log_here(path);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0 || errno == EINTR) {
		if (fd < 0)
			continue;
		if (fork() == 0) {
			close(listener);
			session(conn_new(fd));
			_exit(0);
		}
		close(fd);
	}
	_exit(0);
}

/*
 * By domain: ok, slow (200 ms), later, never, down (the site cannot be
 * reached), crash, waits (until there is a file "go").  later and down
 * turn into ok when there is a file "better".
 */
static void
deliver_as_told(struct attempt *a)
{
	struct verdict v = VERDICT(a->mem);

	a->relay = "mx.example[192.0.2.1]:25";
	for (size_t i = 0; i < a->n; i++) {
		const char *to = a->rcpts[i].address, *domain = strchr(to, '@') + 1;
		char line[512];
		bool ill = !exists("better");

		if (strncmp(domain, "crash", 5) == 0)
			_exit(1);
		if (strncmp(domain, "slow", 4) == 0)
			pause_ms(200);
		if (strncmp(domain, "waits", 5) == 0)
			put_line("started", "started\n");
		for (int k = 0; strncmp(domain, "waits", 5) == 0 && !exists("go") && k < 3000; k++)
			pause_ms(10);
		if (ill && strncmp(domain, "later", 5) == 0) {
			later(&v, "4.2.2", "mailbox full");
		} else if (ill && strncmp(domain, "down", 4) == 0) {
			later(&v, "4.4.1", "connect to %s[192.0.2.1]:25: Connection refused", domain);
			agent_site_down(a, &v);
		} else if (strncmp(domain, "never", 5) == 0) {
			never(&v, "5.1.1", "no such user");
		} else {
			snprintf(line, sizeof(line), "%s %ld %s\n", a->request.queue_id, a->rcpts[i].number, to);
			put_line("delivered", line);
			fine(&v, "2.0.0", "250 Ok");
		}
		agent_verdict(a, i, &v);
	}
}

static void
agent(struct conn *c)
{
	struct session s = { .conn = c, .cf = &agent_conf, .service = "smtp" };

	agent_session(&s, deliver_as_told);
}

static void
rewrite(struct conn *c)
{
	struct ipc *i = ipc_serve(c, &rewrite_protocol);
	struct arena mem = ARENA(1 << 20);
	struct rewrite_resolve ask;

	while (rewrite_resolve_read(i, &mem, &ask)) {
		const char *domain = strchr(ask.address, '@');

		put_line("asked", "asked\n");
		rewrite_route_send(i,
		    &(struct rewrite_route){ .tag = ask.tag,
			.code = domain == NULL ? 550 : 250,
			.dsn = domain == NULL ? "5.1.3" : "",
			.text = domain == NULL ? "bad address syntax" : "",
			.transport = "smtp",
			.nexthop = domain != NULL ? domain + 1 : "" });
		arena_reset(&mem);
	}
	ipc_free(&i);
}

static void
bounce(struct conn *c)
{
	struct ipc *i = ipc_serve(c, &bounce_protocol);
	struct arena mem = ARENA(1 << 20);
	struct bounce_notify ask;
	char line[256];

	while (bounce_notify_read(i, &mem, &ask)) {
		struct verdict why = VERDICT(&mem);
		enum qfile_state state;
		struct qfile *q = qfile_open_fd(conn_take_fd(ipc_conn(i)), QFILE_READ, &state, &why);
		struct slot slot;

		for (size_t k = 0; q != NULL && k < qfile_nrcpts(q); k++) {
			if (!qfile_slot(q, k, &slot) || slot.state != SLOT_FAILED ||
			    (slot.flags & SLOT_NOTICE_OWED) == 0)
				continue;
			snprintf(line, sizeof(line), "%s %zu%s\n", ask.queue_id, k, ask.expired ? " expired" : "");
			put_line("bounced", line);
		}
		qfile_free(&q);
		bounce_answer_send(i,
		    &(struct bounce_answer){
			.ok = true, .queue_id = "4bNotice", .kind = "sender non-delivery notification" });
		arena_reset(&mem);
	}
	ipc_free(&i);
}

/* ---- qmgr ---- */

static void
run_qmgr(int link)
{
	char *argv[] = { (char *)"qmgr", (char *)"-n", (char *)"qmgr", (char *)"-t", (char *)"unix", (char *)"-s",
		(char *)"1", (char *)"-l", (char *)"1", (char *)"-f", NULL };

	log_here("qmgr");
	/* 3 and 4 may be each other. */
	link = fcntl(link, F_DUPFD, 10);
	dup2(suite.listener, 20);
	dup2(link, 3);
	dup2(20, 4);
	close_range(5, ~0U, 0); /* also locks that the test holds */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(service_run(&qmgr_service, 10, argv));
}

static void
qmgr_start(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	if ((suite.qmgr = fork()) == 0)
		run_qmgr(pair[1]);
	close(pair[1]);
	suite.link = pair[0];
}

/* Orderly; how long it took. */
static inline long
qmgr_stop(void)
{
	long start = tick_ms();
	int status;

	kill(suite.qmgr, SIGTERM);
	assert_int_equal(waitpid(suite.qmgr, &status, 0), suite.qmgr);
	if (status != 0)
		show_log();
	assert_int_equal(status, 0);
	close(suite.link);
	suite.qmgr = 0;
	return tick_ms() - start;
}

static void
qmgr_kill(void)
{
	kill(suite.qmgr, SIGKILL);
	waitpid(suite.qmgr, NULL, 0);
	close(suite.link);
	suite.qmgr = 0;
}

/* ---- the whole ---- */

static void
configure(const char *more)
{
	FILE *f = fopen("main.cf", "w");

	assert_non_null(f);
	fprintf(f,
	    "compatibility_level = 3.6\nmyhostname = mail.test.example\nmyorigin = test.example\nmynetworks = 127.0.0.1\n"
	    "queue_directory = %s\ndata_directory = %s\nmaillog_file = /dev/stdout\n"
	    "queue_status_sync = 0\nminimal_backoff_time = 300s\n%s\n",
	    suite.folder, suite.folder, more);
	fclose(f);
	setenv("MAIL_CONFIG", suite.folder, 1);
}

static void
suite_begin(const char *main_cf)
{
	suite = (struct suite){ .qmgr = 0 };
	queue_folder_make(suite.folder);
	prctl(PR_SET_DUMPABLE, 1);
	configure(main_cf);
	suite.listener = listen_on("public/qmgr");
	fcntl(suite.listener, F_SETFL, O_NONBLOCK); /* as master's are */
}

static void
suite_end(void)
{
	if (suite.qmgr > 0)
		qmgr_kill();
	for (int i = 0; i < suite.nservants; i++) {
		kill(-suite.servants[i], SIGKILL);
		kill(suite.servants[i], SIGKILL);
		waitpid(suite.servants[i], NULL, 0);
	}
	close(suite.listener);
	queue_folder_remove(suite.folder);
}

/* ---- requests ---- */

static struct ipc *
to_qmgr(struct arena *mem)
{
	struct verdict why = VERDICT(mem);
	struct ipc *i = ipc_connect("public/qmgr", &qmgr_protocol, 20, &why);

	assert_non_null(i);
	return i;
}

static void
tell_news(const char *id)
{
	struct arena mem = ARENA(1 << 16);
	struct ipc *i = to_qmgr(&mem);

	qmgr_news_send(i, &(struct qmgr_news){ .queue_id = id });
	assert_true(ipc_flush(i));
	/* An answer to a second question: the first has been read by then. */
	qmgr_status_send(i, &(struct qmgr_status){});
	assert_true(ipc_flush(i));
	ipc_next(i);
	ipc_free(&i);
	arena_free(&mem);
}

static void
send_letter(const struct letter *l, char id[QUEUEID_MAX])
{
	write_letter(l, id);
	tell_news(id);
}

/* A request and its answer's count; -1: it said no. */
static long
ask_qmgr(const struct msg *m, const void *request)
{
	struct arena mem = ARENA(1 << 16);
	struct ipc *i = to_qmgr(&mem);
	struct qmgr_answer a;

	ipc_send(i, m, request);
	assert_true(ipc_flush(i));
	assert_true(qmgr_answer_read(i, &mem, &a));
	ipc_free(&i);
	arena_free(&mem);
	return a.ok ? a.count : -1;
}

static inline struct qfile *
wait_for_letter(enum queue q, const char *id)
{
	struct qfile *f = NULL;

	for (long end = tick_ms() + 20000; f == NULL && tick_ms() < end; pause_ms(5))
		f = open_letter(q, id);
	if (f == NULL) {
		show_log();
		fail_msg("%s did not come to %s", id, queue_names[q]);
	}
	return f;
}

static inline void
all_servants(void)
{
	servant("private/smtp", agent);
	servant("private/rewrite", rewrite);
	servant("private/bounce", bounce);
	qmgr_start();
}

static inline int
everywhere(void)
{
	return files_in(QUEUE_INCOMING) + files_in(QUEUE_ACTIVE) + files_in(QUEUE_DEFERRED) + files_in(QUEUE_HOLD) +
	    files_in(QUEUE_CORRUPT);
}

#endif
