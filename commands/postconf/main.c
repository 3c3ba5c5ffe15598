/* SPDX-License-Identifier: Apache-2.0 */
/* postconf - shows and changes main.cf and master.cf. */
#include "commands/postconf/postconf.h"

#include "lib/base/config.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/service/defaults.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_HELP = 256, OPTION_MAN };
enum { REQUEST_MEMORY = 64 << 20 };

static const char usage[] =
    "usage: postconf [-dfhHnpvx] [-c config_dir] [-C class,...] [-o name=value] [parameter ...]\n"
    "       postconf [-ev] [-c config_dir] parameter=value ...\n"
    "       postconf -# | -X [-v] [-c config_dir] parameter ...\n"
    "       postconf -M [-fvx] [-c config_dir] [-o name=value] [service[/type] ...]\n"
    "       postconf -M [-ev] [-c config_dir] service/type=line ...\n"
    "       postconf -M# | -MX [-v] [-c config_dir] service/type ...\n"
    "       postconf -m | -l\n"
    "       postconf --man program | --man all\n"
    "       postconf --help\n";

static const struct {
	const char *name;
	unsigned bit;
} classes[] = {
	{ "builtin", CLASS_BUILTIN },
	{ "service", CLASS_SERVICE },
	{ "user", CLASS_USER },
	{ "all", CLASS_ALL },
};

static void
add_classes(struct request *r, const char *list)
{
	char *copy = mem_str(list), *at = copy, *word;
	size_t i;

	while ((word = text_word(&at, TEXT_LIST)) != NULL) {
		for (i = 0; i < NITEMS(classes) && strcmp(word, classes[i].name) != 0; i++)
			;
		if (i == NITEMS(classes))
			log_fatal(1, "-C %s: builtin, service, user or all is wanted", word);
		r->classes |= classes[i].bit;
	}
	free(copy);
}

static void
set_what(struct request *r, enum what what)
{
	if (r->what != SHOW && r->what != what)
		log_fatal(1, "specify one of -e, -X and -#");
	r->what = what;
}

static int
show_locks(void)
{
	return puts("flock\nfcntl\ndotlock") < 0;
}

_Noreturn static void
finish(int status)
{
	exit(fflush(stdout) == 0 ? status : 1);
}

/* Options that only switch something on. */
static const struct {
	char letter;
	size_t at;
} switches[] = {
	{ 'd', offsetof(struct request, defaults) },
	{ 'f', offsetof(struct request, fold) },
	{ 'h', offsetof(struct request, no_names) },
	{ 'H', offsetof(struct request, no_values) },
	{ 'M', offsetof(struct request, master) },
	{ 'n', offsetof(struct request, set_only) },
	{ 'p', offsetof(struct request, show) },
	{ 'v', offsetof(struct request, verbose) },
	{ 'x', offsetof(struct request, expand) },
};

static const struct {
	char letter;
	enum what what;
} actions[] = { { 'e', EDIT }, { 'X', REMOVE }, { '#', COMMENT_OUT } };

static bool
simple_option(struct request *r, int letter)
{
	for (size_t i = 0; i < NITEMS(switches); i++)
		if (switches[i].letter == letter)
			return *(bool *)((char *)r + switches[i].at) = true;
	for (size_t i = 0; i < NITEMS(actions); i++) {
		if (actions[i].letter == letter) {
			set_what(r, actions[i].what);
			return true;
		}
	}
	return false;
}

static void
option(struct request *r, int letter, const char *value)
{
	switch (letter) {
	case 'c':
		r->dir = value;
		r->dir_given = true;
		break;
	case 'C':
		add_classes(r, value);
		break;
	case 'o':
		r->overrides[r->noverrides++] = value;
		break;
	case 'l':
		finish(show_locks());
	case 'm':
		finish(show_tables(stdout));
	case OPTION_HELP:
		fputs(usage, stdout);
		finish(0);
	case OPTION_MAN:
		finish(manual(value, stdout));
	default:
		fputs(usage, stderr);
		exit(1);
	}
}

static void
parse(struct request *r, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, OPTION_HELP },
		{ "man", required_argument, NULL, OPTION_MAN },
		{ 0 },
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "+c:C:defhHlmMno:pvxX#", longs, NULL)) != -1)
		if (!simple_option(r, letter))
			option(r, letter, optarg);
	r->args = argv + optind;
	r->nargs = (size_t)(argc - optind);
	if (r->what == SHOW && r->nargs > 0 && strchr(r->args[0], '=') != NULL)
		r->what = EDIT;
	if (r->classes == 0)
		r->classes = CLASS_ALL;
}

static void
check(const struct request *r)
{
	if (r->defaults && r->set_only)
		log_fatal(1, "specify one of -d and -n");
	if (r->no_names && r->no_values)
		log_fatal(1, "specify one of -h and -H");
	if (r->what != SHOW &&
	    (r->defaults || r->set_only || r->no_names || r->no_values || r->expand || r->noverrides))
		log_fatal(1, "-d, -h, -H, -n, -o and -x are for showing, not for changing");
	if (r->what != SHOW && r->nargs == 0)
		log_fatal(1, r->what == EDIT ? "-e wants name=value" : "-X and -# want the name of what they change");
	if (r->master && (r->defaults || r->set_only || r->no_names || r->no_values))
		log_fatal(1, "-d, -h, -H and -n are not for services");
}

int
main(int argc, char **argv)
{
	const char *dir = getenv("MAIL_CONFIG");
	int status;
	struct arena mem = ARENA(REQUEST_MEMORY);
	struct request r = { .mem = &mem, .dir = dir != NULL ? dir : DEF_CONFIG_DIR, .dir_given = dir != NULL };

	log_open("postfix", "postconf", log_to_stderr);
	defaults_register();
	r.overrides = mem_zero((size_t)argc, sizeof(*r.overrides));
	parse(&r, argc, argv);
	check(&r);
	if (r.what == SHOW)
		status = r.master ? show_master(&r) : show_main(&r);
	else
		status = r.master ? edit_master(&r) : edit_main(&r);
	free(r.overrides);
	arena_free(&mem);
	finish(status);
}
