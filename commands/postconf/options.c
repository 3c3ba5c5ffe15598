/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/postconf/options.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_HELP = 256, OPTION_MAN };

#define SHOWING "aAbFlmMpPtT"

static const char usage[] =
    "usage: postconf [-dfhHjnpqvx] [-c config_dir] [-C class,...] [-o name=value] [parameter ...]\n"
    "       postconf [-epv] [-c config_dir] parameter=value ...\n"
    "       postconf -# | -X [-pv] [-c config_dir] parameter ...\n"
    "       postconf -M [-fjqvx] [-c config_dir] [-o name=value] [service[/type] ...]\n"
    "       postconf -M [-ev] [-c config_dir] service/type=line ...\n"
    "       postconf -M# | -MX [-v] [-c config_dir] service/type ...\n"
    "       postconf -F [-fhHjqvx] [-c config_dir] [-o name=value] [service[/type[/field]] ...]\n"
    "       postconf -F [-ev] [-c config_dir] service/type/field=value ...\n"
    "       postconf -P [-fhHjqvx] [-c config_dir] [-o name=value] [service[/type[/parameter]] ...]\n"
    "       postconf -P [-ev] [-c config_dir] service/type/parameter=value ...\n"
    "       postconf -PX [-v] [-c config_dir] service/type/parameter ...\n"
    "       postconf -b | -t [-v] [-c config_dir] [template_file]\n"
    "       postconf -T compile-version | run-version | public-key-algorithms [-v] [-c config_dir]\n"
    "       postconf -a | -A | -l | -m [-v] [-c config_dir]\n"
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
			log_fatal(1,
			    "unknown -C option value \"%s\" in \"%s\"; builtin, service, user or all is wanted", word,
			    list);
		r->classes |= classes[i].bit;
	}
	free(copy);
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
	{ 'n', offsetof(struct request, set_only) },
	{ 'q', offsetof(struct request, quiet) },
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
			r->what = actions[i].what;
			return true;
		}
	}
	if (letter >= OPTION_HELP || (letter != 'j' && strchr(SHOWING, letter) == NULL))
		return false;
	if (letter != 'j')
		r->mode = (char)letter;
	return true;
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
	case OPTION_HELP:
		fputs(usage, stdout);
		exit(fflush(stdout) != 0);
	case OPTION_MAN:
		exit(manual(value, stdout) != 0 || fflush(stdout) != 0);
	default:
		fputs(usage, stderr);
		exit(1);
	}
}

/* Of each row at most one letter: what cannot be had both. */
static const char *const exclusive[] = { SHOWING, "denX#", "do", "hH", "fj", "eX#f", "eX#h", "eX#H", "eX#o", "eX#x",
	"eX#j" };

/* What the thing that is shown or changed knows nothing of. */
static const struct {
	char mode;
	const char * not ;
} unknown[] = {
	{ 'a', "defhHjnoxX#" },
	{ 'A', "defhHjnoxX#" },
	{ 'b', "defhHjnoxX#" },
	{ 'F', "dnX#" },
	{ 'l', "defhHjnoxX#" },
	{ 'm', "defhHjnoxX#" },
	{ 'M', "dhHn" },
	{ 'P', "dn#" },
	{ 't', "defhHjnoxX#" },
	{ 'T', "defhHjnoxX#" },
};

static void
check_letters(const bool *given, char mode)
{
	for (size_t i = 0; i < NITEMS(exclusive); i++) {
		char first = '\0';

		for (const char *s = exclusive[i]; *s != '\0'; s++) {
			if (given[(unsigned char)*s] && first != '\0')
				log_fatal(1, "specify one of -%c -%c", first, *s);
			if (given[(unsigned char)*s])
				first = *s;
		}
	}
	for (size_t i = 0; i < NITEMS(unknown); i++)
		for (const char *s = unknown[i].not ; mode == unknown[i].mode && *s != '\0'; s++)
			if (given[(unsigned char)*s])
				log_fatal(1, "with option -%c, do not specify -%c", mode, *s);
}

static void
check_arguments(struct request *r, bool *given)
{
	if (strchr("FMpP", r->mode) != NULL && r->nargs > 0 && strchr(r->args[0], '=') != NULL && r->what != EDIT) {
		given['e'] = true;
		check_letters(given, r->mode);
		r->what = EDIT;
	}
	if (r->what != SHOW && r->nargs == 0)
		log_fatal(1, r->what == EDIT ? "-e requires name=value argument" : "missing service argument");
	if (strchr("aAlmT", r->mode) != NULL && r->nargs > 0)
		log_fatal(1, "%s: -%c takes no arguments", r->args[0], r->mode);
	if (strchr("bt", r->mode) != NULL && r->nargs > 1)
		log_fatal(1, "%s: -%c takes one template file", r->args[1], r->mode);
}

void
options_read(struct request *r, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, OPTION_HELP },
		{ "man", required_argument, NULL, OPTION_MAN },
		{ 0 },
	};
	bool given[256] = { false };
	int letter;

	r->mode = 'p';
	while ((letter = getopt_long(argc, argv, "+aAbc:C:deFfhHjlmMno:pPqtT:vxX#", longs, NULL)) != -1) {
		given[letter & 255] = given[letter & 255] || letter < 256;
		if (letter == 'T')
			r->tls = optarg;
		if (!simple_option(r, letter))
			option(r, letter, optarg);
	}
	r->args = argv + optind;
	r->nargs = (size_t)(argc - optind);
	check_letters(given, r->mode);
	check_arguments(r, given);
	if (!given['j'])
		r->json = NULL;
	if (r->classes == 0)
		r->classes = CLASS_ALL;
}
