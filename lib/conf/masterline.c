/* SPDX-License-Identifier: Apache-2.0 */
/* One line of master.cf. */
#include "lib/conf/mastercf.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/conf/maincf.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n\v\f"
enum { COLUMNS = 8, WORDS_MAX = 4096 };
enum { NAME, TYPE, PRIVATE, UNPRIVILEGED, CHROOT, WAKEUP, MAXPROC, PROGRAM };

/* A list of strings that grows; the last one is NULL. */
struct words {
	const char **w;
	size_t n;
};

/* What stands behind the command. */
struct arguments {
	struct words argv, overrides, words;
	struct arena *mem;
	const char *wrong; /* the first -o that says nothing */
};

static bool
add(struct words *l, const char *s, struct buf *err)
{
	if (l->n >= WORDS_MAX) {
		buf_fmt(err, "more than %d arguments", WORDS_MAX);
		return false;
	}
	l->w = mem_grow(l->w, l->n + 2, sizeof(*l->w));
	l->w[l->n++] = s;
	l->w[l->n] = NULL;
	return true;
}

static const char *const *
settle(struct words *l, struct arena *mem)
{
	const char **copy = arena_alloc(mem, (l->n + 1) * sizeof(*copy));

	if (copy != NULL && l->n > 0)
		memcpy(copy, l->w, l->n * sizeof(*copy));
	free(l->w);
	return copy;
}

static bool
set_type(struct mastercf_service *s, struct buf *err)
{
	static const struct {
		const char *name;
		enum service_type type;
	} types[] = {
		{ "inet", SERVICE_INET },
		{ "unix", SERVICE_UNIX },
		{ "pass", SERVICE_PASS },
		{ "fifo", SERVICE_FIFO },
		{ "unix-dgram", SERVICE_DGRAM },
	};

	for (size_t i = 0; i < NITEMS(types); i++) {
		if (strcmp(s->columns[TYPE], types[i].name) == 0) {
			s->type = types[i].type;
			s->type_text = s->columns[TYPE];
			return true;
		}
	}
	buf_fmt(err, "invalid type field \"%.40s\" (column 2); inet, unix, pass, fifo or unix-dgram is wanted",
	    s->columns[TYPE]);
	return false;
}

static bool
set_flag(const struct mastercf_service *s, int column, const char *what, bool dflt, bool *out, struct buf *err)
{
	const char *text = s->columns[column];

	if (strcmp(text, "y") == 0)
		*out = true;
	else if (strcmp(text, "n") == 0)
		*out = false;
	else if (strcmp(text, "-") == 0)
		*out = dflt;
	else {
		buf_fmt(err, "invalid %s field \"%.40s\" (column %d); y, n or - is wanted", what, text, column + 1);
		return false;
	}
	return true;
}

static bool
set_wakeup(struct mastercf_service *s, struct arena *mem, struct buf *err)
{
	char *text = arena_str(mem, s->columns[WAKEUP]);
	size_t n = strlen(text);

	if (strcmp(text, "-") == 0)
		return true;
	if (n > 0 && text[n - 1] == '?') {
		s->wakeup_if_used = true;
		text[n - 1] = '\0';
	}
	if (text_number(text, 0, INT_MAX, &s->wakeup))
		return true;
	buf_fmt(err, "invalid wakeup field \"%.40s\" (column 6); seconds, with ? behind it or not, or - is wanted",
	    s->columns[WAKEUP]);
	return false;
}

static bool
set_maxproc(struct mastercf_service *s, struct buf *err)
{
	s->maxproc = -1;
	if (strcmp(s->columns[MAXPROC], "-") == 0 || text_number(s->columns[MAXPROC], 0, INT_MAX, &s->maxproc))
		return true;
	buf_fmt(err, "invalid process_limit field \"%.40s\" (column 7); a number (0: no limit) or - is wanted",
	    s->columns[MAXPROC]);
	return false;
}

static bool
set_columns(struct mastercf_service *s, struct arena *mem, struct buf *err)
{
	s->name = s->columns[NAME];
	s->program = s->columns[PROGRAM];
	s->chroot_default = strcmp(s->columns[CHROOT], "-") == 0;
	if (strchr(s->program, '/') != NULL)
		s->wrong = arena_fmt(mem,
		    "invalid command field \"%.100s\" (column 8); a program of the daemon directory is wanted, "
		    "without a path",
		    s->program);
	if (!set_type(s, err) || !set_flag(s, PRIVATE, "private", s->type != SERVICE_INET, &s->private_, err) ||
	    !set_flag(s, UNPRIVILEGED, "unprivileged", true, &s->unprivileged, err) ||
	    !set_flag(s, CHROOT, "chroot", false, &s->chroot, err) || !set_wakeup(s, mem, err) || !set_maxproc(s, err))
		return false;
	if (s->type == SERVICE_INET && s->private_) {
		buf_puts(err, "an inet service cannot be private (column 3); write n");
		return false;
	}
	return true;
}

/* The next argument: a word, or what stands in braces (*braced), trimmed. */
static bool
next_word(char **at, char **word, bool *braced, struct buf *err)
{
	int depth = 0;
	char *s;

	*at += strspn(*at, BLANKS);
	*braced = **at == '{';
	if (!*braced) {
		*word = text_word(at, BLANKS);
		return true;
	}
	for (s = *at; *s != '\0'; s++) {
		depth += *s == '{';
		if (*s == '}' && --depth == 0)
			break;
	}
	if (*s == '\0') {
		buf_fmt(err, "missing '}' in \"%.40s\"", *at);
		return false;
	}
	if (s[1] != '\0' && strchr(BLANKS, s[1]) == NULL) {
		buf_fmt(err, "white space is missing behind '}' in \"%.40s\"", *at);
		return false;
	}
	*s = '\0';
	*word = text_trim(*at + 1);
	*at = s[1] != '\0' ? s + 2 : s + 1;
	return true;
}

/* An argument as a file can hold it: in braces where it would be read as something else without. */
static const char *
quoted(const char *text, bool braced, struct arena *mem)
{
	if (*text == '\0' || strpbrk(text, BLANKS) != NULL || *text == '{' || (braced && *text == '-'))
		return arena_fmt(mem, "{%s}", text);
	return text;
}

/* text is "name = value"; the long form with braces allows white space around '='.  glued: it was "-oname=value". */
static bool
add_override(struct arguments *a, char *text, bool glued, struct buf *err)
{
	const char *shown = text != NULL ? arena_str(a->mem, text) : NULL, *why;
	char *name, *value;

	if (text != NULL && maincf_split(text, &name, &value, &why)) {
		shown = arena_fmt(a->mem, "%s=%s", name, value);
		if (!add(&a->overrides, shown, err))
			return false;
	} else {
		if (a->wrong == NULL)
			a->wrong = arena_fmt(a->mem, "-o %.40s: -o name=value or -o { name = value } is wanted",
			    shown != NULL ? shown : "");
		if (glued) /* its braces may have no match */
			return add(&a->words, arena_fmt(a->mem, "-o%s", shown), err);
	}
	return add(&a->words, "-o", err) && (shown == NULL || add(&a->words, quoted(shown, false, a->mem), err));
}

/* "-vo name=value": the letters before the 'o' have no values of their own. */
static bool
is_override(char **word, struct arguments *a, struct buf *err, bool *ok)
{
	size_t n = 1 + strspn(*word + 1, "vD");

	if ((*word)[n] != 'o')
		return false;
	for (size_t i = 1; *ok && i < n; i++) {
		const char *one = (*word)[i] == 'v' ? "-v" : "-D";

		*ok = add(&a->argv, one, err) && add(&a->words, one, err);
	}
	*word += n + 1;
	return true;
}

static bool
arguments(char *at, struct arguments *a, struct buf *err)
{
	bool options = true, ok = true, braced;
	char *word;

	while (ok) {
		if (!next_word(&at, &word, &braced, err))
			return false;
		if (word == NULL)
			return true;
		options = options && !braced && word[0] == '-' && word[1] != '\0';
		if (options && is_override(&word, a, err, &ok)) {
			bool glued = *word != '\0';

			ok = ok && (glued || next_word(&at, &word, &braced, err)) && add_override(a, word, glued, err);
		} else {
			ok =
			    add(&a->argv, word, err) && add(&a->words, braced ? quoted(word, true, a->mem) : word, err);
		}
	}
	return false;
}

bool
mastercf_parse_as_written(char *line, struct arena *mem, struct mastercf_service *out, struct buf *err)
{
	struct arguments a = { .mem = mem };
	struct mastercf_service s = { 0 };
	bool ok;

	for (int i = 0; i < COLUMNS; i++) {
		if ((s.columns[i] = text_word(&line, BLANKS)) == NULL) {
			buf_fmt(err,
			    "bad field count: %d columns, but 8 are wanted: service type private unprivileged chroot wakeup maxproc "
			    "command; write - for the default",
			    i);
			return false;
		}
	}
	ok = set_columns(&s, mem, err) && arguments(line, &a, err);
	s.noverrides = a.overrides.n;
	s.argv = settle(&a.argv, mem);
	s.overrides = settle(&a.overrides, mem);
	s.words = settle(&a.words, mem);
	if (s.wrong == NULL)
		s.wrong = a.wrong;
	if (ok && !arena_ok(mem)) {
		buf_puts(err, "line is too long");
		ok = false;
	}
	if (ok)
		*out = s;
	return ok;
}

bool
mastercf_parse(char *line, struct arena *mem, struct mastercf_service *out, struct buf *err)
{
	struct mastercf_service s;

	if (!mastercf_parse_as_written(line, mem, &s, err))
		return false;
	if (s.wrong != NULL)
		buf_puts(err, s.wrong);
	else
		*out = s;
	return s.wrong == NULL;
}
