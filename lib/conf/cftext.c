/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/cftext.h"

#include "lib/base/text.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const char *
remedy(int error)
{
	static const struct {
		int error;
		const char *text;
	} remedies[] = {
		{ ENOENT, "create it, or name another folder with -c or MAIL_CONFIG" },
		{ ENOTDIR, "name another folder with -c or MAIL_CONFIG" },
		{ EACCES, "make it and the folders above it readable for the user who runs this" },
		{ EISDIR, "put a text file in its place" },
		{ EINVAL, "put a regular text file in its place" },
		{ EFBIG, "it is larger than a configuration file may be; look what happened to it" },
	};

	for (size_t i = 0; i < NITEMS(remedies); i++)
		if (remedies[i].error == error)
			return remedies[i].text;
	return "look after the file system";
}

static bool
no_nul(const char *path, const struct buf *bytes, struct buf *err)
{
	const char *nul = bytes->len > 0 ? memchr(bytes->s, '\0', bytes->len) : NULL;
	int line = 1;

	if (nul == NULL)
		return true;
	for (const char *s = bytes->s; s < nul; s++)
		line += *s == '\n';
	buf_fmt(err, "%s, line %d: a NUL byte; this is not a text file, or it is damaged", path, line);
	return false;
}

bool
cftext_read(const char *path, struct buf *bytes, struct buf *err)
{
	buf_clear(bytes);
	if (!file_read(AT_FDCWD, path, bytes)) {
		int error = errno;

		buf_fmt(err, "open %s: %s; %s", path, strerror(error), remedy(error));
		return false;
	}
	return no_nul(path, bytes, err);
}

struct cftext
cftext_of(const char *path, const struct buf *bytes)
{
	const char *s = buf_str(bytes);

	return (struct cftext){ .path = path, .at = s, .end = s + bytes->len, .line = 1 };
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

static enum cftext_kind
kind_of(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && blank(s[i]))
		i++;
	if (i == n || s[i] == '#')
		return CFTEXT_SKIP;
	return i == 0 ? CFTEXT_START : CFTEXT_MORE;
}

static bool
peek(const struct cftext *t, struct cftext_line *out)
{
	const char *nl;

	if (t->at == t->end)
		return false;
	nl = memchr(t->at, '\n', (size_t)(t->end - t->at));
	out->s = t->at;
	out->len = nl != NULL ? (size_t)(nl + 1 - t->at) : (size_t)(t->end - t->at);
	out->line = t->line;
	out->kind = kind_of(out->s, out->len);
	return true;
}

bool
cftext_line(struct cftext *t, struct cftext_line *out)
{
	if (!peek(t, out))
		return false;
	t->at += out->len;
	t->line++;
	return true;
}

static void
join(struct buf *b, const struct cftext_line *l)
{
	const char *s = l->s, *end = l->s + l->len;

	while (s < end && blank(*s))
		s++;
	while (end > s && blank(end[-1]))
		end--;
	if (b->len > 0)
		buf_putc(b, ' ');
	buf_add(b, s, (size_t)(end - s));
}

/* Lines that nothing begins are nothing, as in Postfix. */
static void
leave_out(struct cftext *t, struct cftext_line *l)
{
	enum { EXCERPT = 30 };
	char excerpt[EXCERPT + 1], *shown;
	size_t n = l->len < EXCERPT ? l->len : EXCERPT;

	memcpy(excerpt, l->s, n);
	excerpt[n] = '\0';
	shown = text_trim(excerpt);
	text_printable(shown);
	if (t->warnings != NULL)
		buf_fmt(t->warnings,
		    "%s, line %d: logical line must not start with whitespace: \"%s\" -- ignored, with what continues it\n",
		    t->path, l->line, shown);
	while (l->kind != CFTEXT_START && cftext_line(t, l))
		;
}

/* The line that begins a logical one; false: there is none any more. */
static bool
first_line(struct cftext *t, struct cftext_line *l)
{
	if (!cftext_line(t, l))
		return false;
	while (l->kind == CFTEXT_SKIP)
		if (!cftext_line(t, l))
			return false;
	if (l->kind == CFTEXT_MORE)
		leave_out(t, l);
	return l->kind == CFTEXT_START;
}

bool
cftext_logical(struct cftext *t, struct arena *mem, struct cftext_logical *out, struct buf *err)
{
	struct buf text = BUF(CFTEXT_LINE);
	struct cftext_line l;

	if (!first_line(t, &l))
		return false;
	*out = (struct cftext_logical){ .raw = l.s, .rawlen = l.len, .line = l.line };
	join(&text, &l);
	while (peek(t, &l) && l.kind != CFTEXT_START) {
		cftext_line(t, &l);
		if (l.kind == CFTEXT_MORE) {
			join(&text, &l);
			out->rawlen = (size_t)(l.s + l.len - out->raw);
		}
	}
	if (!buf_ok(&text))
		buf_fmt(err, "%s, line %d: the line and its continuation are longer than %d bytes; shorten them",
		    t->path, out->line, CFTEXT_LINE);
	else
		out->text = arena_strn(mem, buf_str(&text), text.len);
	buf_free(&text);
	return out->text != NULL;
}
