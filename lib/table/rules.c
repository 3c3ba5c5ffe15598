/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules:/file - the first rule whose conditions all hold; its keys are what routing_maps asks: routing(5).
 *
 *	sender=sales.example client=192.0.2.0/24	smtp:[relay.example]:587
 *
 * The key is "sender=a@b recipient=c@d client=192.0.2.1 login=joe".  All rules
 * are read at start, so that a mistake is found then.
 */
#include "lib/base/text.h"
#include "lib/io/file.h"
#include "lib/net/addr.h"
#include "lib/table/rule_pattern.h"
#include "lib/table/types.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX = 16 << 20, RULES_MAX = 100000, KEY_MAX = 4096 };

static const struct {
	const char *name;
	enum rule_kind kind;
} fields[] = {
	{ "sender", RULE_ADDRESS },
	{ "recipient", RULE_ADDRESS },
	{ "client", RULE_CLIENT },
	{ "login", RULE_LOGIN },
};
enum { FIELDS = NITEMS(fields) };

struct rule {
	struct rule_pattern *patterns[FIELDS]; /* NULL: anything */
	char *value;
	int line;
};
struct rules {
	struct rule *rules;
	size_t n;
	char *path, *delimiters;
	struct stat seen;
};

static void
rules_close(void *handle)
{
	struct rules *t = handle;

	for (size_t i = 0; i < t->n; i++) {
		for (size_t f = 0; f < FIELDS; f++)
			rule_pattern_free(&t->rules[i].patterns[f]);
		free(t->rules[i].value);
	}
	free(t->rules);
	free(t->path);
	free(t->delimiters);
	free(t);
}

/* The field that "name=..." is about; FIELDS: none, so that it is a rule's value. */
static size_t
field_of(const char *word, size_t n)
{
	size_t f = 0;

	while (f < FIELDS && (strlen(fields[f].name) != n || strncmp(fields[f].name, word, n) != 0))
		f++;
	return f;
}

static bool
bad_rule(const struct rules *t, int line, const char *what, const char *word, struct buf *err)
{
	buf_fmt(err, "%s, line %d: %s: \"%.100s\"", t->path, line, what, word);
	return false;
}

/* Conditions, "*" for none, and the value behind them. */
static bool
add_rule(struct rules *t, char *text, int line, struct buf *err)
{
	struct rule *rule;
	bool some = false;
	size_t n, f;

	if (t->n >= RULES_MAX)
		return bad_rule(t, line, "too many rules", text, err);
	if ((t->n & (t->n - 1)) == 0)
		t->rules = mem_grow(t->rules, t->n ? 2 * t->n : 8, sizeof(*rule));
	rule = &t->rules[t->n++];
	*rule = (struct rule){ .line = line };
	for (; (n = strcspn(text, " \t\r\n")) > 0; text += n + strspn(text + n, " \t\r\n")) {
		const char *equal = memchr(text, '=', n);
		const char *wrong;
		char *pattern;

		if (n == 1 && *text == '*' && !some) {
			some = true;
			continue;
		}
		if (equal == NULL || (f = field_of(text, (size_t)(equal - text))) == FIELDS)
			break;
		some = true;
		if (rule->patterns[f] != NULL)
			return bad_rule(
			    t, line, "a field has two conditions; write them as one, apart by commas", text, err);
		pattern = mem_fmt("%.*s", (int)(text + n - equal - 1), equal + 1);
		rule->patterns[f] = rule_pattern_parse(fields[f].kind, pattern, &wrong);
		free(pattern);
		if (rule->patterns[f] == NULL)
			return bad_rule(t, line, wrong, text, err);
	}
	if (!some)
		return bad_rule(t, line, "expected sender=, recipient=, client=, login= or *", text, err);
	if (*(text = text_trim(text)) == '\0')
		return bad_rule(t, line, "expected transport:nexthop after the conditions", "", err);
	rule->value = mem_str(text);
	return true;
}

/* One logical line: those that start with white space belong to the one before; comments and empty lines to none. */
static bool
add_lines(struct rules *t, char *text, struct buf *err)
{
	struct buf logical = BUF(FILE_MAX);
	int number = 0, first = 0;
	bool ok = true;
	char *line;

	for (; ok && text != NULL; text = line) {
		const char *s;

		number++;
		if ((line = strchr(text, '\n')) != NULL)
			*line++ = '\0';
		s = text + strspn(text, " \t\r");
		if (*s == '\0' || *s == '#')
			continue;
		if (s == text) {
			ok = logical.len == 0 || add_rule(t, logical.s, first, err);
			buf_clear(&logical);
			first = number;
		} else if (logical.len == 0) {
			ok = bad_rule(t, number, "a line that starts with white space continues nothing", s, err);
		}
		buf_fmt(&logical, "%s%s", logical.len > 0 ? " " : "", s);
	}
	ok = ok && (logical.len == 0 || add_rule(t, logical.s, first, err));
	buf_free(&logical);
	return ok;
}

static void *
rules_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct rules *t = mem_zero(1, sizeof(*t));
	struct buf text = BUF(FILE_MAX);
	bool ok = false;

	(void)flags;
	t->path = mem_str(name);
	t->delimiters = mem_str(env->cf != NULL ? env->cf->recipient_delimiter : "");
	if (stat(name, &t->seen) < 0 || !file_read(AT_FDCWD, name, &text))
		buf_fmt(err, "open rules:%s: %s", name, errno == EFBIG ? "larger than 16 MB" : strerror(errno));
	else if (text.len > 0 && memchr(text.s, '\0', text.len) != NULL)
		buf_fmt(err, "open rules:%s: there is a NUL byte in it", name);
	else
		ok = text.len == 0 || add_lines(t, text.s, err);
	if (!ok) {
		rules_close(t);
		t = NULL;
	}
	buf_free(&text);
	return t;
}

/* The values of a key, by field; "" where it has none. */
static void
take_key(char *key, const char *values[FIELDS])
{
	char *word;

	for (size_t f = 0; f < FIELDS; f++)
		values[f] = "";
	while ((word = text_word(&key, " ")) != NULL) {
		size_t n = strcspn(word, "="), f = field_of(word, n);

		if (f < FIELDS && word[n] == '=')
			values[f] = word + n + 1;
	}
}

/* NULL: none of them, or the key is longer than any that could be asked for. */
static const struct rule *
find_rule(const struct rules *t, const char *key)
{
	const char *values[FIELDS];
	char copy[KEY_MAX];

	if (strlen(key) >= sizeof(copy))
		return NULL;
	memcpy(copy, key, strlen(key) + 1);
	text_lower(copy);
	take_key(copy, values);
	for (size_t i = 0; i < t->n; i++) {
		const struct rule *rule = &t->rules[i];
		size_t f = 0;

		while (f < FIELDS &&
		    (rule->patterns[f] == NULL || rule_pattern_match(rule->patterns[f], values[f], t->delimiters)))
			f++;
		if (f == FIELDS)
			return rule;
	}
	return NULL;
}

static enum table_result
rules_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	const struct rules *t = handle;
	const struct rule *rule;

	if (strlen(key) >= KEY_MAX) {
		later(why, "4.3.0", "rules:%s: the key is too long", t->path);
		return TABLE_ERROR;
	}
	if ((rule = find_rule(t, key)) == NULL)
		return TABLE_ABSENT;
	*value = arena_str(mem, rule->value);
	return TABLE_FOUND;
}

static bool
rules_where(void *handle, const char *key, const char **file, int *line)
{
	const struct rules *t = handle;
	const struct rule *rule = find_rule(t, key);

	if (rule == NULL)
		return false;
	*file = t->path;
	*line = rule->line;
	return true;
}

static bool
rules_changed(void *handle)
{
	const struct rules *t = handle;
	struct stat st;

	/* A file that is gone for a moment is being replaced: what was read stays good until it is back. */
	return stat(t->path, &st) == 0 &&
	    (st.st_ino != t->seen.st_ino || st.st_dev != t->seen.st_dev || st.st_size != t->seen.st_size ||
		st.st_mtim.tv_sec != t->seen.st_mtim.tv_sec || st.st_mtim.tv_nsec != t->seen.st_mtim.tv_nsec);
}

const struct table_type table_rules = {
	.name = "rules",
	.about = "conditions of sender, recipient, client and login",
	.patterns = true,
	.open = rules_open,
	.get = rules_get,
	.where = rules_where,
	.changed = rules_changed,
	.close = rules_close,
};
