/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words - a list of commands, as in smtpd_noop_commands and smtpd_forbidden_commands.
 *
 *	struct words *w = words_open("smtpd_forbidden_commands", "CONNECT GET regexp:{{/^[^A-Z]/ Bogus}}", &env, &err);
 *	switch (words_get(w, "get", mem)) {
 *
 * Words match without regard to case; type:table patterns are lookup tables.
 * One that fails is logged, and TABLE_ERROR: the command is to be tried again.
 */
#ifndef SMTPD_WORDS_H
#define SMTPD_WORDS_H

#include "lib/table/table.h"

struct words;

/* NULL: *err names the parameter and what is wrong. */
struct words *words_open(const char *parameter, const char *list, const struct table_env *, struct buf *err);
enum table_result words_get(const struct words *, const char *word, struct arena *);
void words_free(struct words **);

#endif
