/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regexp:/file, regexp:{ {/pattern/ result} ... } - POSIX regular expressions, by the C library.
 *
 * The C library has no limit for the time of a match; pcre has one, and is
 * faster.  What its compiler could not survive is refused before (see
 * regexp_bounds.h), and the table with it; where a match could take for ever,
 * longer keys are a temporary error.
 */
#include "lib/table/pattern_rules.h"
#include "lib/table/regexp_bounds.h"
#include "lib/table/types.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

static unsigned
regexp_flag(char letter)
{
	return letter == 'i' ? REG_ICASE : letter == 'm' ? REG_NEWLINE : letter == 'x' ? REG_EXTENDED : 0;
}

static bool
regexp_compile(const char *pattern, unsigned flags, struct compiled *out, bool *refused, struct buf *err)
{
	bool extended = flags & REG_EXTENDED;
	const char *why = regexp_longest_key(pattern, extended) == 0 ? "references to groups among many repetitions"
								     : regexp_too_large(pattern, extended);
	char words[256];
	regex_t *re;
	int error;

	if (why != NULL) {
		buf_fmt(err, "the expression has %s; split it, or make it a pcre: table", why);
		*refused = true;
		return false;
	}
	re = mem_zero(1, sizeof(*re));
	if ((error = regcomp(re, pattern, (int)flags)) != 0) {
		regerror(error, re, words, sizeof(words));
		buf_fmt(err, "%s: skipping this rule", words);
		free(re);
		return false;
	}
	*out = (struct compiled){ .code = re,
		.groups = re->re_nsub,
		.longest = regexp_longest_key(pattern, extended),
		.required = regexp_required(pattern, extended) };
	return true;
}

static void
regexp_discard(void *code)
{
	if (code != NULL)
		regfree(code);
	free(code);
}

static void *
regexp_begin(size_t groups)
{
	(void)groups;
	return NULL;
}

static void
regexp_end(void *work)
{
	(void)work;
}

static enum hit
regexp_match(
    void *work, const struct compiled *c, const char *key, size_t len, struct group *groups, size_t n, const char **why)
{
	regmatch_t at[PATTERN_RULES_GROUPS];
	/* The place of the whole match costs as much as those of groups: it is not asked for alone. */
	int found;

	(void)work;
	if (len > c->longest) {
		*why =
		    "the expression refers to its groups, which could take too long for a key of this length; make it a "
		    "pcre: table";
		return HIT_ERROR;
	}
	found = regexec(c->code, key, n > 1 ? n : 0, n > 1 ? at : NULL, 0);
	if (found == REG_NOMATCH)
		return HIT_NO;
	if (found != 0) {
		*why = found == REG_ESPACE ? "the expression needs too much memory for this key"
					   : "the C library could not match this key";
		return HIT_ERROR;
	}
	for (size_t i = 1; i < n; i++)
		groups[i] = (struct group){ at[i].rm_so, at[i].rm_so < 0 ? at[i].rm_so : at[i].rm_eo };
	return HIT_YES;
}

static const struct engine engine = {
	.name = "regexp",
	.flag = regexp_flag,
	.flags = REG_ICASE | REG_EXTENDED,
	.compile = regexp_compile,
	.discard = regexp_discard,
	.begin = regexp_begin,
	.end = regexp_end,
	.match = regexp_match,
};

static void *
regexp_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	return pattern_rules_open(&engine, name, flags, env, err);
}

static enum table_result
regexp_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	return pattern_rules_get(handle, key, mem, value, why);
}

static bool
regexp_where(void *handle, const char *key, const char **file, int *line)
{
	return pattern_rules_where(handle, key, file, line);
}

static bool
regexp_changed(void *handle)
{
	return pattern_rules_changed(handle);
}

static void
regexp_close(void *handle)
{
	struct pattern_rules *r = handle;

	pattern_rules_free(&r);
}

const struct table_type table_regexp = {
	.name = "regexp",
	.about = "POSIX regular expressions, in a text file",
	.patterns = true,
	.open = regexp_open,
	.get = regexp_get,
	.where = regexp_where,
	.changed = regexp_changed,
	.close = regexp_close,
};
