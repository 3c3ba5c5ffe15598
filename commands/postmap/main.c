/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postmap makes the index of a lookup table, changes it, and asks any table; as postalias it reads aliases(5) files.
 */
#include "commands/postmap/postmap.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/confdir.h"
#include "lib/service/defaults.h"
#include "lib/service/environment.h"
#include "lib/service/logging.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: postmap [-bfFhimnNoprsuUvw] [-c config_dir] [-d key] [-q key] [file_type:]file_name ...\n"
    "       postalias [-fFinNoprsuvw] [-c config_dir] [-d key] [-q key] [file_type:]file_name ...\n"
    "\n"
    "  (neither)   make the index of each table from its source\n"
    "  -i          add the entries on standard input to the index that is there\n"
    "  -d key      remove the key; -: the keys on standard input\n"
    "  -q key      print the value; -: keys and values for the keys on standard input\n"
    "  -s          print all keys and values\n"
    "  -r, -w      replace, ignore a key that is there already: no warning\n"
    "  -f          keys are not folded to lower case\n"
    "  -F          values are names of files, whose content is kept as base64\n"
    "  -n, -N      keys and values are kept without, with a NUL behind them\n"
    "  -o          as root, even where the source is somebody else's\n"
    "  -p          a new index has mode 0644, not what its source has\n"
    "  -b, -h, -m  with -q -: keys are the body lines, the headers of a message; MIME is parsed\n"
    "  -u, -U      UTF-8 is not checked, is checked with -b and -h, too\n"
    "  -c folder   another configuration folder\n"
    "  --help      this text\n";

static _Noreturn void
bad_usage(const struct postmap *p, const char *why, const char *what)
{
	fprintf(stderr, "%s: fatal: %s%s\n%s", p->aliases ? "postalias" : "postmap", why, what, usage);
	exit(EXIT_FAILURE);
}

static void
keys(struct postmap *p, const char **member, const char *key)
{
	if (p->query != NULL || p->delete != NULL || p->list)
		bad_usage(p, "specify only one of -s, -q or -d", "");
	*member = key;
}

static void
option(struct postmap *p, int c)
{
	static const struct {
		char letter;
		size_t at;
	} switches[] = {
		{ 'b', offsetof(struct postmap, body) },
		{ 'f', offsetof(struct postmap, no_fold) },
		{ 'F', offsetof(struct postmap, files) },
		{ 'h', offsetof(struct postmap, header) },
		{ 'i', offsetof(struct postmap, incremental) },
		{ 'm', offsetof(struct postmap, mime) },
		{ 'n', offsetof(struct postmap, make.no_nul) },
		{ 'N', offsetof(struct postmap, make.nul) },
		{ 'o', offsetof(struct postmap, keep_root) },
		{ 'p', offsetof(struct postmap, make.default_mode) },
		{ 'u', offsetof(struct postmap, no_utf8) },
		{ 'U', offsetof(struct postmap, forced_utf8) },
	};

	for (size_t i = 0; i < NITEMS(switches); i++)
		if (switches[i].letter == c)
			*(bool *)((char *)p + switches[i].at) = true;
	if (c == 'c')
		p->dir = optarg;
	else if (c == 'd')
		keys(p, &p->delete, optarg);
	else if (c == 'q')
		keys(p, &p->query, optarg);
	else if (c == 'r')
		p->make.repeats = REPEATS_REPLACE; /* of both letters the last one counts */
	else if (c == 'w')
		p->make.repeats = REPEATS_IGNORE;
	else if (c == 'v')
		log_debugging(true);
	else if (c == 's') {
		keys(p, &(const char *){ NULL }, NULL);
		p->list = true;
	}
}

static void
parse(struct postmap *p, int argc, char **argv)
{
	int c, at;

	opterr = 0;
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		exit(EXIT_SUCCESS);
	}
	while (at = optind,
	    (c = getopt(argc, argv, p->aliases ? "+:c:d:fFinNopq:rsuvw" : "+:bc:d:fFhimnNopq:rsuUvw")) != -1) {
		if (c == ':')
			bad_usage(p, "an argument is missing behind -", (char[]){ (char)optopt, '\0' });
		if (c == '?')
			bad_usage(p, "unknown option ", argv[at]);
		option(p, c);
	}
	p->tables = argv + optind;
	p->ntables = argc - optind;
	if (p->ntables == 0)
		bad_usage(p, "name a table, as in hash:/etc/aliases", "");
	if ((p->body || p->header) && (p->query == NULL || strcmp(p->query, "-") != 0))
		bad_usage(p, "-b and -h need \"-q -\"", "");
	if (p->mime && (p->query == NULL || strcmp(p->query, "-") != 0))
		bad_usage(p, "-m needs -b or -h, and \"-q -\"", "");
	if (p->mime && !p->body && !p->header)
		log_warn("ignoring -m without -b or -h");
	if (p->make.nul && p->make.no_nul)
		p->make.nul = p->make.no_nul = false; /* as the type has it */
}

void
spec_of(struct spec *s, const struct postmap *p, const char *given)
{
	const char *colon = strchr(given, ':');

	s->type = colon != NULL ? mem_fmt("%.*s", (int)(colon - given), given) : mem_str(p->cf->default_database_type);
	s->name = mem_str(colon != NULL ? colon + 1 : given);
	s->whole = mem_fmt("%s:%s", s->type, s->name);
}

void
spec_free(struct spec *s)
{
	free(s->type);
	free(s->name);
	free(s->whole);
}

static const struct conf *
load(const struct postmap *p, const char *program)
{
	struct buf err = BUF(4096);
	struct conf_args args = { .dir = confdir_choose(p->dir, &err) };
	const struct conf *cf;

	if (args.dir == NULL)
		log_fatal(EXIT_FAILURE, "%s", buf_str(&err));
	environment_keep("MAIL_CONFIG TZ LANG=C");
	defaults_register();
	if ((cf = conf_load(&args, &err)) == NULL)
		log_fatal(EXIT_FAILURE, "%s", buf_str(&err));
	logging_open(cf, program, LOGGING_ALL_TO_STDERR);
	buf_free(&err);
	return cf;
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *program = slash != NULL ? slash + 1 : argv[0];
	struct postmap p = { .aliases = strcmp(program, "postalias") == 0, .make = MAKE(NULL, NULL, SOURCE_MAP) };
	int status;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd)
			_exit(EX_OSERR);
	program = p.aliases ? "postalias" : "postmap";
	log_open("postfix", program, log_to_stderr);
	umask(022);
	parse(&p, argc, argv);
	p.cf = load(&p, program);
	p.make.format = p.aliases ? SOURCE_ALIASES : SOURCE_MAP;
	p.make.buffer = (size_t)p.cf->berkeley_db_create_buffer_size;
	if (p.query != NULL)
		status = query_all(&p);
	else if (p.delete != NULL)
		status = delete_all(&p);
	else
		status = p.list ? list_all(&p) : build_all(&p);
	if (fflush(stdout) != 0 || ferror(stdout))
		log_fatal(EXIT_FAILURE, "standard output: %s", strerror(errno));
	return status;
}
