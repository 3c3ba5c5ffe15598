/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/source.h"

#include "lib/base/fold.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 1 << 16 };

static void
ready(struct source *s)
{
	if (s->text.s == NULL)
		buf_add(&s->text, "", 0);
	if (s->text.len > 0 && memchr(s->text.s, '\0', s->text.len) != NULL) {
		if (s->complain != NULL)
			s->complain(s->ctx, 0, "what follows a NUL byte is not read");
		else if (!s->quiet)
			log_warn("%s: what follows a NUL byte is not read", s->name);
	}
	s->cursor = s->text.s;
}

bool
source_read(struct source *s, int fd)
{
	if (fstat(fd, &s->seen) < 0)
		return false;
	if (S_ISREG(s->seen.st_mode) && s->seen.st_size < SOURCE_MAX)
		buf_room(&s->text, (size_t)s->seen.st_size + 1);
	for (;;) {
		char *at = buf_room(&s->text, READ_SIZE);
		ssize_t r = at != NULL ? read(fd, at, READ_SIZE) : -1;

		if (at == NULL)
			errno = EFBIG;
		else if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return false;
		if (r == 0)
			break;
		buf_grew(&s->text, (size_t)r);
	}
	ready(s);
	return true;
}

bool
source_open(struct source *s, struct buf *err)
{
	return source_open_at(s, AT_FDCWD, s->name, err);
}

bool
source_open_at(struct source *s, int dir, const char *file, struct buf *err)
{
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool ok = false;

	if (fd < 0 || fstat(fd, &s->seen) < 0)
		;
	else if (!S_ISREG(s->seen.st_mode))
		errno = S_ISDIR(s->seen.st_mode) ? EISDIR : EINVAL;
	else
		ok = source_read(s, fd);
	if (!ok)
		buf_fmt(err, "open %s: %s", s->name, errno == EFBIG ? "larger than 1 GB" : strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

bool
source_take(struct source *s, const char *text)
{
	buf_puts(&s->text, text);
	ready(s);
	return buf_ok(&s->text);
}

size_t
source_at(const struct source *s)
{
	return (size_t)(s->cursor - s->text.s);
}

void
source_free(struct source *s)
{
	buf_free(&s->text);
	arena_free(&s->more);
	s->cursor = NULL;
}

static void
not_an_entry(struct source *s, const char *what, const char *quoted)
{
	char text[200];

	snprintf(text, sizeof(text), quoted[0] != '\0' ? "%s \"%.90s\"" : "%s", what, quoted);
	if (s->complain != NULL)
		s->complain(s->ctx, s->line, text);
	else if (!s->quiet)
		log_warn("%s, line %d: %s -- ignoring this line", s->name, s->line, text);
	s->left_out++;
}

/* Empty, or a comment: it is no part of an entry, wherever it stands. */
static bool
says_nothing(const char *line)
{
	line += strspn(line, " \t\r\v\f");
	return *line == '\n' || *line == '\0' || *line == '#';
}

/*
 * One entry with all its lines, moved together in place; NULL: the end.  Lines that say
 * nothing are passed over; *begins: it does not start with white space.
 */
static char *
next_entry(struct source *s, bool *begins)
{
	char *start = NULL, *to = NULL;

	while (*s->cursor != '\0') {
		char *line = s->cursor, *end = line + strcspn(line, "\n");
		size_t n = (size_t)(end - line);

		if (says_nothing(line)) {
			;
		} else if (start == NULL) {
			start = line;
			to = line + n;
			s->line = s->next_line;
			*begins = *line != ' ' && *line != '\t';
		} else if (*line != ' ' && *line != '\t') {
			break;
		} else {
			memmove(to, line, n);
			to += n;
		}
		s->cursor = *end != '\0' ? end + 1 : end;
		s->next_line++;
	}
	if (start != NULL && to < s->cursor)
		*to = '\0';
	return start;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Where the key ends: at white space outside of quotes, or at a colon that the format lets be an end.  NULL: a quote has no end. */
static char *
key_end(char *line, enum source_format format)
{
	bool quoted = false;
	char *s;

	for (s = line; *s != '\0'; s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (*s == '\\' && s[1] != '\0')
			s++;
		else if (quoted)
			continue;
		else if (is_blank(*s) && format != SOURCE_ALIASES)
			break;
		else if (*s == ':' &&
		    (format == SOURCE_ALIASES || (format == SOURCE_EITHER && (s[1] == '\0' || is_blank(s[1])))))
			break;
	}
	return quoted ? NULL : s;
}

/* The name of an alias as it is looked up: no quotes, no backslashes, one blank between its words. */
static void
tidy_name(char *name)
{
	bool quoted = false;
	char *to = name;

	for (const char *s = text_trim(name); *s != '\0'; s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (*s == '\\' && s[1] != '\0')
			*to++ = *++s;
		else if (quoted || !is_blank(*s))
			*to++ = *s;
		else if (!is_blank(s[1]))
			*to++ = ' ';
	}
	*to = '\0';
}

/* Cuts the line into key and what is behind it; NULL: there is no end of the key. */
static char *
take_key(char *line, enum source_format format)
{
	char *end = key_end(line, format), *rest = end;
	bool alias = format == SOURCE_ALIASES;

	if (end == NULL || (alias && *end == '\0'))
		return NULL;
	rest += strspn(rest, " \t\r");
	/* "example.com  :" of transport(5) has a colon for its value; a name of aliases(5) without one is no entry. */
	if (format == SOURCE_EITHER && rest != end && rest[0] == ':' && rest[1 + strspn(rest + 1, " \t\r")] == '\0')
		format = SOURCE_MAP;
	if (*rest == ':' && (alias || (format == SOURCE_EITHER && (rest[1] == '\0' || is_blank(rest[1]))))) {
		alias = true;
		rest++;
	}
	if (*end != '\0' && rest == end)
		rest++;
	*end = '\0';
	if (alias)
		tidy_name(line);
	return rest;
}

/* The list behind an alias as its parts say it: one blank between words, ", " between items, no needless backslash. */
static void
tidy_list(char *value, struct buf *out)
{
	const char *s = value;
	bool quoted = false, gap = false;
	int comment = 0;

	for (; *s != '\0'; s++) {
		if (!quoted && strchr(" \t\r\n", *s) != NULL) {
			gap = out->len > 0;
			continue;
		}
		if (!quoted && comment == 0 && *s == ',') {
			buf_puts(out, ",");
			gap = true;
			continue;
		}
		if (gap)
			buf_putc(out, ' ');
		gap = false;
		if (*s == '"' && comment == 0)
			quoted = !quoted;
		comment += !quoted && *s == '(' ? 1 : !quoted && *s == ')' && comment > 0 ? -1 : 0;
		if (*s == '\\' && s[1] != '\0') {
			if (quoted || comment > 0)
				buf_putc(out, *s);
			s++;
		}
		buf_putc(out, *s);
	}
}

/* In place, or in the source's own memory where it has grown. */
static char *
tidy(struct source *s, char *value)
{
	struct buf out = BUF(SOURCE_MAX);

	tidy_list(value, &out);
	if (buf_ok(&out) && out.len > 0 && out.len <= strlen(value))
		memcpy(value, out.s, out.len + 1);
	else if (buf_ok(&out))
		value = arena_str(&s->more, buf_str(&out));
	buf_free(&out);
	return value;
}

/* NULL: nothing is wrong with the entry. */
static const char *
objection(const struct source *s, const char *key, const char *value)
{
	bool aliases = s->format == SOURCE_ALIASES;

	if (value == NULL && !aliases)
		return "unbalanced '\"'";
	if (value == NULL || key[0] == '\0' || value[0] == '\0')
		return aliases ? "need name:value pair" : "expected format: key whitespace value";
	if (aliases && strchr(key, '@') != NULL)
		return "name must be local";
	if (strlen(key) > SOURCE_ENTRY_MAX || strlen(value) > SOURCE_ENTRY_MAX)
		return "an entry of more than a megabyte";
	if (s->utf8 && !(text_all_utf8(key) && text_all_utf8(value)))
		return "non-UTF-8 input";
	return NULL;
}

static char *
folded(struct source *s, const char *key)
{
	char *in_memory = fold_case(key, true), *kept = arena_str(&s->more, in_memory);

	free(in_memory);
	return kept;
}

bool
source_next(struct source *s, char **key, char **value)
{
	char *line, *rest;
	const char *wrong;
	bool begins;

	while ((line = next_entry(s, &begins)) != NULL) {
		if (!begins) {
			not_an_entry(s, "line starts with white space, but there is none to continue", "");
			continue;
		}
		if ((rest = take_key(line, s->format)) != NULL)
			rest = text_trim(rest);
		if (s->format == SOURCE_ALIASES && rest != NULL)
			rest = tidy(s, rest);
		if ((wrong = objection(s, line, rest)) != NULL) {
			not_an_entry(s, wrong, rest != NULL ? line : "");
			continue;
		}
		if (s->fold && s->utf8 && !text_ascii(line))
			line = folded(s, line);
		else if (s->fold)
			text_lower(line);
		*key = line;
		*value = rest;
		return true;
	}
	return false;
}
