/* SPDX-License-Identifier: Apache-2.0 */
/* sallyport - starts, stops, checks and mends the mail system. */
#include "commands/sallyport/sallyport.h"

#include "lib/base/config.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/option.h"
#include "lib/service/defaults.h"
#include "lib/service/logging.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	WRITES_LOG = 1,	    /* what it says stands in the log, too */
	NEEDS_NO_CONF = 2,  /* but for where the queue is: a mistake in main.cf must not keep us from stopping */
	REPORTS = 4,	    /* takes --json; a mistake in main.cf is something to report */
	CAN_FORCE = 8,	    /* takes --force */
	HAS_ARGUMENTS = 16, /* of its own, which it reads itself */
	IS_FIRST = 32,	    /* comes before there is a configuration */
};
static const struct verb {
	const char *name, *about;
	int (*run)(const struct place *);
	unsigned traits;
} verbs[] = {
	{ "start", "make missing folders, check, start; returns when mail is accepted", command_start, WRITES_LOG },
	{ "start-fg", "the same in the foreground, for containers", command_start_fg, WRITES_LOG },
	{ "stop", "stop in order: sessions may finish", command_stop, WRITES_LOG | NEEDS_NO_CONF },
	{ "abort", "stop at once", command_abort, WRITES_LOG | NEEDS_NO_CONF },
	{ "reload", "read main.cf and master.cf again, without losing a session", command_reload,
	    WRITES_LOG | CAN_FORCE },
	{ "flush", "try all deferred mail now", command_flush, 0 },
	{ "check", "look for faults, and say what to do about each", command_check, REPORTS },
	{ "status", "does it run, and how", command_status, NEEDS_NO_CONF },
	{ "set-permissions", "owners and modes to what they must be", command_set_permissions, 0 },
	{ "explain", "rcpt ADDRESS: which table turns it into what, and where it goes", command_explain,
	    HAS_ARGUMENTS },
	{ "import", "take over a configuration of Postfix: import /etc/postfix", NULL, HAS_ARGUMENTS | IS_FIRST },
};

static void
usage(FILE *out)
{
	fputs("usage: sallyport [-c config_dir] [-v] [-D] command [--json|--force]\n\n", out);
	for (size_t i = 0; i < NITEMS(verbs); i++)
		fprintf(out, "  %-16s %s\n", verbs[i].name, verbs[i].about);
	fputs("\n  --json           with check: its findings as JSON\n"
	      "  --force          with reload: whatever check finds\n"
	      "  -c config_dir    where main.cf and master.cf are; MAIL_CONFIG says so, too\n"
	      "  -v               log more, here and in all daemons\n"
	      "  -D               accepted\n",
	    out);
}

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < NITEMS(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static const char *
text_of(const struct conf *cf, const char *name)
{
	const char *value = conf_get(cf, name);

	if (value == NULL)
		log_fatal(EX_CONFIG, "the value of %s cannot be expanded", name);
	return value;
}

/* False: only the parameters that can be had are there, or none, and p->trouble says why. */
static bool
load(struct place *p, const char *given, char resolved[PATH_MAX], const struct verb *v)
{
	struct conf_args a = { .dir = resolved };
	struct buf err = BUF(8192);
	bool all;

	if (realpath(given, resolved) == NULL)
		log_fatal(EX_CONFIG, "configuration directory %s: %s", given, strerror(errno));
	p->dir = resolved;
	defaults_register();
	all = (p->cf = conf_load(&a, &err)) != NULL && accounts_load(p->cf, &p->accounts, &err);
	if (!all && (v->traits & REPORTS)) {
		p->trouble = buf_take(&err);
		return false;
	}
	if (!all && !(v->traits & NEEDS_NO_CONF))
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	if (!all) {
		log_warn("%s", buf_str(&err));
		a.lenient = true;
		buf_clear(&err);
		if ((p->cf = conf_load(&a, &err)) == NULL)
			log_fatal(EX_CONFIG, "%s", buf_str(&err));
	}
	p->queue = text_of(p->cf, "queue_directory");
	p->pids = text_of(p->cf, "process_id_directory");
	buf_free(&err);
	return all;
}

static const struct verb *
parse(int argc, char **argv, const char **dir, struct place *p)
{
	const struct verb *v = NULL;
	int letter;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		exit(0);
	}
	while ((letter = option_next(argc, argv, "c:vD")) != -1) {
		if (letter == 'c')
			*dir = optarg;
		else if (letter == 'v')
			p->debug = true;
	}
	if (optind < argc && (v = find_verb(argv[optind])) == NULL)
		log_fatal(EX_USAGE, "unknown command: '%s'; \"sallyport --help\" lists them", argv[optind]);
	if (v != NULL && optind == argc - 2) {
		p->json = (v->traits & REPORTS) && strcmp(argv[argc - 1], "--json") == 0;
		p->force = (v->traits & CAN_FORCE) && strcmp(argv[argc - 1], "--force") == 0;
	}
	if (v == NULL || (optind != argc - 1 - (p->json || p->force) && !(v->traits & HAS_ARGUMENTS))) {
		usage(stderr);
		exit(EX_USAGE);
	}
	return v;
}

int
main(int argc, char **argv)
{
	const char *env = getenv("MAIL_CONFIG"), *dir = env != NULL ? env : DEF_CONFIG_DIR;
	char resolved[PATH_MAX];
	struct place p = { 0 };
	const struct verb *v;

	log_open("postfix", "sallyport", log_to_stderr);
	v = parse(argc, argv, &dir, &p);
	umask(022);
	if (v->traits & IS_FIRST)
		return command_import(dir, argc - optind, argv + optind);
	if (load(&p, dir, resolved, v) && (v->traits & WRITES_LOG))
		logging_open(p.cf, "sallyport", LOGGING_NEVER_WAIT | LOGGING_ALL_TO_STDERR);
	log_debugging(p.debug);
	p.arguments = argv + optind + 1;
	return v->run(&p);
}
