/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postconf - what the command line asks for, and the functions that do it.
 *
 * Each returns the exit status.  Usage trouble and files that cannot be read
 * end the program with a message and status 1, as Postfix's postconf does.
 */
#ifndef POSTCONF_POSTCONF_H
#define POSTCONF_POSTCONF_H

#include "lib/base/mem.h"
#include "lib/conf/conf.h"
#include "lib/conf/mastercf.h"

#include <stdio.h>

enum what { SHOW, EDIT, COMMENT_OUT, REMOVE };
enum { CLASS_BUILTIN = 1, CLASS_SERVICE = 2, CLASS_USER = 4, CLASS_ALL = 7 };

struct request {
	const char *dir;
	bool dir_given; /* by -c or MAIL_CONFIG */
	enum what what;
	bool master;   /* -M */
	bool defaults; /* -d */
	bool set_only; /* -n */
	bool no_names, no_values, fold, expand;
	bool show, verbose; /* -p is the default, -v adds nothing */
	unsigned classes;
	const char **overrides;
	size_t noverrides;
	char **args;
	size_t nargs;
	struct arena *mem; /* strings for the program's life */
};

int show_main(const struct request *);
int show_master(const struct request *);
int show_tables(FILE *);
int edit_main(const struct request *);
int edit_master(const struct request *);
int manual(const char *program, FILE *out);

/* The names of all parameters in the classes, sorted.  free() the array; its strings are the
 * request's. */
const char **names_all(const struct conf *, const struct mastercf *, const struct request *, size_t *n);

/* Unused, undefined and repeated names, told on stderr. */
void warn_undefined(const struct conf *);
void warn_unused(const struct conf *);
/* Parameters of Postfix's that are accepted and have no effect here. */
void warn_without_effect(const struct conf *);

#endif
