/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template - what notifications say to people: the texts that are built in, and those of a file, as bounce(5)
 * describes it.
 *
 *	struct templates all;
 *
 *	templates_load(cf, &mem, &all, &problems);
 *	template_expand(&all.of[TEMPLATE_FAILURE], &(struct template_values){ .cf = cf }, &text, NULL, &err)
 *
 * The built-in texts are one text in the form of such a file, read by the same parser.  A template that has a
 * mistake is left out, with a warning, and the one before it stays; a file that has no form is an error.
 * Strings are the arena's.  Warnings are lines, each "path, line N: what is wrong".
 */
#ifndef MAIL_TEMPLATE_H
#define MAIL_TEMPLATE_H

#include "lib/base/mem.h"
#include "lib/conf/conf.h"

enum template_kind { TEMPLATE_FAILURE, TEMPLATE_DELAY, TEMPLATE_SUCCESS, TEMPLATE_VERIFY, TEMPLATES };
enum template_header { TEMPLATE_CHARSET, TEMPLATE_FROM, TEMPLATE_SUBJECT, TEMPLATE_POSTMASTER, TEMPLATE_HEADERS };
/* Bytes of a file; of a text, before and after names are replaced; what an arena must have room for. */
enum { TEMPLATE_FILE = 1 << 20, TEMPLATE_TEXT = 64 << 10, TEMPLATE_EXPANDED = 256 << 10, TEMPLATE_MEMORY = 8 << 20 };

extern const char *const template_names[TEMPLATES];		  /* "failure", without "_template" */
extern const char *const template_header_names[TEMPLATE_HEADERS]; /* "Charset" */

struct template
{
	const char *path; /* "[built-in]" */
	int line;	  /* where it begins */
	const char *name;
	const char *headers[TEMPLATE_HEADERS]; /* printable ASCII; NULL: POSTMASTER where no copy is sent */
	const char *text; /* lines that end in '\n'; not expanded; ASCII if the charset is us-ascii */
};
struct templates {
	struct template of[TEMPLATES];
};

void templates_builtin(struct arena *, struct templates *out);

/* Replaces those that the bytes have.  False: *err is "path, line N: ...", and *all is as it was. */
bool templates_parse(const char *path, const struct buf *bytes, struct arena *, struct templates *all,
    struct buf *warnings, struct buf *err);
bool templates_read(const char *path, struct arena *, struct templates *all, struct buf *warnings, struct buf *err);

/* Whose values the names in a text have; a host name that is not NULL is said instead of the parameter's. */
struct template_values {
	const struct conf *cf;
	const char *myhostname, *mydomain;
};
/*
 * The text with $name replaced; *warnings (may be NULL) hears of times in a unit that does not suit them.  False:
 * *err is what is wrong with the text, *out is of no use.
 */
bool template_expand(
    const struct template *, const struct template_values *, struct buf *out, struct buf *warnings, struct buf *err);

/*
 * What is said by this configuration: the built-in texts, and in their place those of bounce_template_file that can
 * be used.  What cannot is a line of *problems, and costs nobody a notification.
 */
void templates_load(const struct conf *, struct arena *, struct templates *out, struct buf *problems);

#endif
