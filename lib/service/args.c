/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/args.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const types[] = { [SERVICE_INET] = "inet",
	[SERVICE_UNIX] = "unix",
	[SERVICE_PASS] = "pass",
	[SERVICE_FIFO] = "unix", /* a fifo is served as a socket */
	[SERVICE_DGRAM] = "unix-dgram" };

const char *
service_type_text(enum service_type type)
{
	return types[type];
}

static bool
parse_type(const char *text, enum service_type *out)
{
	for (size_t i = 0; i < NITEMS(types); i++)
		if (strcmp(types[i], text) == 0) {
			*out = (enum service_type)i;
			return true;
		}
	return false;
}

static bool
option(struct service_args *a, int letter, const char *value)
{
	long n = 0;

	switch (letter) {
	case 'n':
		a->name = value;
		return true;
	case 't':
		return parse_type(value, &a->type);
	case 's':
		return text_number(value, 1, SERVICE_SHARE_MOST, &a->share);
	case 'l':
		if (!text_number(value, 0, SERVICE_LISTENERS, &n))
			return false;
		a->listeners = (int)n;
		return true;
	case 'o':
		if (a->noverrides == SERVICE_OVERRIDES || strchr(value, '=') == NULL)
			return false;
		a->overrides[a->noverrides++] = value;
		return true;
	case 'u':
		return a->unprivileged = true;
	case 'c':
		return a->chroot = true;
	case 'f':
		return a->foreground = true;
	}
	return false;
}

/* -v and -D of master.cf are everybody's; what is left is the program's. */
static void
own_arguments(struct service_args *a, char **argv)
{
	for (;
	     *argv != NULL && argv[0][0] == '-' && argv[0][1] != '\0' && strspn(argv[0] + 1, "vD") + 1 == strlen(*argv);
	     argv++)
		if (strchr(*argv, 'v') != NULL)
			a->debug = true;
	a->own = (const char *const *)argv;
}

bool
service_args_parse(struct service_args *a, int argc, char **argv, struct buf *err)
{
	int letter;

	*a = (struct service_args){ .type = SERVICE_UNIX, .share = 1 };
	optind = 0;
	opterr = 0;
	while ((letter = getopt(argc, argv, "+n:t:s:l:o:ucf")) != -1) {
		if (letter == '?' || !option(a, letter, optarg)) {
			buf_fmt(err, "bad option -%c%s%s", letter == '?' ? optopt : letter,
			    letter != '?' && optarg != NULL ? " " : "", letter != '?' && optarg != NULL ? optarg : "");
			return false;
		}
	}
	if (a->name == NULL) {
		buf_puts(err, "no service name");
		return false;
	}
	own_arguments(a, argv + optind);
	return true;
}

struct list_of_args {
	char **v;
	size_t n;
};

static void
add(struct list_of_args *l, char *owned)
{
	l->v = mem_grow(l->v, l->n + 2, sizeof(*l->v));
	l->v[l->n++] = owned;
	l->v[l->n] = NULL;
}

static void
add_value(struct list_of_args *l, const char *flag, const char *value)
{
	add(l, mem_str(flag));
	add(l, mem_str(value));
}

static void
add_number(struct list_of_args *l, const char *flag, long value)
{
	add(l, mem_str(flag));
	add(l, mem_fmt("%ld", value));
}

char **
service_args_build(const struct service_args *a, const char *program)
{
	struct list_of_args l = { 0 };

	add(&l, mem_str(program));
	add_value(&l, "-n", a->name);
	add_value(&l, "-t", types[a->type]);
	add_number(&l, "-s", a->share);
	add_number(&l, "-l", a->listeners);
	if (a->unprivileged)
		add(&l, mem_str("-u"));
	if (a->chroot)
		add(&l, mem_str("-c"));
	if (a->foreground)
		add(&l, mem_str("-f"));
	for (size_t i = 0; i < a->noverrides; i++)
		add_value(&l, "-o", a->overrides[i]);
	add(&l, mem_str("--"));
	if (a->debug)
		add(&l, mem_str("-v"));
	for (size_t i = 0; a->own != NULL && a->own[i] != NULL; i++)
		add(&l, mem_str(a->own[i]));
	return l.v;
}

void
service_argv_free(char ***argv)
{
	for (size_t i = 0; *argv != NULL && (*argv)[i] != NULL; i++)
		free((*argv)[i]);
	free(*argv);
	*argv = NULL;
}
