/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are named inside of files: lists that aliases include, and files and tables among the patterns of lists.
 *
 * They are taken over like those that main.cf names, and the copies name the copies.
 */
#include "commands/sallyport/import.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_SIZE = 256 << 20, CHUNK = 1 << 16, FILES_MOST = IMPORT_TEXTS };
#define INCLUDE "include:"

struct inside {
	struct import *im;
	enum import_content content;
};

static void
list_names(void *ctx, const struct file_name *name)
{
	const struct inside *w = ctx;

	import_plan_inside(w->im, w->content, name);
}

/* Each ":include:/path" of a line; cuts it. */
static void
included(struct import *im, char *line)
{
	for (char *at = line; (at = strcasestr(at, INCLUDE)) != NULL;) {
		struct file_name name = { .path = at + strlen(INCLUDE) };
		size_t n = strcspn(name.path, " \t\r,\"");
		char *end = at + strlen(INCLUDE) + n, after = *end;

		*end = '\0';
		if (at > line && at[-1] == ':' && name.path[0] == '/')
			import_plan_inside(im, CONTENT_ALIASES, &name);
		*end = after;
		at = end;
	}
}

static bool
read_all(int fd, struct buf *text)
{
	ssize_t n = 1;
	char *at;

	while (n > 0) {
		if ((at = buf_room(text, CHUNK)) == NULL) {
			errno = EFBIG;
			return false;
		}
		do
			n = read(fd, at, CHUNK);
		while (n < 0 && errno == EINTR);
		if (n > 0)
			buf_grew(text, (size_t)n);
	}
	return n == 0;
}

/* False: it is no text. */
static bool
read_file(struct import *im, const struct import_file *f, struct buf *text)
{
	struct stat st;
	int fd = import_open(im, f->rel, &st);

	if (fd < 0 || !read_all(fd, text))
		import_fail(EX_NOINPUT, "read %s/%s: %s; nothing was written", im->from, f->rel, strerror(errno));
	close(fd);
	return text->len > 0 && memchr(text->s, '\0', text->len) == NULL;
}

static void
look_into(struct import *im, size_t i)
{
	struct inside w = { im, im->files[i].content };
	struct buf text = BUF(TEXT_SIZE);
	char *cursor, *line;

	if (read_file(im, &im->files[i], &text))
		for (cursor = text.s; (line = text_word(&cursor, "\n")) != NULL;) {
			if (line[strspn(line, " \t")] == '#')
				continue;
			if (w.content == CONTENT_ALIASES)
				included(im, line);
			else
				text_files(line, list_names, &w);
		}
	buf_free(&text);
}

static bool
has_names(const struct import_file *f)
{
	return f->rel != NULL && f->content != CONTENT_PLAIN && f->fate == FILE_COPY;
}

/* Files that are found come behind those that are there, and are looked into in their turn. */
void
import_inside(struct import *im)
{
	size_t looked = 0;

	for (size_t i = 0; i < im->nfiles; i++)
		if (has_names(&im->files[i])) {
			if (++looked > FILES_MOST)
				import_fail(EX_CONFIG, "%s: more than %d files that name files", im->from, FILES_MOST);
			look_into(im, i);
		}
}

static bool
moves(void *ctx, const char *rel)
{
	const struct import_file *f = import_file_of(ctx, rel);

	return f != NULL && f->rel != NULL && f->fate != FILE_STAYS;
}

static void
rewrite(struct import *im, struct import_file *f)
{
	const struct text_move m = { .as = im->as, .to = im->to, .moves = moves, .ctx = im };
	struct buf old = BUF(TEXT_SIZE), *new;

	if (!read_file(im, f, &old) || strstr(buf_str(&old), im->as) == NULL) {
		buf_free(&old);
		return;
	}
	new = mem_zero(1, sizeof(*new));
	*new = (struct buf)BUF(2 * TEXT_SIZE);
	text_move(&m, buf_str(&old), old.len, new);
	if (!buf_ok(new))
		import_fail(EX_CONFIG, "%s/%s: too large; shorten it", im->from, f->rel);
	im->texts[im->ntexts++] = new;
	f->text = new;
	buf_free(&old);
}

void
import_rewrite_inside(struct import *im)
{
	for (size_t i = 0; i < im->nfiles; i++)
		if (has_names(&im->files[i]) && im->files[i].text == NULL)
			rewrite(im, &im->files[i]);
}
