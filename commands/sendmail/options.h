/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options - what sendmail was asked to do, in Sendmail's historical language.
 *
 *	struct options o;
 *	if (!options_parse(&o, argc, argv, &err))
 *		log_fatal(EX_USAGE, "%s", buf_str(&err));
 *
 * Pure but for getopt(3)'s own state.  Strings point into argv.
 */
#ifndef SENDMAIL_OPTIONS_H
#define SENDMAIL_OPTIONS_H

#include "lib/base/buf.h"

enum mode {
	MODE_SUBMIT,  /* -bm: a message from standard input */
	MODE_SMTP,    /* -bs */
	MODE_LIST,    /* -bp, mailq */
	MODE_ALIASES, /* -bi, -I, newaliases */
	MODE_FLUSH,   /* -q, -qI, -qR */
	MODE_DAEMON,  /* -bd, -bl: not ours */
	MODE_VERIFY,  /* -bv: not ours yet */
	MODE_HELP,
};

struct options {
	enum mode mode;
	const char *config;	 /* -C; NULL: not given */
	const char *sender;	 /* -f, -r; NULL: the user */
	const char *full_name;	 /* -F; NULL: the user's */
	const char *ret, *body;	 /* "FULL" "HDRS" "", "7BIT" "8BITMIME" "" */
	const char *envid;	 /* "" */
	const char *verp;	 /* -XV; NULL: none; "": the default delimiters */
	char notify[32];	 /* "NEVER", "SUCCESS,FAILURE", ... */
	bool from_header;	 /* -t */
	bool dots;		 /* -i: a lone dot ends nothing */
	bool gateway;		 /* -G */
	const char *flush_id;	 /* -qI */
	const char *flush_site;	 /* -qR */
	const char *aliases;	 /* -oA; NULL: alias_database */
	char *const *recipients; /* the rest of argv, NULL at its end */
};

/* argc may be 0.  False: *err says what is wrong. */
bool options_parse(struct options *, int argc, char **argv, struct buf *err);
extern const char options_usage[];

#endif
