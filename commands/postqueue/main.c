/* SPDX-License-Identifier: Apache-2.0 */
/* postqueue lists the queue, and asks qmgr to try deferred mail now: what users may do with the queue. */
#include "commands/postqueue/postqueue.h"

#include "lib/base/log.h"
#include "lib/conf/confdir.h"
#include "lib/mail/queueid.h"
#include "lib/net/dns.h"
#include "lib/service/defaults.h"
#include "lib/table/table.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
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

struct request {
	int what; /* p j f i s */
	const char *argument, *dir;
};

static _Noreturn void
bad_usage(const char *why, const char *what)
{
	fprintf(stderr, "postqueue: %s%s\n%s", why, what, usage);
	exit(EX_USAGE);
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
	for (at = optind; (c = getopt(argc, argv, ":c:fi:jps:v")) != -1; at = optind) {
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
		bad_usage("this is no queue id: ", r->argument);
	if (r->what == 's' && !dns_name_ok(r->argument) && r->argument[0] != '[')
		bad_usage("this is no domain: ", r->argument);
}

/* Set-gid: nothing of the caller's surroundings is believed. */
static void
clean_up(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
		;
	if (fd >= 0)
		close(fd);
	umask(077);
}

/* authorized_mailq_users, authorized_flush_users: who may ask; root always. */
static void
authorize(const struct conf *cf, const char *list, const char *what)
{
	const struct table_env env = { cf, "private/proxymap" };
	struct arena mem = ARENA(65536);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(4096);
	const struct passwd *pw = getpwuid(getuid());
	const char *user = pw != NULL ? pw->pw_name : "unknown";
	struct match_list *users;

	if (getuid() == 0)
		return;
	if ((users = match_list_open(list, false, &env, &err)) == NULL)
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	switch (match_list_get(users, user, &mem, &why)) {
	case TABLE_FOUND:
		break;
	case TABLE_ABSENT:
		log_fatal(EX_NOPERM, "user %s is not allowed to %s", user, what);
	case TABLE_ERROR:
		log_fatal(EX_TEMPFAIL, "%s", why.text);
	}
	match_list_free(&users);
	arena_free(&mem);
}

static const struct conf *
load(const char *option)
{
	struct buf err = BUF(4096);
	struct conf_args args = { .dir = confdir_choose(option, &err) };
	const struct conf *cf;

	if (args.dir == NULL)
		log_fatal(EX_NOPERM, "%s", buf_str(&err));
	defaults_register();
	if ((cf = conf_load(&args, &err)) == NULL)
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	if (chdir(cf->queue_directory) < 0)
		log_fatal(EX_CONFIG, "queue_directory %s: %s", cf->queue_directory, strerror(errno));
	return cf;
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
		authorize(cf, cf->authorized_mailq_users, "view the mail queue");
		status = queue_print(cf, r.what == 'j');
	} else {
		authorize(cf, cf->authorized_flush_users, "flush the mail queue");
		status = queue_flush(cf, r.what, r.argument);
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		log_fatal(EX_IOERR, "standard output: %s", strerror(errno));
	return status;
}
