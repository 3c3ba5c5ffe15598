/* SPDX-License-Identifier: Apache-2.0 */
/* postsuper deletes, holds, releases, expires and requeues messages, for the administrator. */
#include "commands/postsuper/postsuper.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/confdir.h"
#include "lib/service/defaults.h"
#include "lib/service/logging.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: postsuper [-psSv] [-c config_dir] [-d queue_id] [-e queue_id] [-f queue_id] [-h queue_id]\n"
    "                 [-H queue_id] [-r queue_id] [queue ...]\n"
    "\n"
    "  -d queue_id  delete the message\n"
    "  -e queue_id  let it expire: it is returned to its sender\n"
    "  -f queue_id  the same, also when it is on hold\n"
    "  -h queue_id  put it on hold\n"
    "  -H queue_id  release it from hold\n"
    "  -r queue_id  requeue it: its addresses are looked at anew\n"
    "  -p -s -S     accepted; there is nothing that would have to be repaired\n"
    "  -c folder    another configuration folder\n"
    "queue_id is a queue id, - for ids from standard input, or ALL; several options may be given.\n"
    "queue is one or more of hold incoming active deferred (all of them, if none is named).\n";

/* Each option: what it does, what is said of one message, and of all. */
static const struct job {
	int option;
	enum queue_action act; /* ACTIONS: requeue */
	const char *one, *all;
} jobs[] = {
	{ 'r', ACTIONS, "requeued", "Requeued" },
	{ 'd', ACT_DELETE, "removed", "Deleted" },
	{ 'h', ACT_HOLD, "placed on hold", "Placed on hold" },
	{ 'H', ACT_RELEASE, "released from hold", "Released from hold" },
	{ 'e', ACT_EXPIRE, "expired", "Force-expired" },
	{ 'f', ACT_EXPIRE_RELEASE, "expired", "Force-expired" },
};

struct asked { /* one option as it was given */
	const struct job *job;
	const char *id;
};
struct options {
	const char *dir;
	struct asked *asked;
	size_t n;
	bool repair;
};

static const struct job *
job_of(int option)
{
	for (size_t i = 0; i < NITEMS(jobs); i++)
		if (jobs[i].option == option)
			return &jobs[i];
	return NULL;
}

static _Noreturn void
bad_usage(const char *why, const char *what)
{
	fprintf(stderr, "postsuper: fatal: %s%s\n%s", why, what, usage);
	exit(EXIT_FAILURE);
}

static void
parse(int argc, char **argv, struct options *o)
{
	int c, at;

	opterr = 0;
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		exit(0);
	}
	o->asked = mem_zero((size_t)argc, sizeof(*o->asked));
	while (at = optind, (c = getopt(argc, argv, ":c:d:e:f:h:H:pr:sSv")) != -1) {
		if (c == ':')
			bad_usage("an argument is missing behind -", (char[]){ (char)optopt, '\0' });
		else if (c == '?')
			bad_usage("unknown option ", argv[at]);
		else if (c == 'c')
			o->dir = optarg;
		else if (c == 'p' || c == 's' || c == 'S')
			o->repair = true;
		else if (c != 'v')
			o->asked[o->n++] = (struct asked){ job_of(c), optarg };
	}
}

static const struct conf *
load(const char *option)
{
	struct buf err = BUF(4096);
	struct conf_args args = { .dir = confdir_choose(option, &err) };
	const struct conf *cf;

	if (args.dir == NULL)
		log_fatal(EXIT_FAILURE, "%s", buf_str(&err));
	defaults_register();
	if ((cf = conf_load(&args, &err)) == NULL)
		log_fatal(EXIT_FAILURE, "%s", buf_str(&err));
	if (chdir(cf->queue_directory) < 0)
		log_fatal(EXIT_FAILURE, "queue_directory %s: %s", cf->queue_directory, strerror(errno));
	/* A suite of an ordinary user is that user's. */
	if (geteuid() != 0 && access("active", R_OK | W_OK | X_OK) != 0)
		log_fatal(EXIT_FAILURE, "use of this command is reserved for the superuser");
	logging_open(cf, "postsuper", LOGGING_ALL_TO_STDERR);
	buf_free(&err);
	return cf;
}

/* Names of Postfix's that have no folder here: nothing is in them. */
static bool
is_former(const char *name)
{
	static const char *const former[] = { "bounce", "defer", "trace", "flush", "saved" };

	for (size_t i = 0; i < NITEMS(former); i++)
		if (strcmp(name, former[i]) == 0)
			return true;
	return false;
}

static unsigned
named_queues(char **names)
{
	unsigned places = 0;
	enum queue q;

	for (; *names != NULL; names++) {
		if (queue_by_name(*names, &q))
			places |= 1u << q;
		else if (!is_former(*names))
			log_fatal(EXIT_FAILURE, "invalid directory name: %s", *names);
		else
			places |= 1u << QUEUES; /* something was named */
	}
	return places;
}

static long
do_one(struct super *s, const struct job *job, const char *id)
{
	enum outcome outcome;

	if (!queueid_ok(id)) {
		log_warn("invalid mail queue id: %.100s", id);
		return 0;
	}
	outcome = job->act == ACTIONS ? super_requeue(s, id) : super_act(s, job->act, id);
	/* Who names one message wants that one; ALL are those that nobody has. */
	if (outcome == SUPER_BUSY)
		s->failed = true;
	if (outcome != SUPER_DONE)
		return 0;
	log_info("%s: %s", id, job->one);
	return 1;
}

static long
do_listed(struct super *s, const struct job *job)
{
	char *line = NULL;
	size_t cap = 0;
	long n = 0;

	while (getline(&line, &cap, stdin) >= 0) {
		char *id = text_trim(line);

		if (*id != '\0')
			n += do_one(s, job, id);
	}
	if (ferror(stdin))
		log_fatal(EXIT_FAILURE, "read standard input: %s", strerror(errno));
	free(line);
	return n;
}

static long
do_asked(struct super *s, const struct asked *a)
{
	if (strcmp(a->id, "-") == 0)
		return do_listed(s, a->job);
	if (strcmp(a->id, "ALL") != 0)
		return do_one(s, a->job, a->id);
	return a->job->act == ACTIONS ? super_requeue_all(s) : super_act_all(s, a->job->act);
}

/* One line for each kind of job that was asked for. */
static void
do_all(struct super *s, const struct options *o)
{
	for (size_t k = 0; k < NITEMS(jobs); k++) {
		bool some = false;
		long n = 0;

		for (size_t i = 0; i < o->n; i++) {
			if (o->asked[i].job != &jobs[k])
				continue;
			some = true;
			n += do_asked(s, &o->asked[i]);
		}
		if (some)
			log_info("%s: %ld message%s", jobs[k].all, n, n == 1 ? "" : "s");
	}
}

int
main(int argc, char **argv)
{
	struct options o = { .dir = NULL };
	struct super s = { .lock = -1 };

	umask(077);
	log_open("postfix", "postsuper", log_to_stderr);
	parse(argc, argv, &o);
	s.cf = load(o.dir);
	queuedir_init(&s.dirs, s.cf);
	s.places = named_queues(argv + optind);
	if (o.repair && o.n == 0)
		puts(
		    "Nothing to do: queue files have no inode in their names, and are found in any folder of their queue.");
	if (o.n > 0) {
		super_open(&s);
		do_all(&s, &o);
	}
	free(o.asked);
	return s.failed ? EXIT_FAILURE : 0;
}
