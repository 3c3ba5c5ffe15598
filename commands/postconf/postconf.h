/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postconf - what the command line asks for, and the functions that do it.
 *
 * Each returns the exit status.  Usage trouble and files that cannot be read
 * end the program with a message and status 1, as Postfix's postconf does.
 */
#ifndef POSTCONF_POSTCONF_H
#define POSTCONF_POSTCONF_H

#include "lib/base/json.h"
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
	char mode;     /* the letter of -p, which is the default, of -M, -F, -P, or of a list that is asked for */
	bool defaults; /* -d */
	bool set_only; /* -n */
	bool no_names, no_values, fold, expand;
	bool quiet;	   /* -q: no word about what is probably a mistake */
	bool verbose;	   /* adds nothing */
	struct json *json; /* -j: what is shown goes there; NULL: as text */
	const char *tls;   /* -T */
	unsigned classes;
	const char **overrides;
	size_t noverrides;
	char **args;
	size_t nargs;
	struct arena *mem; /* strings for the program's life */
};

int show_main(const struct request *);
int show_services(const struct request *);
int show_fields(const struct request *);
int show_overrides(const struct request *);
int show_templates(const struct request *);
int show_tls(const struct request *);
int edit_main(const struct request *);
int edit_services(const struct request *);
int edit_parts(const struct request *); /* fields and overrides */
int manual(const char *program, FILE *out);

/* -a, -A, -l, -m */
int list_server_sasl(const struct request *);
int list_client_sasl(const struct request *);
int list_locks(const struct request *);
int list_tables(const struct request *);

/* The names of all parameters in the classes, sorted.  free() the array; its strings are the
 * request's. */
const char **names_all(const struct conf *, const struct mastercf *, const struct request *, size_t *n);

/*
 * Is a name that is to be set one at all?  It is, when it is known, when a value in main.cf, in
 * master.cf or among those to be set makes use of it, and when main.cf has it already.
 */
struct known;
struct known *known_begin(const struct request *);
void known_value(struct known *, const char *name, const char *value); /* is going to be set */
void known_name(struct known *, const char *name, const char *shown);  /* shown: as asked for; ends the program */
void known_end(struct known **);

#endif
