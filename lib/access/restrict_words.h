/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restrict_words - a list of restrictions, word by word, for whoever looks for mistakes in one.
 *
 *	restrict_words(cf->smtpd_client_restrictions, cf->smtpd_restriction_classes, tell, &mine);
 *
 * restrict_open() stops at the first mistake, this one tells of each.  Pure: no table is opened.
 */
#ifndef ACCESS_RESTRICT_WORDS_H
#define ACCESS_RESTRICT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum restrict_kind {
	RESTRICT_KNOWN,
	RESTRICT_NOT_BUILT, /* Postfix has it, and this version has not: the answer is 451 */
	RESTRICT_CLASS,	    /* one of the classes */
	RESTRICT_UNKNOWN,
};
struct restrict_word {
	enum restrict_kind kind;
	const char *word;
	const char *nearest; /* of an unknown one; NULL: there is none */
	const char *table;   /* "type:name" that it has or is; NULL: none */
	bool lacks_table, lacks_argument;
};

/* classes: names apart by commas or blanks.  The strings are there while tell runs. */
void
restrict_words(const char *list, const char *classes, void (*tell)(void *ctx, const struct restrict_word *), void *ctx);

/* The parameters that are such lists, from 0; NULL: no more. */
const char *restrict_list_name(size_t i);

#endif
