/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcre:/file, pcre:{ {/pattern/ result} ... } - Perl-compatible regular expressions, by PCRE2 with its JIT.
 *
 * The library is loaded when the first such table is opened, so that who has
 * none pays nothing at start: postdrop starts anew for each message.  Shared
 * between threads from then on.
 *
 * Where the JIT may not run (no writable and executable memory), or a key
 * needs more stack than it has, the interpreter matches.  A match that takes
 * too many steps or too much memory is an error, not "no match".
 */
#include "lib/base/config.h"

#ifdef HAVE_LIBPCRE2

#	define PCRE2_CODE_UNIT_WIDTH 8
#	include "lib/base/library.h"
#	include "lib/base/log.h"
#	include "lib/table/pattern_rules.h"
#	include "lib/table/types.h"

#	include <pcre2.h>
#	include <pthread.h>
#	include <stddef.h>
#	include <stdlib.h>
#	include <string.h>

enum { MATCH_STEPS = 100000, HEAP_KIB = 20000 };
/* Of the first PCRE; what it asked for holds without it.  A bit that PCRE2 has no use for. */
enum { FLAG_EXTRA = 0x08000000 };

struct work {
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

static struct calls {
	__typeof__(&pcre2_compile) compile;
	__typeof__(&pcre2_jit_compile) jit_compile;
	__typeof__(&pcre2_code_free) code_free;
	__typeof__(&pcre2_pattern_info) pattern_info;
	__typeof__(&pcre2_get_error_message) get_error_message;
	__typeof__(&pcre2_match) match;
	__typeof__(&pcre2_match_data_create) match_data_create;
	__typeof__(&pcre2_match_data_free) match_data_free;
	__typeof__(&pcre2_match_context_create) match_context_create;
	__typeof__(&pcre2_match_context_free) match_context_free;
	__typeof__(&pcre2_set_match_limit) set_match_limit;
	__typeof__(&pcre2_set_heap_limit) set_heap_limit;
	__typeof__(&pcre2_get_ovector_pointer) get_ovector_pointer;
} pcre2;
static const struct library_call functions[] = {
	{ "pcre2_compile_8", offsetof(struct calls, compile) },
	{ "pcre2_jit_compile_8", offsetof(struct calls, jit_compile) },
	{ "pcre2_code_free_8", offsetof(struct calls, code_free) },
	{ "pcre2_pattern_info_8", offsetof(struct calls, pattern_info) },
	{ "pcre2_get_error_message_8", offsetof(struct calls, get_error_message) },
	{ "pcre2_match_8", offsetof(struct calls, match) },
	{ "pcre2_match_data_create_8", offsetof(struct calls, match_data_create) },
	{ "pcre2_match_data_free_8", offsetof(struct calls, match_data_free) },
	{ "pcre2_match_context_create_8", offsetof(struct calls, match_context_create) },
	{ "pcre2_match_context_free_8", offsetof(struct calls, match_context_free) },
	{ "pcre2_set_match_limit_8", offsetof(struct calls, set_match_limit) },
	{ "pcre2_set_heap_limit_8", offsetof(struct calls, set_heap_limit) },
	{ "pcre2_get_ovector_pointer_8", offsetof(struct calls, get_ovector_pointer) },
};
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char trouble[LIBRARY_WHY];

static void
load(void)
{
	static const char *const files[] = { "libpcre2-8.so.0", NULL };

	if (library_load(files, functions, NITEMS(functions), &pcre2, trouble))
		trouble[0] = '\0';
}

static unsigned
pcre_flag(char letter)
{
	switch (letter) {
	case 'i':
		return PCRE2_CASELESS;
	case 'm':
		return PCRE2_MULTILINE;
	case 's':
		return PCRE2_DOTALL;
	case 'x':
		return PCRE2_EXTENDED;
	case 'A':
		return PCRE2_ANCHORED;
	case 'E':
		return PCRE2_DOLLAR_ENDONLY;
	case 'U':
		return PCRE2_UNGREEDY;
	case 'X':
		return FLAG_EXTRA;
	default:
		return 0;
	}
}

static void
look_into(pcre2_code *code, struct compiled *out)
{
	uint32_t groups = 0, shortest = 0, type = 0, byte = 0, options = 0;

	pcre2.pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
	pcre2.pattern_info(code, PCRE2_INFO_MINLENGTH, &shortest);
	out->code = code;
	out->groups = groups;
	out->shortest = shortest;
	/* With UTF a letter may have more than two cases, not all of them one byte. */
	if (pcre2.pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options) != 0 || (options & PCRE2_UTF))
		return;
	if (pcre2.pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &type) == 0 && type == 1 &&
	    pcre2.pattern_info(code, PCRE2_INFO_FIRSTCODEUNIT, &byte) == 0)
		byte_set_add(&out->required, (unsigned char)byte);
	if (pcre2.pattern_info(code, PCRE2_INFO_LASTCODETYPE, &type) == 0 && type == 1 &&
	    pcre2.pattern_info(code, PCRE2_INFO_LASTCODEUNIT, &byte) == 0)
		byte_set_add(&out->required, (unsigned char)byte);
}

static bool
pcre_compile(const char *pattern, unsigned flags, struct compiled *out, bool *refused, struct buf *err)
{
	PCRE2_UCHAR words[256];
	PCRE2_SIZE offset;
	pcre2_code *code;
	int error;

	(void)refused;
	code = pcre2.compile(
	    (PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, flags & ~(unsigned)FLAG_EXTRA, &error, &offset, NULL);
	if (code == NULL) {
		pcre2.get_error_message(error, words, sizeof(words));
		buf_fmt(
		    err, "error in regex at offset %zu: %s: skipping this rule", (size_t)offset, (const char *)words);
		return false;
	}
	pcre2.jit_compile(code, PCRE2_JIT_COMPLETE); /* or the interpreter does it */
	look_into(code, out);
	return true;
}

static void
pcre_discard(void *code)
{
	pcre2.code_free(code);
}

static void *
pcre_begin(size_t groups)
{
	struct work *w = mem_alloc(sizeof(*w));

	w->data = pcre2.match_data_create((uint32_t)groups + 1, NULL);
	w->limits = pcre2.match_context_create(NULL);
	if (w->data == NULL || w->limits == NULL)
		log_fatal(EX_OSERR_MEMORY, "out of memory");
	pcre2.set_match_limit(w->limits, MATCH_STEPS);
	pcre2.set_heap_limit(w->limits, HEAP_KIB);
	return w;
}

static void
pcre_end(void *work)
{
	struct work *w = work;

	pcre2.match_data_free(w->data);
	pcre2.match_context_free(w->limits);
	free(w);
}

static const char *
error_text(int error)
{
	switch (error) {
	case PCRE2_ERROR_MATCHLIMIT:
		return "match limit exceeded: the pattern needs too many steps for this key";
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
	case PCRE2_ERROR_JIT_STACKLIMIT:
		return "the pattern needs too much memory for this key";
	default:
		return "PCRE2 could not match this key";
	}
}

static enum hit
pcre_match(
    void *work, const struct compiled *c, const char *key, size_t len, struct group *groups, size_t n, const char **why)
{
	struct work *w = work;
	PCRE2_SIZE *at = pcre2.get_ovector_pointer(w->data);
	int found = pcre2.match(c->code, (PCRE2_SPTR)key, len, 0, 0, w->data, w->limits);

	if (found == PCRE2_ERROR_JIT_STACKLIMIT)
		found = pcre2.match(c->code, (PCRE2_SPTR)key, len, 0, PCRE2_NO_JIT, w->data, w->limits);
	if (found == PCRE2_ERROR_NOMATCH)
		return HIT_NO;
	if (found < 0) {
		*why = error_text(found);
		return HIT_ERROR;
	}
	for (size_t i = 0; i < n; i++) {
		bool took_part =
		    (found == 0 || i < (size_t)found) && at[2 * i] != PCRE2_UNSET && at[2 * i] <= at[2 * i + 1];

		groups[i] =
		    took_part ? (struct group){ (long)at[2 * i], (long)at[2 * i + 1] } : (struct group){ -1, -1 };
	}
	return HIT_YES;
}

static const struct engine engine = {
	.name = "pcre",
	.flag = pcre_flag,
	.flags = PCRE2_CASELESS | PCRE2_DOTALL,
	.compile = pcre_compile,
	.discard = pcre_discard,
	.begin = pcre_begin,
	.end = pcre_end,
	.match = pcre_match,
};

static void *
pcre_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	pthread_once(&once, load);
	if (trouble[0] != '\0') {
		buf_fmt(err, "pcre:%.200s: %s (Debian: apt install libpcre2-8-0)", name, trouble);
		return NULL;
	}
	return pattern_rules_open(&engine, name, flags, env, err);
}

static enum table_result
pcre_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	return pattern_rules_get(handle, key, mem, value, why);
}

static bool
pcre_where(void *handle, const char *key, const char **file, int *line)
{
	return pattern_rules_where(handle, key, file, line);
}

static bool
pcre_changed(void *handle)
{
	return pattern_rules_changed(handle);
}

static void
pcre_close(void *handle)
{
	struct pattern_rules *r = handle;

	pattern_rules_free(&r);
}

const struct table_type table_pcre = {
	.name = "pcre",
	.about = "Perl-compatible regular expressions, in a text file",
	.patterns = true,
	.open = pcre_open,
	.get = pcre_get,
	.where = pcre_where,
	.changed = pcre_changed,
	.close = pcre_close,
};

#endif
