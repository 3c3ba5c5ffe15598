/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/make.h"

#include "lib/base/log.h"
#include "lib/table/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_SECONDS = 600, TELL_EVERY = 4096 };

static const struct {
	const char *suffix;
	make_writer *write;
	bool sorted, nul;
} writers[] = {
	{ "db", make_db, false, true },
	{ "lmdb", make_lmdb, true, true },
	{ "cdb", make_cdb, false, false },
};

static bool
failed(struct buf *err, const char *what, const char *path)
{
	buf_fmt(err, "%s %s: %s", what, path, strerror(errno));
	return false;
}

static char *
folder_of(const char *path, const char **file)
{
	const char *slash = strrchr(path, '/');
	char *folder;

	*file = slash != NULL ? slash + 1 : path;
	if (slash == NULL)
		return mem_str(".");
	folder = mem_str(path);
	folder[slash == path ? 1 : slash - path] = '\0';
	return folder;
}

bool
make_owner(const char *type, const char *name, bool may_be_new, uid_t *uid, gid_t *gid, struct buf *err)
{
	const char *file;
	char *folder = folder_of(name, &file), *index = mem_fmt("%s.%s", name, files_made(type)->suffix);
	struct stat st, at;
	bool ok = true;

	if (stat(folder, &at) < 0)
		ok = failed(err, "open", folder);
	else if (stat(name, &st) < 0 && (errno != ENOENT || stat(index, &st) < 0)) {
		ok = (may_be_new && errno == ENOENT) || failed(err, "open", name);
		st = at;
	}
	if (ok) {
		if (st.st_uid == 0)
			st = at;
		*uid = st.st_uid;
		*gid = st.st_gid;
	}
	free(folder);
	free(index);
	return ok;
}

/* The table that is there, locked. */
static bool
lock_old(struct make *m, struct buf *err)
{
	struct stat st;

	if (!files_claim(m->dir, m->file, m->kind, LOCK_SECONDS, &m->old, err))
		return false;
	if (m->old < 0)
		return true;
	if (fstat(m->old, &st) < 0)
		return failed(err, "open", m->file);
	m->mode = st.st_mode & 0777;
	m->uid = st.st_uid;
	m->gid = st.st_gid;
	return true;
}

/* A folder that is ours alone, with an open descriptor, so that it does not matter what its name becomes. */
static bool
make_scratch(struct make *m, struct buf *err)
{
	struct stat st;

	m->scratch = mem_fmt(".%s.XXXXXX", m->file);
	if (fchdir(m->dir) < 0 || mkdtemp(m->scratch) == NULL) {
		free(m->scratch);
		m->scratch = NULL;
		return failed(err, "cannot write into the folder", m->folder);
	}
	m->work = openat(m->dir, m->scratch, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (m->work < 0 || fstat(m->work, &st) < 0)
		return failed(err, "open", m->scratch);
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
		buf_fmt(err, "%s/%s is not the folder that was made", m->folder, m->scratch);
		return false;
	}
	return true;
}

static bool
is_roots(const char *path, const struct stat *st, struct buf *err)
{
	if (st->st_uid != 0)
		buf_fmt(err, "%s was root's when we looked, and is not any more", path);
	return st->st_uid == 0;
}

bool
make_begin(struct make *m, struct buf *err)
{
	struct stat st;

	m->kind = files_made(m->type);
	m->folder = folder_of(m->name, &m->source);
	m->file = mem_fmt("%s.%s", m->source, m->kind->suffix);
	m->mode = 0644;
	m->uid = geteuid();
	m->gid = getegid();
	if (m->kind->library == NULL) {
		buf_fmt(err, "%s:%s: there was no library for tables of this type when Sallyport was built", m->type,
		    m->name);
		return false;
	}
	if ((m->here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return failed(err, "open", "the current folder");
	if ((m->dir = open(m->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return failed(err, "open", m->folder);
	if (fstat(m->dir, &st) < 0)
		return failed(err, "open", m->folder);
	if (m->roots_only && !is_roots(m->folder, &st, err))
		return false;
	if (!m->default_mode && fstatat(m->dir, m->source, &st, 0) == 0)
		m->mode = 0600 | (st.st_mode & 044);
	return lock_old(m, err);
}

bool
make_source(struct make *m, struct source *s, struct buf *err)
{
	return source_open_at(s, m->dir, m->source, err) && (!m->roots_only || is_roots(m->name, &s->seen, err));
}

static void
take_entry(void *ctx, const char *key, const char *value)
{
	struct make *m = ctx;
	bool is_new;

	if (arena_ok(&m->mem))
		entries_put(&m->entries, arena_str(&m->mem, key), arena_str(&m->mem, value), &is_new);
}

bool
make_old(struct make *m, struct buf *err)
{
	struct buf wrong = BUF(1000);
	bool ok = m->old < 0 || index_each_of(m->old, take_entry, m, &wrong);

	if (ok && !arena_ok(&m->mem)) {
		buf_puts(&wrong, "more than 1 GB of entries");
		ok = false;
	}
	if (!ok)
		buf_fmt(err, "database %s/%s: %s; build it again from its source", m->folder, m->file, buf_str(&wrong));
	buf_free(&wrong);
	return ok;
}

void
make_put(struct make *m, const struct source *s, const char *key, const char *value)
{
	bool is_new;
	struct entry *x = entries_put(&m->entries, key, value, &is_new);

	if (is_new || m->repeats == REPEATS_IGNORE)
		return;
	if (m->repeats == REPEATS_REPLACE)
		entries_set(&m->entries, x, value);
	else
		log_warn("%s, line %d: duplicate entry: \"%s\"", s->name, s->line, key);
}

bool
make_remove(struct make *m, const char *key)
{
	return entries_remove(&m->entries, key);
}

void
make_tell(struct make *m, size_t done)
{
	if (m->progress != NULL && (done % TELL_EVERY == 0 || done == m->entries.n))
		m->progress(m->progress_ctx, done, m->entries.n);
}

static bool
write_new(struct make *m, struct buf *err)
{
	for (size_t i = 0; i < NITEMS(writers); i++)
		if (strcmp(writers[i].suffix, m->kind->suffix) == 0) {
			if (writers[i].sorted || strcmp(m->type, "btree") == 0)
				entries_sort(&m->entries);
			return writers[i].write(m, "table", m->nul || (writers[i].nul && !m->no_nul), err);
		}
	must_hold(!"a kind of file without a writer");
	return false;
}

static bool
owner_and_mode(const struct make *m, int fd)
{
	/* The owner is only root's to give; a group that is not ours is left, and its rights with it. */
	if (geteuid() == 0 && fchown(fd, m->uid, m->gid) < 0)
		return false;
	return fchmod(fd, m->mode) == 0;
}

bool
make_finish(struct make *m, struct buf *err)
{
	int fd = -1;
	bool ok = make_scratch(m, err);

	if (ok && fchdir(m->work) < 0)
		ok = failed(err, "open", m->scratch);
	ok = ok && write_new(m, err);
	if (ok &&
	    ((fd = openat(m->work, "table", O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) < 0 || !owner_and_mode(m, fd) ||
		fsync(fd) < 0))
		ok = failed(err, "write", m->file);
	if (ok && renameat(m->work, "table", m->dir, m->file) < 0)
		ok = failed(err, "rename to", m->file);
	if (ok && fsync(m->dir) < 0 && errno != EINVAL && errno != EROFS)
		ok = failed(err, "flush the folder", m->folder);
	if (fd >= 0)
		close(fd);
	return ok;
}

static void
close_it(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
make_free(struct make *m)
{
	if (m->work >= 0)
		unlinkat(m->work, "table", 0);
	if (m->scratch != NULL)
		unlinkat(m->dir, m->scratch, AT_REMOVEDIR);
	if (m->here >= 0 && fchdir(m->here) < 0)
		log_warn("go back to the folder that we came from: %s", strerror(errno));
	close_it(&m->work);
	close_it(&m->old);
	close_it(&m->dir);
	close_it(&m->here);
	entries_free(&m->entries);
	arena_free(&m->mem);
	free(m->folder);
	free(m->file);
	free(m->scratch);
	m->folder = m->file = m->scratch = NULL;
}
