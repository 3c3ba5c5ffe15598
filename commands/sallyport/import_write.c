/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files into our folder: nothing before all can be, each complete or not at all, main.cf last.
 *
 * A crash leaves some files and no new main.cf; the next import finds those the same and goes on.
 * No link in our folder is followed.
 */
#include "commands/sallyport/import.h"

#include "lib/base/log.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { CHUNK = 1 << 16 };

/* Reads a file of the old folder, or the text that we made of it. */
struct content {
	const struct buf *text;
	size_t at;
	int fd;
};

static void
content_open(struct content *c, const struct import *im, const struct import_file *f)
{
	struct stat st;

	*c = (struct content){ .text = f->text, .fd = -1 };
	if (f->text == NULL && (c->fd = import_open(im, f->rel, &st)) < 0)
		import_fail(EX_NOINPUT, "open %s/%s: %s", im->from, f->rel, strerror(errno));
}

static size_t
content_read(struct content *c, char chunk[CHUNK], const char *path)
{
	ssize_t n;

	if (c->text != NULL) {
		size_t left = c->text->len - c->at, some = left < CHUNK ? left : CHUNK;

		memcpy(chunk, buf_str(c->text) + c->at, some);
		c->at += some;
		return some;
	}
	do
		n = read(c->fd, chunk, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		import_fail(EX_IOERR, "read %s: %s", path, strerror(errno));
	return (size_t)n;
}

static void
content_close(struct content *c)
{
	if (c->fd >= 0)
		close(c->fd);
}

/* The folder of to/rel, made on the way when make says so; -1: errno.  *name is its last part. */
static int
parent_of(const struct import *im, const char *rel, bool make, const char **name)
{
	char *copy = mem_str(rel), *part = copy, *slash;
	int at = open(im->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC), next, saved;

	while (at >= 0 && (slash = strchr(part, '/')) != NULL) {
		*slash = '\0';
		if (make && mkdirat(at, part, 0755) == 0)
			fsync(at); /* some file systems cannot */
		next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		saved = errno;
		close(at);
		errno = saved;
		at = next;
		part = slash + 1;
	}
	*name = rel + (part - copy);
	saved = errno;
	free(copy);
	errno = saved;
	return at;
}

static bool
equal(struct content *c, int fd, const char *path)
{
	char *mine = mem_alloc(CHUNK), *there = mem_alloc(CHUNK);
	size_t n;
	off_t at = 0;
	bool same = true;

	while (same && (n = content_read(c, mine, path)) > 0) {
		same = file_pread_all(fd, there, n, at) && memcmp(mine, there, n) == 0;
		at += (off_t)n;
	}
	same = same && pread(fd, there, 1, at) == 0;
	free(mine);
	free(there);
	return same;
}

/* False: something else is in the way. */
static bool
compare(const struct import *im, struct import_file *f)
{
	const char *name;
	int dir = parent_of(im, f->rel, false, &name), fd;
	struct content c;
	struct stat st;
	bool same = false;

	if (dir < 0)
		return errno == ENOENT;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		int error = errno;

		close(dir);
		return error == ENOENT;
	}
	content_open(&c, im, f);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (same = equal(&c, fd, f->rel)))
		f->fate = FILE_THERE;
	content_close(&c);
	close(fd);
	close(dir);
	return same;
}

void
import_compare(struct import *im)
{
	struct buf in_the_way = BUF(4096);

	for (size_t i = 0; i < im->nfiles; i++) {
		struct import_file *f = &im->files[i];

		if (f->fate == FILE_COPY && !compare(im, f) && !im->force)
			buf_fmt(&in_the_way, "%s%s/%s", in_the_way.len > 0 ? ", " : "", im->to, f->rel);
	}
	if (in_the_way.len > 0)
		import_fail(EX_CANTCREAT,
		    "%s%s: there already, with another content; nothing was written: --force replaces such files, and keeps "
		    "each as NAME.before-import",
		    buf_str(&in_the_way), buf_ok(&in_the_way) ? "" : ", and more");
	buf_free(&in_the_way);
}

static _Noreturn void
cannot(const struct import *im, const char *rel, const char *what)
{
	import_fail(EX_CANTCREAT, "%s %s/%s: %s; mend that, and import again", what, im->to, rel, strerror(errno));
}

/* Passwords stay with whoever could read them; nobody else gets the right to write. */
static bool
set_rights(int fd, const struct stat *st)
{
	mode_t mode = st->st_mode & 0755;

	if (geteuid() == 0 && fchown(fd, st->st_uid, st->st_gid) < 0)
		return false;
	return fchmod(fd, mode) == 0;
}

/* What was there before is kept under another name; from an earlier import it is the better one. */
static void
keep_old(int dir, const char *name)
{
	char *old = mem_fmt("%s.before-import", name);

	if (linkat(dir, name, dir, old, 0) < 0 && errno != EEXIST && errno != ENOENT)
		import_fail(EX_CANTCREAT, "link %s to %s: %s", name, old, strerror(errno));
	free(old);
}

static void
fill(const struct import *im, const struct import_file *f, int fd)
{
	char *chunk = mem_alloc(CHUNK);
	struct content c;
	size_t n;

	content_open(&c, im, f);
	while ((n = content_read(&c, chunk, f->rel)) > 0)
		if (!file_write_all(fd, chunk, n))
			cannot(im, f->rel, "write");
	content_close(&c);
	free(chunk);
}

static void
write_file(const struct import *im, const struct import_file *f)
{
	const char *name;
	int dir = parent_of(im, f->rel, true, &name), fd;
	char *temporary = mem_fmt(".%s.import", name);

	if (dir < 0)
		cannot(im, f->rel, "make the folder of");
	/* Left by an import that was ended in the middle; another one has no lock. */
	if (unlinkat(dir, temporary, 0) < 0 && errno != ENOENT)
		cannot(im, f->rel, "remove an old temporary file of");
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		cannot(im, f->rel, "create");
	fill(im, f, fd);
	if (!set_rights(fd, &f->st) || fsync(fd) < 0 || close(fd) < 0)
		cannot(im, f->rel, "write");
	keep_old(dir, name);
	if (renameat(dir, temporary, dir, name) < 0)
		cannot(im, f->rel, "rename");
	fsync(dir); /* some file systems cannot; the rename is done all the same */
	close(dir);
	free(temporary);
}

void
import_write(struct import *im)
{
	int lock;

	if (!file_mkdir(im->to, 0755))
		import_fail(EX_CANTCREAT, "create %s: %s", im->to, strerror(errno));
	lock = open(im->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		import_fail(EX_TEMPFAIL, "lock %s: %s; another import may be at work", im->to, strerror(errno));
	for (size_t i = 0; i < im->nfiles; i++)
		if (im->files[i].fate == FILE_COPY)
			write_file(im, &im->files[i]);
	close(lock);
}
