/* SPDX-License-Identifier: Apache-2.0 */
/* main.cf and master.cf as they were, with our paths: comments, order and layout are the administrator's. */
#include "commands/sallyport/import.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/cftext.h"
#include "lib/conf/params.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 20, NAME_SIZE = 512 };
#define BLANKS " \t\r\n\v\f"

struct rewriting {
	const struct import *im;
	struct buf *out;
	char name[NAME_SIZE]; /* of the parameter at hand */
	bool keeps, known;
	bool left_out; /* the setting before this one was */
};

static void
set_name(struct rewriting *w, const char *s, size_t n)
{
	if (n >= sizeof(w->name))
		n = sizeof(w->name) - 1;
	memcpy(w->name, s, n);
	w->name[n] = '\0';
	w->keeps = import_keeps_paths(w->name);
	w->known = param_find(w->name) != NULL || param_family(w->name) != NULL;
}

/* A folder stays behind when a parameter of ours names it; "tables = /etc/postfix/tables" goes with the tables. */
static bool
moves(void *ctx, const char *rel)
{
	const struct rewriting *w = ctx;
	const struct import_file *f = import_file_of(w->im, rel);

	if (w->keeps)
		return false;
	if (f != NULL)
		return f->fate != FILE_STAYS;
	return *rel != '\0' || !w->known;
}

static void
move(struct rewriting *w, const char *s, size_t n)
{
	const struct text_move m = { .as = w->im->as, .to = w->im->to, .moves = moves, .ctx = w };

	text_move(&m, s, n, w->out);
}

/*
 * "smtpd_tls_key_file = $keys/key.pem" must name what it did, but $keys may move.  True: *out is the value written
 * out.
 */
static bool
written_out(const struct rewriting *w, char *value, struct buf *out)
{
	struct buf err = BUF(1024);
	size_t n = strlen(w->im->as);
	const char *at;
	bool ok = false;

	value = text_trim(value);
	if (!w->keeps || strchr(value, '$') == NULL || strstr(value, "$$") != NULL)
		return false;
	if (param_find(w->name) != NULL && param_find(w->name)->type == F_RAW)
		return false; /* $user and the like are known only at use */
	if (conf_expand(w->im->cf, value, NULL, NULL, out, &err)) {
		for (at = strstr(buf_str(out), w->im->as); at != NULL && !ok; at = strstr(at + 1, w->im->as))
			ok = at[n] == '/' || at[n] == '\0';
	}
	buf_free(&err);
	return ok;
}

static void
finish_line(struct buf *out)
{
	if (out->len > 0 && out->s[out->len - 1] != '\n')
		buf_putc(out, '\n');
}

/* Each line of it, with '#' before it. */
static void
comment_out(struct rewriting *w, const struct cftext_logical *l)
{
	struct buf *out = w->out;
	const char *s = l->raw, *end = l->raw + l->rawlen;

	if (!w->left_out)
		buf_puts(out, "# Of the installation of Postfix, which ours is not:\n");
	w->left_out = true;
	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		size_t n = nl != NULL ? (size_t)(nl + 1 - s) : (size_t)(end - s);

		buf_putc(out, '#');
		buf_add(out, s, n);
		s += n;
	}
}

/* Lines between the settings, and within one, that are comments stay as they are. */
static void
move_lines(struct rewriting *w, const char *s, const char *end)
{
	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		size_t n = nl != NULL ? (size_t)(nl + 1 - s) : (size_t)(end - s), blank = strspn(s, BLANKS);

		if (blank < n && s[blank] == '#')
			buf_add(w->out, s, n);
		else
			move(w, s, n);
		s += n;
	}
}

static void
setting(struct rewriting *w, const struct cftext_logical *l)
{
	struct buf value = BUF(CFTEXT_LINE);
	char *equals = strchr(l->text, '=');

	set_name(w, l->text, strcspn(l->text, " \t\r\n="));
	if (import_left_out(w->name)) {
		comment_out(w, l);
		return;
	}
	w->left_out = false;
	if (equals != NULL && written_out(w, equals + 1, &value)) {
		buf_fmt(w->out, "%s = %s\n", w->name, buf_str(&value));
	} else {
		const char *raw = memchr(l->raw, '=', l->rawlen), *end = l->raw + l->rawlen;

		raw = raw != NULL ? raw + 1 : end;
		buf_add(w->out, l->raw, (size_t)(raw - l->raw));
		move_lines(w, raw, end);
	}
	buf_free(&value);
}

/* The end of the word at s; braces make one word of several. */
static const char *
word_end(const char *s, const char *end, bool braces)
{
	int depth = 0;

	if (*s != '{' || !braces) {
		while (s < end && strchr(BLANKS, *s) == NULL)
			s++;
		return s;
	}
	for (; s < end; s++) {
		depth += *s == '{';
		if (*s == '}' && --depth == 0)
			return s + 1;
	}
	return end;
}

/* name=value or { name = value }. */
static void
override(struct rewriting *w, const char *s, const char *end)
{
	const char *name = s + (*s == '{'), *equals = memchr(s, '=', (size_t)(end - s)), *last = equals;
	struct buf value = BUF(CFTEXT_LINE);
	char *given;

	name += strspn(name, BLANKS);
	while (equals != NULL && last > name && strchr(BLANKS, last[-1]) != NULL)
		last--;
	if (equals == NULL || last <= name) {
		buf_add(w->out, s, (size_t)(end - s));
		return;
	}
	set_name(w, name, (size_t)(last - name));
	given = mem_alloc((size_t)(end - equals));
	memcpy(given, equals + 1, (size_t)(end - equals - 1));
	given[end - equals - 1 - (*s == '{')] = '\0';
	if (written_out(w, given, &value)) {
		buf_fmt(w->out, "{ %s = %s }", w->name, buf_str(&value));
	} else {
		buf_add(w->out, s, (size_t)(equals + 1 - s));
		move_lines(w, equals + 1, end);
	}
	free(given);
	buf_free(&value);
}

struct words {
	int column;
	bool option; /* the last one was -o */
	bool own;    /* an argument came: what follows is the command's own */
};

static const char *
service_word(struct rewriting *w, struct words *at, const char *s, const char *end)
{
	const char *stop = word_end(s, end, at->column >= 8);
	bool is_option = at->column >= 8 && !at->option && !at->own && strncmp(s, "-o", 2) == 0;

	at->own = at->own || (at->column >= 8 && !at->option && (s[0] != '-' || stop == s + 1));
	if (at->option) {
		override(w, s, stop);
	} else if (is_option && stop > s + 2 && s[2] != '{') {
		buf_puts(w->out, "-o ");
		override(w, s + 2, stop);
	} else {
		buf_add(w->out, s, (size_t)(stop - s));
	}
	at->option = is_option && stop == s + 2;
	at->column++;
	return stop;
}

/* Behind the eight columns only the values of -o are ours to change. */
static void
service(struct rewriting *w, const char *s, const char *end)
{
	struct words at = { 0 };
	bool line_start = false;

	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));

		if (line_start && *s == '#') {
			size_t n = nl != NULL ? (size_t)(nl + 1 - s) : (size_t)(end - s);

			buf_add(w->out, s, n);
			s += n;
		} else if (strchr(BLANKS, *s) != NULL) {
			line_start = line_start || *s == '\n';
			buf_putc(w->out, *s++);
		} else {
			s = service_word(w, &at, s, end);
			line_start = false;
		}
	}
}

static void
rewrite(struct import *im, const char *name, const struct buf *old, struct buf *new)
{
	struct rewriting w = { .im = im, .out = new };
	struct cftext t = cftext_of(name, old);
	struct buf err = BUF(4096);
	struct cftext_logical l;
	struct arena mem = ARENA(64 << 20);
	const char *at = t.at;

	*new = (struct buf)BUF(CFTEXT_FILE + ROOM);
	while (cftext_logical(&t, &mem, &l, &err)) {
		buf_add(new, at, (size_t)(l.raw - at));
		if (old == &im->main_old)
			setting(&w, &l);
		else
			service(&w, l.raw, l.raw + l.rawlen);
		finish_line(new);
		at = l.raw + l.rawlen;
	}
	buf_add(new, at, (size_t)(t.end - at));
	finish_line(new);
	/* It was read before, so that only its size can be wrong now. */
	if (err.len > 0 || !buf_ok(new) || !arena_ok(&mem))
		import_fail(EX_CONFIG, "%s/%s: too large; shorten it", im->from, name);
	buf_free(&err);
	arena_free(&mem);
}

/* What our main.cf says about our installation goes on being so. */
static void
keep_ours(struct import *im)
{
	size_t n;
	const struct conf_line *lines = conf_lines(im->ours, &n);
	bool some = false;

	for (size_t i = 0; i < n; i++) {
		if (lines[i].overridden || !import_left_out(lines[i].name))
			continue;
		if (!some)
			buf_puts(&im->main_new, "\n# Where this mail system is installed:\n");
		some = true;
		buf_fmt(&im->main_new, "%s = %s\n", lines[i].name, lines[i].value);
	}
	if (!buf_ok(&im->main_new))
		import_fail(EX_CONFIG, "%s/main.cf: too large; shorten it", im->from);
}

void
import_rewrite(struct import *im)
{
	import_rewrite_inside(im);
	rewrite(im, "main.cf", &im->main_old, &im->main_new);
	keep_ours(im);
	rewrite(im, "master.cf", &im->master_old, &im->master_new);
}
