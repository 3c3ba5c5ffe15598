/* SPDX-License-Identifier: Apache-2.0 */
/* Which files main.cf and master.cf name, and what becomes of each. */
#include "commands/sallyport/import.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/mailname.h"
#include "lib/conf/params.h"
#include "lib/table/files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct finding_files {
	struct import *im;
	const char *parameter;
	bool keeps;		     /* its paths go on naming what they named */
	bool known;		     /* a parameter of ours, not one of the user's own */
	enum import_content content; /* of the files themselves */
};

/* Another parameter knows more of it. */
static void
learn(struct import_file *f, const struct import_file *other)
{
	if (f->content == CONTENT_PLAIN)
		f->content = other->content;
	if (f->type == NULL) {
		f->type = other->type;
		f->maker = other->maker;
	}
}

static void
add(struct import *im, const struct import_file *f)
{
	const char *key = f->rel != NULL ? f->rel : f->path;

	size_t place = (size_t)hash_get(&im->by_path, key);

	/* What one parameter keeps and another one copies is copied: the first may still name the old one. */
	if (place > 0) {
		learn(&im->files[place - 1], f);
		return;
	}
	if ((im->nfiles & (im->nfiles - 1)) == 0)
		im->files = mem_grow(im->files, im->nfiles > 0 ? 2 * im->nfiles : 1, sizeof(*im->files));
	im->files[im->nfiles++] = *f;
	hash_put(&im->by_path, key, (void *)im->nfiles);
}

const struct import_file *
import_file_of(const struct import *im, const char *rel)
{
	size_t place = (size_t)hash_get(&im->by_path, rel);

	return place > 0 ? &im->files[place - 1] : NULL;
}

static const char *
below(const struct import *im, const char *path, char rel[PATH_MAX])
{
	size_t n = strlen(im->as);

	return strncmp(path, im->as, n) == 0 && path[n] == '/' && text_below(path + n + 1, rel, PATH_MAX) ? rel : NULL;
}

/* The text that the table was made of is lost, but Postfix went on with what it had made. */
static bool
add_compiled(struct import *im, const struct file_name *name, const char *rel)
{
	static const struct {
		const char *type, *suffix;
	} made[] = { { "hash", ".db" }, { "btree", ".db" }, { "cdb", ".cdb" }, { "lmdb", ".lmdb" }, { "dbm", ".pag" },
		{ "dbm", ".dir" }, { "sdbm", ".pag" }, { "sdbm", ".dir" } };
	bool some = false;

	for (size_t i = 0; name->type != NULL && i < NITEMS(made); i++) {
		struct import_file f = { .fate = FILE_COPY, .note = "the text that it was made of is not there" };
		int fd;

		if (strcmp(made[i].type, name->type) != 0)
			continue;
		f.path = arena_fmt(&im->mem, "%s%s", name->path, made[i].suffix);
		f.rel = arena_fmt(&im->mem, "%s%s", rel, made[i].suffix);
		if ((fd = import_open(im, f.rel, &f.st)) < 0)
			continue;
		close(fd);
		add(im, &f);
		some = true;
	}
	return some;
}

static void
stays(struct import_file *f, const char *why)
{
	*f = (struct import_file){ .path = f->path, .rel = f->rel, .note = why, .fate = FILE_STAYS };
}

/* Only of a type whose index this version can make. */
static void
set_maker(struct import *im, const char *parameter, const struct file_name *name, struct import_file *f)
{
	char *spec;

	if (name->type == NULL || !files_type(name->type) || files_made(name->type)->library == NULL)
		return;
	spec = mem_fmt("%s:%s", name->type, name->path);
	f->type = arena_str(&im->mem, name->type);
	f->maker = strcmp(parameter, "tls_server_sni_maps") == 0 ? "postmap -F" : files_maker(im->cf, spec);
	free(spec);
}

static void
add_below(struct import *im, const char *parameter, const struct file_name *name, const char *rel,
    enum import_content content)
{
	struct import_file f = { .path = arena_str(&im->mem, name->path), .rel = arena_str(&im->mem, rel) };
	int fd = import_open(im, rel, &f.st);

	f.content = content;
	set_maker(im, parameter, name, &f);

	if (fd >= 0)
		close(fd);
	else if (errno == ENOENT || errno == ENOTDIR)
		f.fate = FILE_ABSENT;
	else if (errno == EISDIR)
		stays(&f, "a folder");
	else if (errno == EPERM)
		stays(&f, "a link that belongs neither to root nor to the owner of the folder");
	else if (errno == EINVAL)
		stays(&f, "not a regular file");
	else
		import_fail(EX_NOINPUT, "open %s/%s: %s; nothing was written", im->from, rel, strerror(errno));
	if (f.fate == FILE_ABSENT && add_compiled(im, name, rel))
		return;
	add(im, &f);
}

static enum import_content
content_of(const char *parameter)
{
	return strcmp(parameter, "alias_maps") == 0 || strcmp(parameter, "alias_database") == 0 ? CONTENT_ALIASES
												: CONTENT_PLAIN;
}

/* In other files a name without a type is a list's, or an alias's. */
void
import_plan_inside(struct import *im, enum import_content content, const struct file_name *name)
{
	char buffer[PATH_MAX];
	const char *rel = below(im, name->path, buffer);

	if (rel != NULL && (name->table || name->type == NULL))
		add_below(im, "", name, rel, name->type == NULL ? content : CONTENT_PLAIN);
}

static void
found(void *ctx, const struct file_name *name)
{
	struct finding_files *w = ctx;
	struct import *im = w->im;
	struct import_file stays = { .fate = FILE_STAYS };
	char buffer[PATH_MAX];
	const char *rel = below(im, name->path, buffer);

	if (w->keeps || (name->type == NULL && !w->known)) {
		if (w->keeps && name->type == NULL && (rel != NULL || import_is_key(w->parameter))) {
			stays.path = arena_str(&im->mem, name->path);
			stays.note = "keys, certificates, folders and programs are not copied";
			add(im, &stays);
		}
	} else if (rel != NULL) {
		if ((name->table || name->type == NULL) && strcmp(rel, "main.cf") != 0 && strcmp(rel, "master.cf") != 0)
			add_below(
			    im, w->parameter, name, rel, name->type == NULL ? w->content : content_of(w->parameter));
	} else if (name->table) {
		stays.path = arena_str(&im->mem, name->path);
		if (name->path[0] != '/')
			stays.note = "not an absolute path: below queue_directory, which is another one now";
		add(im, &stays);
	}
}

static void
files_of(struct import *im, const char *parameter, const char *value)
{
	struct finding_files w = { im, parameter, import_keeps_paths(parameter),
		param_find(parameter) != NULL || param_family(parameter) != NULL,
		text_ends(parameter, "_file") ? CONTENT_PLAIN : CONTENT_LIST };
	char *copy;

	if (value == NULL || import_left_out(parameter) || import_is_cache(parameter))
		return;
	copy = mem_str(value);
	text_files(copy, found, &w);
	free(copy);
}

static void
files_of_override(struct import *im, const char *override)
{
	char *name = mem_str(override), *value = strchr(name, '=');
	struct buf text = BUF(1 << 20), err = BUF(4096);

	if (value != NULL) {
		*value++ = '\0';
		if (conf_expand(im->cf, value, NULL, NULL, &text, &err))
			files_of(im, name, buf_str(&text));
	}
	buf_free(&text);
	buf_free(&err);
	free(name);
}

void
import_plan(struct import *im)
{
	struct import_file main = { .rel = "main.cf", .st = im->main_st, .text = &im->main_new };
	struct import_file master = { .rel = "master.cf", .st = im->master_st, .text = &im->master_new };
	size_t n;
	const struct conf_line *lines = conf_lines(im->cf, &n);

	main.path = arena_fmt(&im->mem, "%s/main.cf", im->as);
	master.path = arena_fmt(&im->mem, "%s/master.cf", im->as);
	for (size_t i = 0; i < n; i++)
		if (!lines[i].overridden)
			files_of(im, lines[i].name,
			    mailname_wanted(lines[i].name, lines[i].value) ? lines[i].value
									   : conf_get(im->cf, lines[i].name));
	for (size_t i = 0; i < im->master->n; i++)
		for (size_t j = 0; j < im->master->services[i].noverrides; j++)
			files_of_override(im, im->master->services[i].overrides[j]);
	import_inside(im);
	/* Last: who finds a main.cf finds what it names. */
	add(im, &master);
	add(im, &main);
}
