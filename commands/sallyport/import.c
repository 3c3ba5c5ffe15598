/* SPDX-License-Identifier: Apache-2.0 */
/* sallyport import: the command line, and the order of things. */
#include "commands/sallyport/import.h"

#include "commands/sallyport/sallyport.h"

#include "lib/base/log.h"
#include "lib/service/defaults.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IMPORT_MEMORY = 256 << 20 };

static const char usage[] = "usage: sallyport import [--to DIR] [--as DIR] [--dry-run] [--force] [--json] DIR";

/* It is all about this command line, which has no log. */
void
import_fail(int status, const char *fmt, ...)
{
	struct buf text = BUF(8192);
	va_list ap;

	va_start(ap, fmt);
	buf_vfmt(&text, fmt, ap);
	va_end(ap);
	log_fatal(status, "%s", buf_str(&text));
}

static const char *
absolute(struct import *im, const char *given)
{
	char real[PATH_MAX], here[PATH_MAX];

	if (realpath(given, real) != NULL)
		return arena_str(&im->mem, real);
	if (given[0] == '/')
		return arena_str(&im->mem, given);
	if (getcwd(here, sizeof(here)) == NULL)
		import_fail(EX_OSERR, "the current folder: %s", strerror(errno));
	return arena_fmt(&im->mem, "%s/%s", here, given);
}

/* The name that files have for their folder: as given, not where links lead. */
static const char *
trimmed(struct import *im, const char *dir)
{
	char *copy = arena_str(&im->mem, dir);
	size_t n = strlen(copy);

	while (n > 1 && copy[n - 1] == '/')
		copy[--n] = '\0';
	return copy;
}

static void
parse(struct import *im, const char *to, int argc, char **argv)
{
	enum { TO = 1, AS, DRY_RUN, FORCE, JSON_ };
	static const struct option options[] = { { "to", required_argument, NULL, TO },
		{ "as", required_argument, NULL, AS }, { "dry-run", no_argument, NULL, DRY_RUN },
		{ "force", no_argument, NULL, FORCE }, { "json", no_argument, NULL, JSON_ }, { NULL, 0, NULL, 0 } };
	const char *as = NULL;
	int what;

	optind = 1;
	opterr = 0;
	while ((what = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (what == TO)
			to = optarg;
		else if (what == AS)
			as = optarg;
		else if (what == DRY_RUN)
			im->dry_run = true;
		else if (what == FORCE)
			im->force = true;
		else if (what == JSON_)
			im->json = true;
		else
			import_fail(EX_USAGE, "%s: not an option of import, or without its argument; %s",
			    argv[optind - 1], usage);
	}
	if (optind != argc - 1)
		import_fail(EX_USAGE, "%s", usage);
	im->from = absolute(im, argv[optind]);
	im->to = absolute(im, to);
	if (as == NULL)
		as = argv[optind][0] == '/' ? argv[optind] : im->from;
	if (as[0] != '/')
		import_fail(EX_USAGE, "--as %s: the name that the files have for their folder is an absolute path", as);
	im->as = trimmed(im, as);
	if (strcmp(im->from, im->to) == 0)
		import_fail(EX_USAGE, "%s is our own folder; name the one of Postfix", im->from);
}

static void
release(struct import *im)
{
	close(im->dir);
	conf_free(&im->cf);
	mastercf_free(&im->master);
	conf_free(&im->ours);
	buf_free(&im->main_old);
	buf_free(&im->main_new);
	buf_free(&im->master_old);
	buf_free(&im->master_new);
	for (size_t i = 0; i < im->ntexts; i++) {
		buf_free(im->texts[i]);
		free(im->texts[i]);
	}
	hash_free(&im->by_path, NULL);
	free(im->files);
	free(im->rows);
	arena_free(&im->mem);
}

int
command_import(const char *to, int argc, char **argv)
{
	struct import im = { .mem = ARENA(IMPORT_MEMORY), .by_path = HASH(false) };
	bool failed = false;

	parse(&im, to, argc, argv);
	defaults_register();
	import_load(&im);
	import_plan(&im);
	import_rewrite(&im);
	import_judge(&im);
	if (!arena_ok(&im.mem))
		import_fail(EX_CONFIG, "%s: too large; shorten it", im.from);
	import_compare(&im);
	if (!im.dry_run)
		import_write(&im);
	import_index(&im);
	if (im.json)
		import_print_json(stdout, &im);
	else
		import_print(stdout, &im);
	if (fflush(stdout) != 0 || ferror(stdout))
		import_fail(EX_IOERR, "write the report: %s", strerror(errno));
	for (size_t i = 0; i < im.nfiles; i++)
		failed = failed || im.files[i].index == INDEX_FAILED;
	release(&im);
	return failed;
}
