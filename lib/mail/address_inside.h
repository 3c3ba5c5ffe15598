/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address_inside - the words of an address, for the files of address alone.
 *
 * White space, line breaks and comments (nested to any depth, counted) stand
 * between words and are skipped.  A word that is none (BAD) is one byte that
 * has no place outside quotes, or a quote, comment or literal without end,
 * which takes all the rest.
 */
#ifndef MAIL_ADDRESS_INSIDE_H
#define MAIL_ADDRESS_INSIDE_H

#include "lib/mail/address.h"

enum word_kind { WORD_END, WORD_BAD, WORD_ATOM, WORD_QUOTED, WORD_LITERAL, WORD_SIGN /* one of @ . , ; : < > */ };

struct word {
	enum word_kind kind;
	char sign;
	bool spaced;   /* something was skipped before it */
	const char *s; /* where it stands */
	size_t len;    /* with its quotes or brackets */
};
/* The word at s, which ends with a NUL; the next one is at w->s + w->len. */
void word_at(const char *s, struct word *);
void word_next(struct word *);
bool word_is(const struct word *, char sign);

/* A byte that an atom may have: RFC 5322 atext, and bytes above 127. */
bool address_atext(char);
bool address_utf8_ok(const char *);

/*
 * local ["@" domain] from the word w on; w moves to the first word that does
 * not belong to it, and *end behind the last one that does.  rules: below.
 */
enum { SPEC_STRICT = 1 /* RFC 5321: nothing skipped, no empty label */, SPEC_UTF8 = 2, SPEC_ONE_LINE = 4 };
bool address_spec(struct word *w, unsigned rules, struct arena *, const char **address, const char **end);

/* "@a,@b:" before an address; w moves behind it.  True also when there is none. */
bool address_route(struct word *w, unsigned rules);

#endif
