/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words - a list of commands, as in smtpd_noop_commands and smtpd_forbidden_commands.
 *
 *	struct words *w = words_open("smtpd_forbidden_commands", "CONNECT GET regexp:{{/^[^A-Z]/ Bogus}}", &env, &err);
 *	if (words_has(w, "get"))
 *
 * Words match without regard to case.  A pattern regexp:{ {/expression/flags
 * text} ... } matches where its first fitting expression is; POSIX extended
 * expressions, case-insensitive unless flag i takes that back, "!" before the
 * slash negates.  Other type:table patterns are lookup tables.
 */
#ifndef SMTPD_WORDS_H
#define SMTPD_WORDS_H

#include "lib/table/table.h"

struct words;

/* NULL: *err names the parameter and what is wrong. */
struct words *words_open(const char *parameter, const char *list, const struct table_env *, struct buf *err);
bool words_has(const struct words *, const char *word, struct arena *);
void words_free(struct words **);

#endif
