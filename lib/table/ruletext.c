/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/ruletext.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/io/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_MAX = 256 << 20, NAME_SHOWN = 200 };

static const char white[] = " \t\r\n\v\f";

void
ruletext_warn(const struct ruletext *s, int line, const char *fmt, ...)
{
	struct buf words = BUF(2048);
	va_list ap;

	if (s->quiet)
		return;
	va_start(ap, fmt);
	buf_vfmt(&words, fmt, ap);
	va_end(ap);
	if (s->complain != NULL)
		s->complain(s->ctx, s->path != NULL ? s->path : "", line, buf_str(&words));
	else
		log_warn("%s map %s, line %d: %s", s->type, s->name, line, buf_str(&words));
	buf_free(&words);
}

/* One rule of "{ {rule}, {rule} }" to a line of its own; the end of what was read, or NULL. */
static const char *
take_rule(struct ruletext *s, const char *at, struct buf *err)
{
	const char *end = at;
	int depth = 0;

	if (*at != '{') {
		buf_fmt(err, "%s:%s: each rule stands in braces, before \"%.50s\"", s->type, s->name, at);
		return NULL;
	}
	do {
		depth += *end == '{' ? 1 : *end == '}' ? -1 : 0;
		end++;
	} while (*end != '\0' && depth > 0);
	if (depth > 0) {
		buf_fmt(err, "%s:%s: a brace is not closed in \"%.50s\"", s->type, s->name, at);
		return NULL;
	}
	if (*end != '\0' && strchr(TEXT_LIST, *end) == NULL) {
		buf_fmt(err, "%s:%s: a blank is missing before \"%.50s\"", s->type, s->name, end);
		return NULL;
	}
	at += 1 + strspn(at + 1, white);
	if (at < end - 1)
		buf_add(&s->text, at, (size_t)(end - 1 - at));
	buf_putc(&s->text, '\n');
	return end;
}

static bool
read_braces(struct ruletext *s, const char *name, struct buf *err)
{
	char *inside = mem_str(name + 1);
	size_t n = strlen(inside);
	const char *at = inside;
	bool ok = n > 0 && inside[n - 1] == '}';

	if (!ok) {
		buf_fmt(err, "%s:%s: a brace is not closed at the end", s->type, s->name);
	} else {
		inside[n - 1] = '\0';
		while (ok && *(at += strspn(at, TEXT_LIST)) != '\0')
			ok = (at = take_rule(s, at, err)) != NULL;
	}
	free(inside);
	return ok;
}

/* A NUL byte ends its line. */
static void
cut_at_nul(struct ruletext *s)
{
	char *to = s->text.s;
	bool cut = false;

	for (size_t i = 0; i < s->text.len; i++) {
		char c = s->text.s[i];

		cut = c != '\n' && (cut || c == '\0');
		if (!cut)
			*to++ = c;
	}
	*to = '\0';
	s->text.len = (size_t)(to - s->text.s);
}

static bool
read_path(struct ruletext *s, struct buf *err)
{
	if (stat(s->path, &s->seen) == 0 && file_read(AT_FDCWD, s->path, &s->text)) {
		if (s->text.len > 0 && memchr(s->text.s, '\0', s->text.len) != NULL) {
			static const char words[] = "has NUL bytes; what follows them on their lines is not read";

			if (s->complain != NULL)
				s->complain(s->ctx, s->path, 0, words);
			else if (!s->quiet)
				log_warn("%s: %s", s->name, words);
			cut_at_nul(s);
		}
		return true;
	}
	buf_fmt(err, "open %s:%s: %s", s->type, s->name, errno == EFBIG ? "larger than 256 MB" : strerror(errno));
	return false;
}

bool
ruletext_open(struct ruletext *s, const char *type, const char *name, const struct table_env *env, struct buf *err)
{
	bool ok;

	*s = (struct ruletext){ .type = type, .text = BUF(FILE_MAX), .line = 1, .next = 1 };
	s->quiet = env->trial != NULL;
	s->complain = env->complain;
	s->ctx = env->ctx;
	s->name = mem_fmt("%.*s", NAME_SHOWN, name);
	text_printable(s->name);
	if (name[0] != '{')
		s->path = mem_str(name);
	ok = s->path != NULL ? read_path(s, err) : read_braces(s, name, err);
	if (ok && !buf_ok(&s->text)) {
		buf_fmt(err, "open %s:%s: it is too large", type, s->name);
		ok = false;
	}
	if (!ok)
		ruletext_close(s);
	s->cursor = s->text.s;
	return ok;
}

/* One physical line, cut off; NULL: the end. */
static char *
next_physical(struct ruletext *s)
{
	char *start = s->cursor, *end;

	if (start == NULL || *start == '\0')
		return NULL;
	end = strchr(start, '\n');
	s->cursor = end != NULL ? end + 1 : start + strlen(start);
	if (end != NULL)
		*end = '\0';
	s->next++;
	return start;
}

static bool
is_empty(const char *line)
{
	line += strspn(line, white);
	return *line == '\0' || *line == '#';
}

/* The lines that belong to the one at start, moved up to it. */
static void
continue_line(struct ruletext *s, char *start)
{
	char *to = start + strlen(start), *line;

	while (s->cursor != NULL && *s->cursor != '\0') {
		size_t n = strcspn(s->cursor, "\n");
		char kept = s->cursor[n];
		bool empty;

		s->cursor[n] = '\0';
		empty = is_empty(s->cursor);
		s->cursor[n] = kept;
		if (!empty && strchr(white, *s->cursor) == NULL)
			break;
		line = next_physical(s);
		if (!empty) {
			n = strlen(line);
			memmove(to, line, n + 1);
			to += n;
		}
	}
}

char *
ruletext_line(struct ruletext *s)
{
	char *line;

	for (;;) {
		s->line = s->next;
		if ((line = next_physical(s)) == NULL)
			return NULL;
		if (is_empty(line))
			continue;
		continue_line(s, line);
		if (strchr(white, *line) == NULL)
			return text_trim(line);
		ruletext_warn(
		    s, s->line, "starts with white space, but there is no line to continue: skipping this rule");
	}
}

bool
ruletext_is_word(const char *line, const char *word)
{
	/* Not before it is known that the line is as long. */
	return strncasecmp(line, word, strlen(word)) == 0 && !isalnum((unsigned char)line[strlen(word)]);
}

char *
ruletext_negation(char *at, bool *negated)
{
	for (; *at == '!' || *at == ' ' || *at == '\t'; at++)
		*negated ^= *at == '!';
	return at;
}

void
ruletext_done(struct ruletext *s)
{
	buf_free(&s->text);
	s->cursor = NULL;
}

bool
ruletext_changed(const struct ruletext *s)
{
	struct stat st;

	/* A file that is gone for a moment is being replaced: what was read stays good until it is back. */
	return s->path != NULL && stat(s->path, &st) == 0 &&
	    (st.st_ino != s->seen.st_ino || st.st_dev != s->seen.st_dev || st.st_size != s->seen.st_size ||
		st.st_mtim.tv_sec != s->seen.st_mtim.tv_sec || st.st_mtim.tv_nsec != s->seen.st_mtim.tv_nsec);
}

void
ruletext_close(struct ruletext *s)
{
	ruletext_done(s);
	free(s->name);
	free(s->path);
	s->name = s->path = NULL;
}
