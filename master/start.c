/* SPDX-License-Identifier: Apache-2.0 */
/* Options, and the way from a command to a running mail system. */
#include "master/master.h"

#include "lib/base/config.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/option.h"
#include "lib/base/time.h"
#include "lib/io/file.h"
#include "lib/service/accounts.h"
#include "lib/service/defaults.h"
#include "lib/service/environment.h"
#include "lib/service/landlock.h"
#include "lib/service/logging.h"
#include "lib/service/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct options {
	const char *dir;
	bool background, check, test, debug;
};

static void
usage(FILE *out)
{
	fputs("usage: master [-c config_dir] [-C] [-t] [-w] [-v] [-D]\n"
	      "\n"
	      "Keeps the services of master.cf running.  \"sallyport start\" runs it.\n"
	      "\n"
	      "  -c dir   where main.cf and master.cf are\n"
	      "  -C       check both, and do nothing else\n"
	      "  -t       exit 0 if no master runs, 1 if one does\n"
	      "  -w       go into the background once the mail system is ready; without it\n"
	      "           stay in the foreground\n"
	      "  -v       log more, here and in all daemons\n"
	      "  -D       accepted\n",
	    out);
}

static void
parse(int argc, char **argv, struct options *o)
{
	const char *env = getenv("MAIL_CONFIG");
	int letter;

	*o = (struct options){ .dir = env != NULL ? env : DEF_CONFIG_DIR };
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		exit(0);
	}
	while ((letter = option_next(argc, argv, "c:CtwvDdis")) != -1) {
		switch (letter) {
		case 'c':
			o->dir = optarg;
			break;
		case 'C':
			o->check = true;
			break;
		case 't':
			o->test = true;
			break;
		case 'w':
			o->background = true;
			break;
		case 'v':
			o->debug = true;
			break;
		case 'D':
		case 'd':
		case 'i':
		case 's':
			break;
		}
	}
	if (optind < argc) {
		usage(stderr);
		exit(EX_USAGE);
	}
}

static struct plan *
load_plan(const char *dir)
{
	struct buf err = BUF(8192);
	struct plan *plan;

	defaults_register();
	if ((plan = plan_load(dir, &err)) == NULL)
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	buf_free(&err);
	return plan;
}

/* A process that was started without the first three gets them, so that none of ours takes their place. */
static void
standard_descriptors(void)
{
	int fd = open("/dev/null", O_RDWR);

	while (fd >= 0 && fd < 3)
		fd = dup(fd);
	if (fd > 2)
		close(fd);
	if ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0) {
		dup2(fd, STDIN_FILENO);
		close(fd);
	}
	file_descriptors_max();
}

static char *
pid_path(const struct master *m)
{
	return mem_fmt("%s/master.pid", m->plan->cf->process_id_directory);
}

static int
exit_of_test(const struct master *m)
{
	struct buf err = BUF(1024);
	char *path = pid_path(m);
	pid_t pid = pidfile_holder(path, &err);

	if (pid < 0)
		log_fatal(EX_TEMPFAIL, "%s", buf_str(&err));
	free(path);
	return pid > 0;
}

/* Whoever started us waits for one byte, which says that the mail system is ready. */
static int
go_into_background(void)
{
	int pipe_fds[2];
	pid_t pid;
	char byte;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		log_fatal(EX_OSERR, "start a process: %s", strerror(errno));
	if (pid == 0) {
		setsid();
		close(pipe_fds[0]);
		return pipe_fds[1];
	}
	close(pipe_fds[1]);
	_exit(read(pipe_fds[0], &byte, 1) == 1 ? 0 : 1);
}

static void
leave_terminal(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

void
master_started(struct master *m, const char *why)
{
	if (why != NULL) {
		log_error("start-up failed: %s; the lines before this one say why", why);
		m->failed = true;
		master_abort(m);
		return;
	}
	m->ready = true;
	m->log_flags &= ~(unsigned)LOGGING_TROUBLE_TO_STDERR;
	logging_started();
	notify(m, "READY=1\nMAINPID=%d", getpid());
	log_info("the mail system is ready");
	if (m->answer_fd >= 0 && write(m->answer_fd, "1", 1) < 0)
		log_warn("tell who started us: %s", strerror(errno));
	if (m->answer_fd >= 0) {
		close(m->answer_fd);
		m->answer_fd = -1;
		leave_terminal();
	}
}

static void
check_place(struct master *m)
{
	const struct conf *cf = m->plan->cf;
	struct buf err = BUF(2048);
	struct accounts accounts;

	if (!logging_allowed(cf, m->foreground, &err) || !accounts_load(cf, &accounts, &err))
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	m->separated = accounts.separated;
	if (chdir(cf->queue_directory) < 0)
		log_fatal(EX_CONFIG, "queue_directory %s: %s; \"sallyport start\" makes it", cf->queue_directory,
		    strerror(errno));
	buf_free(&err);
}

static void
lock(struct master *m)
{
	struct buf err = BUF(1024);
	char *path = pid_path(m);

	if ((m->lock_fd = pidfile_lock(path, &err)) < 0)
		log_fatal(EX_TEMPFAIL, "%s", buf_str(&err));
	free(path);
}

static void
clean_environment(const struct master *m)
{
	environment_keep(m->plan->cf->import_environment);
	if (setenv("MAIL_CONFIG", m->dir, 1) < 0)
		log_fatal(EX_OSERR, "set MAIL_CONFIG: %s", strerror(errno));
	unsetenv("MAIL_DEBUG");
}

static void
announce(const struct master *m)
{
	struct buf b = BUF(256);
	struct passwd *pw = getpwuid(geteuid());

	log_info("daemon started -- version %s, configuration %s", MAIL_VERSION, m->dir);
	landlock_describe(&b);
	log_info("%s", buf_str(&b));
	buf_free(&b);
	if (!m->separated)
		log_info(
		    "privilege separation is off: everything runs as user %s", pw != NULL ? pw->pw_name : "(unknown)");
	plan_notices(m->plan);
}

static void
set_up(struct master *m)
{
	struct plan *plan = m->plan;
	struct buf err = BUF(8192);

	m->loop = loop_new();
	m->stop_limit = (struct timer){ .run = stop_time_over, .ctx = m };
	signal(SIGPIPE, SIG_IGN);
	loop_signal(m->loop, SIGTERM, master_stop, m);
	loop_signal(m->loop, SIGINT, master_stop, m);
	loop_signal(m->loop, SIGQUIT, master_abort, m);
	loop_signal(m->loop, SIGHUP, master_reload, m);
	loop_signal(m->loop, SIGCHLD, children_reap, m);
	if (!status_open(m, &err))
		log_fatal(EX_OSERR, "%s", buf_str(&err));
	m->plan = NULL; /* adopting gives it back */
	if (!master_adopt(m, plan, &err))
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	buf_free(&err);
}

static int
run(struct master *m)
{
	set_up(m);
	announce(m);
	if (m->awaited == NULL)
		master_started(m, NULL);
	posts_review(m);
	loop_run(m->loop);
	listeners_remove(m);
	status_close(m);
	LIST_EACH (struct service_post, post, link, &m->posts) {
		LIST_EACH (struct child, c, link, &post->children)
			child_free(&c);
		post_free(&post);
	}
	loop_free(&m->loop);
	log_info("stopped");
	logging_open(NULL, "master", 0);
	plan_free(&m->plan);
	free(m->notify_socket);
	return m->failed ? 1 : 0;
}

int
master_main(int argc, char **argv)
{
	struct master m = { .answer_fd = -1, .started_at = now_us() / 1000000 };
	char dir[PATH_MAX];
	struct options o;

	log_open("postfix", "master", log_to_stderr);
	standard_descriptors();
	parse(argc, argv, &o);
	if (realpath(o.dir, dir) == NULL)
		log_fatal(EX_CONFIG, "configuration directory %s: %s", o.dir, strerror(errno));
	m.dir = dir;
	m.plan = load_plan(dir);
	if (o.check) {
		plan_notices(m.plan);
		return 0;
	}
	m.foreground = !o.background;
	m.debug = o.debug;
	m.log_flags = LOGGING_AT_HOME | LOGGING_NEVER_WAIT | LOGGING_TROUBLE_TO_STDERR;
	list_init(&m.posts);
	umask(077);
	check_place(&m);
	if (o.test)
		return exit_of_test(&m);
	lock(&m);
	if (o.background)
		m.answer_fd = go_into_background();
	if (!pidfile_write(m.lock_fd))
		log_fatal(EX_OSERR, "write the pid file: %s", strerror(errno));
	logging_open(m.plan->cf, "master", m.log_flags);
	log_debugging(m.debug);
	notify_open(&m);
	clean_environment(&m);
	return run(&m);
}
