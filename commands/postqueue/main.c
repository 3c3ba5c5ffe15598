/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postqueue lists the queue, and asks qmgr to try deferred mail now: what users may do with the queue.
 *
 * It is set-gid, so that the daemons' sockets are open to it: nothing of its
 * caller's surroundings is believed, and who may do what is looked up here.
 */
#include "commands/postqueue/postqueue.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/confdir.h"
#include "lib/mail/queueid.h"
#include "lib/net/dns.h"
#include "lib/service/defaults.h"
#include "lib/service/environment.h"
#include "lib/service/logging.h"
#include "lib/table/match_list.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] = "usage: postqueue [-v] [-c config_dir] -p | -j | -f | -i queue_id | -s site\n"
			    "\n"
			    "  -p           list the queue as mailq does\n"
			    "  -j           list it as JSON, one object a line\n"
			    "  -f           try all deferred mail now\n"
			    "  -i queue_id  try this message now\n"
			    "  -s site      try what waits for this domain now\n"
			    "  -c folder    another configuration folder\n"
			    "  --help       this text\n";

enum { OUTPUT = 1 << 16 };

struct request {
	int what; /* p j f i s */
	const char *argument, *dir;
};

/* Postfix's exit status for all that is wrong with a call. */
static _Noreturn void
bad_usage(const char *why, const char *what)
{
	fprintf(stderr, "postqueue: fatal: %s%s\n%s", why, what, usage);
	exit(EX_UNAVAILABLE);
}

static void
choose(struct request *r, int what, const char *argument)
{
	if (r->what != 0)
		bad_usage("only one of -p -j -f -i -s at a time", "");
	r->what = what;
	r->argument = argument;
}

static void
parse(int argc, char **argv, struct request *r)
{
	int c, at;

	opterr = 0;
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		exit(0);
	}
	while (at = optind, (c = getopt(argc, argv, ":c:fi:jps:v")) != -1) {
		if (c == ':')
			bad_usage("an argument is missing behind -", (char[]){ (char)optopt, '\0' });
		else if (c == '?')
			bad_usage("unknown option ", argv[at]);
		else if (c == 'c')
			r->dir = optarg;
		else if (c != 'v')
			choose(r, c, optarg);
	}
	if (optind < argc)
		bad_usage("what is meant by ", argv[optind]);
	if (r->what == 0)
		bad_usage("say what to do", "");
	if (r->what == 'i' && !queueid_ok(r->argument))
		bad_usage("Cannot flush mail queue - invalid queue id: ", r->argument);
	if (r->what == 's' && !dns_name_ok(r->argument) && r->argument[0] != '[')
		bad_usage("Cannot flush mail queue - invalid destination: ", r->argument);
}

/* Missing descriptors are filled, signals and mask are as if nobody had set them. */
static void
clean_up(void)
{
	static const int usual[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM };
	sigset_t none;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd)
			_exit(EX_OSERR);
	for (size_t i = 0; i < NITEMS(usual); i++)
		signal(usual[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN); /* a full pager that was left is an error of stdout */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(077);
}

/* authorized_mailq_users, authorized_flush_users: who may ask; root always. */
static void
authorize(const struct conf *cf, const char *parameter, const char *list, const char *what)
{
	char *proxymap = table_proxymap(cf);
	const struct table_env env = { .cf = cf, .proxymap = proxymap };
	struct arena mem = ARENA(65536);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(4096);
	const struct passwd *pw = getpwuid(getuid());
	const char *user = pw != NULL ? pw->pw_name : "unknown";
	struct match_list *users;

	if (getuid() == 0)
		return;
	if ((users = match_list_open(parameter, list, &env, &err)) == NULL)
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	switch (match_list_get(users, user, &mem, &why)) {
	case TABLE_FOUND:
		break;
	case TABLE_ABSENT:
		log_fatal(EX_NOPERM, "User %s(%ld) is not allowed to %s", user, (long)getuid(), what);
	case TABLE_ERROR:
		log_fatal(EX_TEMPFAIL, "%s", why.text);
	}
	match_list_free(&users);
	arena_free(&mem);
	free(proxymap);
}

static const struct conf *
load(const char *option)
{
	struct buf err = BUF(4096);
	struct conf_args args = { .dir = confdir_choose(option, &err) };
	const struct conf *cf;

	if (args.dir == NULL)
		log_fatal(EX_NOPERM, "%s", buf_str(&err));
	/* TZ is the reader's, for the times in the list. */
	environment_keep("MAIL_CONFIG TZ LANG=C");
	defaults_register();
	if ((cf = conf_load(&args, &err)) == NULL)
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	if (chdir(cf->queue_directory) < 0)
		log_fatal(EX_CONFIG, "queue_directory %s: %s; \"sallyport check\" says what is wrong",
		    cf->queue_directory, strerror(errno));
	logging_open(cf, "postqueue", LOGGING_ALL_TO_STDERR);
	buf_free(&err);
	return cf;
}

/* Into a pipe or a file in large pieces: each wakes up who reads there.  stdout has the buffer until the process ends. */
static void
large_output(void)
{
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, mem_alloc(OUTPUT), _IOFBF, OUTPUT);
}

int
main(int argc, char **argv)
{
	struct request r = { 0 };
	const struct conf *cf;
	int status;

	clean_up();
	log_open("postfix", "postqueue", log_to_stderr);
	parse(argc, argv, &r);
	cf = load(r.dir);
	if (r.what == 'p' || r.what == 'j') {
		authorize(cf, "authorized_mailq_users", cf->authorized_mailq_users, "view the mail queue");
		large_output();
		status = queue_print(cf, r.what == 'j');
	} else {
		authorize(cf, "authorized_flush_users", cf->authorized_flush_users, "flush the mail queue");
		status = queue_flush(cf, r.what, r.argument);
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		log_fatal(EX_IOERR, "standard output: %s", strerror(errno));
	return status;
}
