/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_inside - what the parts of a check share, each a file of one subject; nobody else includes it.
 *
 * A scope is a configuration as one service sees it.  The first is main.cf's
 * own; then comes one for each service of master.cf that runs here, with its
 * -o overrides.  What a service has from main.cf is told once, for main.cf.
 */
#ifndef SALLYPORT_CHECK_INSIDE_H
#define SALLYPORT_CHECK_INSIDE_H

#include "commands/sallyport/check.h"

#include "lib/conf/mastercf.h"
#include "lib/table/source.h"

struct scope {
	const struct conf *cf;
	const struct mastercf_service *service; /* NULL: main.cf */
	const struct conf *own;			/* to be freed; NULL: cf is main.cf's */
};

struct checking {
	const struct place *p;
	enum check_purpose purpose;
	struct findings *found;
	char *main_cf;		 /* its path */
	struct mastercf *master; /* NULL: it cannot be read, and that was told */
	struct scope *scopes;
	size_t nscopes; /* at least one */
	struct table_trial *trial;
	struct hash good_tables; /* by "type:name": they were opened already */
	struct hash told_tables; /* by "type:name at FILE:LINE": what is wrong with them was told */
	struct hash references;	 /* the services that somebody names; made by reference_is_used() */
};

/* check_scope.c */
void scopes_open(struct checking *);
void scopes_free(struct checking *);
/* Does this scope say something of its own about a parameter?  main.cf's does. */
bool scope_says(const struct scope *, const char *parameter);
/* The same for a word: main.cf where it says so itself, whatever default is behind it. */
bool scope_sets(const struct scope *, const char *parameter);
/* Where the value comes from: a line of main.cf or master.cf; main.cf itself for a default. */
struct spot scope_spot(const struct checking *, const struct scope *, const char *parameter);
/* The line of main.cf, or else of the parameter, that has the word in it: lists are built of other parameters. */
struct spot scope_word(const struct checking *, const struct scope *, const char *parameter, const char *word);
/* "submission: smtpd_tls_cert_file", or "smtpd_tls_cert_file" for main.cf; to be freed. */
char *scope_name(const struct scope *, const char *parameter);
struct spot service_spot(const struct checking *, const struct mastercf_service *);
/* Never NULL. */
const char *scope_text(const struct scope *, const char *parameter);
bool scope_is(const struct scope *, const char *parameter, const char *value);

/* The subjects. */
void check_files(struct checking *);	  /* folders, owners, accounts, the log */
void check_services(struct checking *);	  /* master.cf */
void check_transports(struct checking *); /* services that are named */
void check_settings(struct checking *);	  /* the lines of main.cf */
void check_values(struct checking *);	  /* what they say */
void check_readers(struct checking *);	  /* who reads the overrides of master.cf */
void check_conflicts(struct checking *);  /* values that do not go together */
void check_tables(struct checking *);
void check_restrictions(struct checking *); /* the words of the lists */
void check_relay(struct checking *);	    /* what the lists come to */
void check_tls(struct checking *);
void check_names(struct checking *); /* this host's name and addresses */

/* check_tables.c: one table that a parameter names, "type:name". */
void check_table(struct checking *, const struct scope *, const char *parameter, const char *spec);

/* check_source.c: the lines of a table's text that will not be read; shown: who names it. */
void check_source(struct checking *, const char *shown, const char *path, enum source_format);

#endif
