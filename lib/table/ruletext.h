/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruletext - the text of a table that is read at start: a file, or rules in its place.
 *
 *	struct ruletext s;
 *	if (!ruletext_open(&s, "cidr", "/etc/postfix/client.cidr", env, err))	(or "{ {rule} {rule} }")
 *		return NULL;
 *	while ((line = ruletext_line(&s)) != NULL)
 *		if (!add_rule(line))
 *			ruletext_warn(&s, s.line, "bad address pattern: skipping this rule");
 *	ruletext_close(&s);
 *
 * A logical line starts with text; lines that start with white space belong to
 * it, also over empty lines and comments in between.  In its place each rule
 * stands in braces of its own and is one line.
 */
#ifndef TABLE_RULETEXT_H
#define TABLE_RULETEXT_H

#include "lib/table/table.h"

#include <sys/stat.h>

struct ruletext {
	const char *type; /* "cidr" */
	char *name;	  /* for messages: the file, or the text in braces, printable and not too long */
	char *path;	  /* NULL: not a file */
	struct stat seen;
	struct buf text;
	bool quiet; /* in a trial: warnings are not said */
	void (*complain)(void *ctx, const char *file, int line, const char *text); /* as table_env has it */
	void *ctx;
	char *cursor;
	int line; /* where the last logical line begins */
	int next; /* where the text goes on */
};

/* False: err. */
bool ruletext_open(struct ruletext *, const char *type, const char *name, const struct table_env *, struct buf *err);
char *ruletext_line(struct ruletext *); /* no white space around it; valid until ruletext_done() */
void ruletext_warn(const struct ruletext *, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Is the first word of line this one ("if", "endif"), in whatever case? */
bool ruletext_is_word(const char *line, const char *word);
char *ruletext_negation(char *at, bool *negated); /* what follows "!" and blanks; each ! turns *negated over */
void ruletext_done(struct ruletext *);		  /* the text is not needed any more; the rest stays for messages */
bool ruletext_changed(const struct ruletext *);
void ruletext_close(struct ruletext *);

#endif
