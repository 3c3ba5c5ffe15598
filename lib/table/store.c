/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/store.h"

#include "lib/base/log.h"
#include "lib/table/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN = S_ISVTX, COPY = 1 << 16, TROUBLE_MAX = 1000 };

struct store {
	char *spec, *type, *path;
	char *folder, *fresh; /* of path, and where its successor grows */
	const struct file_kind *kind;
	const struct store_library *library;
	pthread_mutex_t lock; /* around all below */
	void *file;	      /* the library's; NULL: not open */
	int fd;		      /* of the same file: it carries the lock */
	struct stat seen;     /* as we left it */
};

static struct span
span_of(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

static bool
failed(struct buf *err, const char *what, const char *path)
{
	buf_fmt(err, "%s %s: %s", what, path, strerror(errno));
	return false;
}

static void
forget(struct store *s)
{
	if (s->file != NULL)
		s->library->close(s->file);
	if (s->fd >= 0)
		close(s->fd);
	s->file = NULL;
	s->fd = -1;
}

/* With the lock of the file: is it what we left? */
static bool
is_ours(const struct store *s)
{
	struct stat st;

	return stat(s->path, &st) == 0 && st.st_ino == s->seen.st_ino && st.st_dev == s->seen.st_dev &&
	    st.st_size == s->seen.st_size && st.st_mtim.tv_sec == s->seen.st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == s->seen.st_mtim.tv_nsec;
}

/* ---- is somebody there who will close it? ---- */

/* A lock that nobody else looks for, behind all files: who has a fragile file open holds it until it closes it, or dies. */
static struct flock
presence(short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)1 << 62, .l_len = 1 };
}

static bool
be_present(const struct store *s, int fd)
{
	struct flock l = presence(F_RDLCK);

	return !s->library->fragile || fcntl(fd, F_OFD_SETLK, &l) == 0;
}

static bool
was_left_open(const struct store *s, int fd, const struct stat *st)
{
	struct flock l = presence(F_WRLCK);

	return s->library->fragile && (st->st_mode & OPEN) && (fcntl(fd, F_OFD_GETLK, &l) < 0 || l.l_type == F_UNLCK);
}

/* ---- the file that is there becomes ours ---- */

struct copying {
	struct store *s;
	void *to;
	const char *wrong; /* of the new file; NULL: nothing */
};

static void
copy_entry(void *ctx, const char *key, const char *value)
{
	struct copying *c = ctx;

	if (c->wrong == NULL)
		c->s->library->put(c->to, span_of(key), span_of(value), &c->wrong);
}

static void *
create(struct store *s, size_t octets, struct buf *err)
{
	const char *why = "";
	void *file = NULL;

	if (unlink(s->fresh) < 0 && errno != ENOENT)
		failed(err, "remove", s->fresh);
	else if ((file = s->library->create(s->type, s->fresh, octets, &why)) == NULL)
		buf_fmt(err, "make %s: %s", s->fresh, why);
	return file;
}

/* What lies there may be believed unless nobody closed it, or it is damaged: then it begins anew. */
static bool
copy_entries(struct store *s, int old, struct copying *c, struct buf *err)
{
	struct buf wrong = BUF(TROUBLE_MAX);
	struct stat st;

	if (fstat(old, &st) < 0)
		return failed(err, "open", s->path);
	if ((c->to = create(s, (size_t)st.st_size, err)) == NULL)
		return false;
	if (st.st_size == 0)
		return true;
	if (was_left_open(s, old, &st))
		buf_puts(&wrong, "who wrote it last has not closed it");
	else
		index_each_of(old, copy_entry, c, &wrong);
	if (wrong.len > 0) {
		log_warn("%s: database %s: %s; it begins anew, without entries", s->spec, s->path, buf_str(&wrong));
		s->library->close(c->to);
		c->wrong = NULL;
		c->to = create(s, 0, err);
	}
	buf_free(&wrong);
	return c->to != NULL;
}

/* The new file, written and locked, takes the place of the old one, which is locked as well. */
static bool
take_place(struct store *s, int old, const struct copying *c, int *fd, struct buf *err)
{
	const char *why = c->wrong;
	struct stat st;
	int dir;

	if (why != NULL || !s->library->write(c->to, &why)) {
		buf_fmt(err, "write %s: %s", s->fresh, why);
		return false;
	}
	if ((*fd = open(s->fresh, O_RDWR | O_NOFOLLOW | O_CLOEXEC)) < 0 || fstat(old, &st) < 0 ||
	    fchmod(*fd, (st.st_mode & 0777) | (s->library->fragile ? OPEN : 0)) < 0 || fsync(*fd) < 0 ||
	    !files_lock(*fd, s->kind, true, 0) || !be_present(s, *fd) ||
	    renameat(AT_FDCWD, s->fresh, AT_FDCWD, s->path) < 0)
		return failed(err, "write", s->fresh);
	if ((dir = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 || fsync(dir) < 0) {
		if (dir >= 0)
			close(dir);
		return failed(err, "flush the folder", s->folder);
	}
	close(dir);
	return true;
}

/* Who comes at the same time finds a file to wait for. */
static bool
claim(struct store *s, int *old, struct buf *err)
{
	int fd;

	for (int tries = 0; tries < 2; tries++) {
		if (!files_claim(AT_FDCWD, s->path, s->kind, FILES_PATIENCE, old, err))
			return false;
		if (*old >= 0)
			return true;
		if ((fd = open(s->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
			return failed(err, "make", s->path);
		close(fd);
	}
	buf_fmt(err, "lock %s: it is removed again and again", s->path);
	return false;
}

static bool
take_over(struct store *s, struct buf *err)
{
	struct copying c = { .s = s };
	int old, fd = -1;
	bool ok;

	if (!claim(s, &old, err))
		return false;
	ok = copy_entries(s, old, &c, err) && take_place(s, old, &c, &fd, err);
	forget(s);
	if (ok) {
		s->file = c.to;
		s->fd = fd;
	} else {
		if (c.to != NULL)
			s->library->close(c.to);
		if (fd >= 0)
			close(fd);
		unlink(s->fresh);
	}
	close(old);
	return ok;
}

/* ---- one operation ---- */

/* Both locks are ours, and the file is; or there is something in err, and nothing is locked. */
static bool
begin(struct store *s, struct buf *err)
{
	bool ok = true;

	pthread_mutex_lock(&s->lock);
	if (s->file != NULL && !files_lock(s->fd, s->kind, true, FILES_PATIENCE)) {
		ok = failed(err, "lock", s->path);
	} else if (s->file == NULL || !is_ours(s)) {
		if (s->file != NULL)
			files_unlock(s->fd, s->kind); /* take_over() waits for it like anybody */
		ok = take_over(s, err);
	}
	if (!ok)
		pthread_mutex_unlock(&s->lock);
	return ok;
}

/* wrong: what the library said; a file that it may have left half changed is not used any more. */
static bool
end(struct store *s, const char *wrong, struct verdict *why)
{
	if (wrong == NULL && fstat(s->fd, &s->seen) < 0)
		wrong = strerror(errno);
	if (wrong != NULL) {
		later(why, "4.3.0", "%s: database %s: %s", s->spec, s->path, wrong);
		forget(s);
	} else {
		files_unlock(s->fd, s->kind);
	}
	pthread_mutex_unlock(&s->lock);
	return wrong == NULL;
}

static bool
begin_or(struct store *s, struct verdict *why)
{
	struct buf err = BUF(TROUBLE_MAX);
	bool ok = begin(s, &err);

	if (!ok)
		later(why, "4.3.0", "%s is unavailable. %s", s->spec, buf_str(&err));
	buf_free(&err);
	return ok;
}

static enum table_result
store_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	struct store *s = handle;
	const char *wrong = "";
	enum table_result r;
	struct span found;

	if (!begin_or(s, why))
		return TABLE_ERROR;
	if ((r = s->library->get(s->file, span_of(key), &found, &wrong)) == TABLE_FOUND)
		*value = arena_strn(mem, (const char *)found.s, found.n);
	return end(s, r == TABLE_ERROR ? wrong : NULL, why) ? r : TABLE_ERROR;
}

static bool
store_put(void *handle, const char *key, const char *value, struct verdict *why)
{
	struct store *s = handle;
	const char *wrong = "";
	bool ok;

	if (!begin_or(s, why))
		return false;
	ok = s->library->put(s->file, span_of(key), span_of(value), &wrong) && s->library->write(s->file, &wrong);
	return end(s, ok ? NULL : wrong, why);
}

static enum table_result
store_remove(void *handle, const char *key, struct verdict *why)
{
	struct store *s = handle;
	const char *wrong = "";
	enum table_result r;

	if (!begin_or(s, why))
		return TABLE_ERROR;
	r = s->library->remove(s->file, span_of(key), &wrong);
	if (r != TABLE_ERROR && !s->library->write(s->file, &wrong))
		r = TABLE_ERROR;
	return end(s, r == TABLE_ERROR ? wrong : NULL, why) ? r : TABLE_ERROR;
}

/* ---- all entries ---- */

/* As it is now, in a file without a name; -1: *err. */
static int
copy_now(struct store *s, struct buf *err)
{
	char *name = mem_fmt("%s.XXXXXX", s->fresh), *octets = mem_alloc(COPY);
	int fd = mkostemp(name, O_CLOEXEC);
	off_t at = 0;
	ssize_t n = fd < 0 || unlink(name) < 0 ? -1 : 1;

	while (n > 0 && (n = pread(s->fd, octets, COPY, at)) > 0) {
		at += n;
		errno = ENOSPC;
		if (write(fd, octets, (size_t)n) != n)
			n = -1;
	}
	if (n < 0) {
		failed(err, "copy the database to", name);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	free(name);
	free(octets);
	return fd;
}

static bool
store_each(void *handle, table_visit *visit, void *ctx, struct verdict *why)
{
	struct buf err = BUF(TROUBLE_MAX);
	struct store *s = handle;
	bool ok;
	int fd;

	if (!begin_or(s, why))
		return false;
	fd = copy_now(s, &err);
	ok = end(s, NULL, why);
	if (fd < 0 || !index_each_of(fd, visit, ctx, &err)) {
		later(why, "4.3.0", "%s: %s", s->spec, buf_str(&err));
		ok = false;
	}
	if (fd >= 0)
		close(fd);
	buf_free(&err);
	return ok;
}

/* ---- open and close ---- */

/* In order: first the entries are on the disk, then the file says that it is closed. */
static bool
close_in_order(struct store *s)
{
	struct stat st;

	return !s->library->fragile ||
	    (fsync(s->fd) == 0 && fstat(s->fd, &st) == 0 && fchmod(s->fd, st.st_mode & 0777) == 0);
}

static void
store_close(void *handle)
{
	struct store *s = handle;

	if (s->file != NULL && files_lock(s->fd, s->kind, true, FILES_PATIENCE) && is_ours(s) && !close_in_order(s))
		log_warn("%s: close database %s: %s", s->spec, s->path, strerror(errno));
	forget(s);
	pthread_mutex_destroy(&s->lock);
	free(s->spec);
	free(s->type);
	free(s->path);
	free(s->folder);
	free(s->fresh);
	free(s);
}

static const struct store_library *
library_of(const struct file_kind *kind)
{
	const struct store_library *all[] = { store_db(), store_lmdb() };

	for (size_t i = 0; i < NITEMS(all); i++)
		if (all[i] != NULL && strcmp(all[i]->suffix, kind->suffix) == 0)
			return all[i];
	return NULL;
}

static void *
open_store(const char *type, const char *name, struct buf *err)
{
	const struct file_kind *kind = files_made(type);
	const struct store_library *library = library_of(kind);
	const char *slash = strrchr(name, '/');
	struct store *s;

	if (slash == NULL || name[0] != '/' || slash[1] == '\0') {
		buf_fmt(err, "%s:%s: wanted is %s:/path/of/the/file", type, name, type);
		return NULL;
	}
	if (library == NULL) {
		buf_fmt(err, "%s:%s: there was no library to write it with when Sallyport was built", type, name);
		return NULL;
	}
	s = mem_zero(1, sizeof(*s));
	s->spec = mem_fmt("%s:%s", type, name);
	s->type = mem_str(type);
	s->path = mem_fmt("%s.%s", name, kind->suffix);
	s->folder = mem_fmt("%.*s", slash == name ? 1 : (int)(slash - name), name);
	s->fresh = mem_fmt("%.*s.%s.%s.new", (int)(slash + 1 - name), name, slash + 1, kind->suffix);
	s->kind = kind;
	s->library = library;
	s->fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	if (begin(s, err)) {
		if (fstat(s->fd, &s->seen) < 0)
			s->seen.st_ino = 0; /* is looked at once more */
		files_unlock(s->fd, s->kind);
		pthread_mutex_unlock(&s->lock);
		return s;
	}
	store_close(s);
	return NULL;
}

#define STORE(type)                                                                                                    \
	static void *open_##type(const char *name, unsigned flags, const struct table_env *env, struct buf *err)       \
	{                                                                                                              \
		(void)flags, (void)env;                                                                                \
		return open_store(#type, name, err);                                                                   \
	}                                                                                                              \
	static const struct table_type written_##type = { .name = #type,                                               \
		.about = "a file that is changed",                                                                     \
		.open = open_##type,                                                                                   \
		.get = store_get,                                                                                      \
		.each = store_each,                                                                                    \
		.put = store_put,                                                                                      \
		.remove = store_remove,                                                                                \
		.close = store_close }
STORE(btree);
STORE(hash);
STORE(lmdb);

const struct table_type *const store_types[] = { &written_btree, &written_hash, &written_lmdb, NULL };
