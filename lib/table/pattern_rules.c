/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/pattern_rules.h"

#include "lib/base/text.h"
#include "lib/table/result.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEEP_MAX = 1000 };

struct rule {
	bool negated, is_if;
	int line;
	size_t end; /* of an if: the rule after its endif */
	struct compiled pattern;
	struct result result;
};
struct pattern_rules {
	const struct engine *engine;
	struct ruletext source;
	struct rule *list;
	size_t n, room;
	size_t groups; /* the most that a result names */
	bool substitute;
	size_t open[DEEP_MAX], nopen; /* the ifs that wait for their endif */
};

/* ---- which bytes ---- */

void
byte_set_add(struct byte_set *s, unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		c |= 32;
	s->bits[c / 64] |= 1ull << (c % 64);
}

struct byte_set
byte_set_of(const char *text, size_t n)
{
	struct byte_set s = { 0 };

	for (size_t i = 0; i < n; i++)
		byte_set_add(&s, (unsigned char)text[i]);
	return s;
}

static bool
has_all(const struct byte_set *has, const struct byte_set *wanted)
{
	uint64_t missing = 0;

	for (size_t i = 0; i < NITEMS(has->bits); i++)
		missing |= wanted->bits[i] & ~has->bits[i];
	return missing == 0;
}

/* ---- reading ---- */

/* The closing delimiter: a backslash takes the character behind it along. */
static char *
pattern_end(char *at, char delimiter)
{
	for (; *at != '\0' && *at != delimiter; at++)
		if (*at == '\\' && at[1] != '\0')
			at++;
	return *at != '\0' ? at : NULL;
}

/*
 * "/pattern/flags" compiled; *rest is what follows.  False: the rule is left
 * out, err says why; or *refused, and the table with it.
 */
static bool
read_pattern(struct pattern_rules *r, char *at, struct compiled *out, char **rest, bool *refused, struct buf *err)
{
	unsigned flags = r->engine->flags, bit;
	char *end;

	if (*at == '\0') {
		buf_puts(err, "no regexp: skipping this rule");
		return false;
	}
	if ((end = pattern_end(at + 1, *at)) == NULL) {
		buf_fmt(err, "no closing regexp delimiter \"%c\": skipping this rule", *at);
		return false;
	}
	*end++ = '\0';
	for (; *end != '\0' && strchr(" \t\r\n\v\f", *end) == NULL; end++) {
		if ((bit = r->engine->flag(*end)) == 0) {
			buf_fmt(err, "unknown regexp option \"%c\": skipping this rule", *end);
			return false;
		}
		flags ^= bit;
	}
	*rest = text_trim(end);
	return r->engine->compile(at + 1, flags, out, refused, err);
}

static void
add_rule(struct pattern_rules *r, const struct rule *rule)
{
	if (r->n == r->room)
		r->list = mem_grow(r->list, r->room = r->room ? r->room * 2 : 64, sizeof(*rule));
	r->list[r->n++] = *rule;
	if (rule->result.last > r->groups)
		r->groups = rule->result.last;
}

static void
read_if(struct pattern_rules *r, char *at, bool *refused, struct buf *err)
{
	struct rule rule = { .is_if = true, .line = r->source.line };
	char *rest;

	at = ruletext_negation(at, &rule.negated);
	if (r->nopen == DEEP_MAX) {
		buf_fmt(err, "more than %d ifs in each other: skipping this rule", DEEP_MAX);
	} else if (read_pattern(r, at, &rule.pattern, &rest, refused, err)) {
		if (*rest != '\0')
			ruletext_warn(
			    &r->source, rule.line, "ignoring extra text after IF statement: \"%.100s\"", rest);
		r->open[r->nopen++] = r->n;
		add_rule(r, &rule);
	}
}

static void
read_endif(struct pattern_rules *r, const char *at)
{
	if (*(at += strspn(at, " \t")) != '\0')
		ruletext_warn(&r->source, r->source.line, "ignoring extra text after ENDIF: \"%.100s\"", at);
	if (r->nopen == 0)
		ruletext_warn(&r->source, r->source.line, "ignoring ENDIF without matching IF");
	else
		r->list[r->open[--r->nopen]].end = r->n;
}

static bool
result_fits(const struct pattern_rules *r, const struct rule *rule, struct buf *err)
{
	if (rule->result.last == 0)
		return true;
	if (!r->substitute)
		buf_puts(err, "$number is not allowed in results of this table: skipping this rule");
	else if (rule->negated)
		buf_puts(err, "$number found in negative match replacement text: skipping this rule");
	else if (rule->result.last > rule->pattern.groups)
		buf_fmt(err, "out of range replacement index \"%zu\": skipping this rule", rule->result.last);
	return err->len == 0;
}

static void
read_rule(struct pattern_rules *r, char *at, bool *refused, struct buf *err)
{
	struct rule rule = { .line = r->source.line };
	struct buf why = BUF(200);
	char *rest;

	at = ruletext_negation(at, &rule.negated);
	if (!read_pattern(r, at, &rule.pattern, &rest, refused, err))
		return;
	if (*rest == '\0')
		ruletext_warn(&r->source, rule.line, "no replacement text: using empty string");
	if (!result_parse(&rule.result, rest, &why))
		buf_fmt(err, "bad replacement syntax: %s: skipping this rule", buf_str(&why));
	if (err->len == 0 && result_fits(r, &rule, err)) {
		add_rule(r, &rule);
	} else {
		r->engine->discard(rule.pattern.code);
		result_free(&rule.result);
	}
	buf_free(&why);
}

/* False: the table is not to be used. */
static bool
read_line(struct pattern_rules *r, char *line, struct buf *err)
{
	struct buf why = BUF(1000);
	bool refused = false;

	if (ruletext_is_word(line, "if"))
		read_if(r, line + strlen("if"), &refused, &why);
	else if (ruletext_is_word(line, "endif"))
		read_endif(r, line + strlen("endif"));
	else if (isalnum((unsigned char)*line))
		ruletext_warn(&r->source, r->source.line, "ignoring unrecognized request");
	else
		read_rule(r, line, &refused, &why);
	if (refused)
		buf_fmt(err, "%s map %s, line %d: %s", r->engine->name, r->source.name, r->source.line, buf_str(&why));
	else if (why.len > 0)
		ruletext_warn(&r->source, r->source.line, "%s", buf_str(&why));
	buf_free(&why);
	return !refused;
}

struct pattern_rules *
pattern_rules_open(
    const struct engine *engine, const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct pattern_rules *r = mem_zero(1, sizeof(*r));
	char *line;
	bool ok = true;

	r->engine = engine;
	r->substitute = flags & TABLE_REGEXP_OK;
	if (!ruletext_open(&r->source, engine->name, name, env, err)) {
		free(r);
		return NULL;
	}
	while (ok && (line = ruletext_line(&r->source)) != NULL)
		ok = read_line(r, line, err);
	while (r->nopen > 0) {
		struct rule *rule = &r->list[r->open[--r->nopen]];

		rule->end = r->n;
		if (ok)
			ruletext_warn(&r->source, rule->line, "IF has no matching ENDIF");
	}
	ruletext_done(&r->source);
	if (!ok)
		pattern_rules_free(&r);
	return r;
}

/* ---- asking ---- */

struct asking {
	const struct pattern_rules *r;
	const char *key;
	size_t len;
	struct byte_set has;
	struct group groups[PATTERN_RULES_GROUPS];
	void *work;
};

static enum hit
try_rule(struct asking *a, const struct rule *rule, const char **why)
{
	enum hit hit = HIT_NO;

	if (a->len >= rule->pattern.shortest && has_all(&a->has, &rule->pattern.required))
		hit =
		    a->r->engine->match(a->work, &rule->pattern, a->key, a->len, a->groups, rule->result.last + 1, why);
	if (hit == HIT_ERROR)
		return hit;
	return (hit == HIT_YES) != rule->negated ? HIT_YES : HIT_NO;
}

/* The first rule that the key comes under, and its groups. */
static enum table_result
find_rule(struct asking *a, const struct rule **out, struct verdict *why)
{
	const struct pattern_rules *r = a->r;
	const char *text = "";

	for (size_t i = 0; i < r->n; i++) {
		const struct rule *rule = &r->list[i];

		switch (try_rule(a, rule, &text)) {
		case HIT_ERROR:
			later(
			    why, "4.3.0", "%s map %s, line %d: %s", r->engine->name, r->source.name, rule->line, text);
			return TABLE_ERROR;
		case HIT_YES:
			if (rule->is_if)
				break;
			*out = rule;
			return TABLE_FOUND;
		case HIT_NO:
			if (rule->is_if)
				i = rule->end - 1;
			break;
		}
	}
	return TABLE_ABSENT;
}

static enum table_result
ask(struct asking *a, const struct rule **out, struct verdict *why)
{
	enum table_result result;

	a->len = strlen(a->key);
	a->has = byte_set_of(a->key, a->len);
	a->work = a->r->engine->begin(a->r->groups);
	result = find_rule(a, out, why);
	a->r->engine->end(a->work);
	return result;
}

enum table_result
pattern_rules_get(
    const struct pattern_rules *r, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	struct asking a = { .r = r, .key = key };
	const struct rule *rule;
	enum table_result result = ask(&a, &rule, why);

	if (result == TABLE_FOUND)
		*value = result_make(&rule->result, key, a.groups, mem);
	return result;
}

bool
pattern_rules_where(const struct pattern_rules *r, const char *key, const char **file, int *line)
{
	struct arena mem = ARENA(1 << 12);
	struct verdict why = VERDICT(&mem);
	struct asking a = { .r = r, .key = key };
	const struct rule *rule;
	bool found = r->source.path != NULL && ask(&a, &rule, &why) == TABLE_FOUND;

	if (found) {
		*file = r->source.path;
		*line = rule->line;
	}
	arena_free(&mem);
	return found;
}

bool
pattern_rules_changed(const struct pattern_rules *r)
{
	return ruletext_changed(&r->source);
}

void
pattern_rules_free(struct pattern_rules **rp)
{
	struct pattern_rules *r = *rp;

	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++) {
		r->engine->discard(r->list[i].pattern.code);
		result_free(&r->list[i].result);
	}
	free(r->list);
	ruletext_close(&r->source);
	free(r);
	*rp = NULL;
}
