/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern_rules - what regexp: and pcre: tables have in common: /pattern/flags result,
 * !/pattern/, if and endif, and $1 in results.
 *
 * An engine compiles a pattern and matches with it.  Rules are read once and
 * never change, so that any thread may ask; what a match needs is the asker's.
 *
 * A rule that cannot be understood is left out with a warning, as in Postfix.
 * A match that fails (a limit of the engine) is a temporary error: a rule that
 * cannot be judged must not read as one that does not match.
 */
#ifndef TABLE_PATTERN_RULES_H
#define TABLE_PATTERN_RULES_H

#include "lib/table/ruletext.h"
#include "lib/table/table.h"

#include <stdint.h>

enum { PATTERN_RULES_GROUPS = 100 }; /* $1 to $99 */

/* Bytes, by number. */
struct byte_set {
	uint64_t bits[4];
};
void byte_set_add(struct byte_set *, unsigned char);
/* Both letters of a pair stand for each other: what holds without regard to case holds with it. */
struct byte_set byte_set_of(const char *, size_t n);

struct compiled { /* one pattern */
	void *code;
	size_t groups;		  /* that it has */
	size_t shortest;	  /* no shorter key matches */
	size_t longest;		  /* for the engine's own use: longer keys take too long */
	struct byte_set required; /* each key that matches has these, in lower case */
};
struct group { /* a part of the key; start < 0: it took no part in the match */
	long start, end;
};
enum hit { HIT_NO, HIT_YES, HIT_ERROR };

struct engine {
	const char *name; /* "pcre" */
	/* The bit of a flag's letter; 0: there is no such flag. */
	unsigned (*flag)(char letter);
	unsigned flags; /* when none is written; a letter changes its own to the opposite */
	/* False: err; with *refused the table as a whole is not to be used. */
	bool (*compile)(const char *pattern, unsigned flags, struct compiled *out, bool *refused, struct buf *err);
	void (*discard)(void *code);
	/* What matches of one look-up share, for patterns of up to so many groups. */
	void *(*begin)(size_t groups);
	void (*end)(void *work);
	/* groups[1] to groups[n - 1] are filled.  HIT_ERROR: *why, in a static string. */
	enum hit (*match)(void *work, const struct compiled *, const char *key, size_t len, struct group *, size_t n,
	    const char **why);
};

struct pattern_rules;
/* NULL: err.  flags are those of table_open(): TABLE_REGEXP_OK lets results have $1. */
struct pattern_rules *
pattern_rules_open(const struct engine *, const char *name, unsigned flags, const struct table_env *, struct buf *err);
enum table_result pattern_rules_get(
    const struct pattern_rules *, const char *key, struct arena *, const char **value, struct verdict *why);
/* The file and line of the rule that a key comes under; false: none, or it is not in a file. */
bool pattern_rules_where(const struct pattern_rules *, const char *key, const char **file, int *line);
bool pattern_rules_changed(const struct pattern_rules *);
void pattern_rules_free(struct pattern_rules **);

#endif
