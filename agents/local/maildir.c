/* SPDX-License-Identifier: Apache-2.0 */
/* As the user: put a message into a Maildir. */
#include "agents/local/as_user.h"
#include "lib/base/time.h"
#include "lib/io/commit.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_SIZE = 65536 };

/* CRLF becomes LF; bytes are handed on in pieces. */
static bool
put_lf(message_put *put, void *ctx, const char *s, size_t n, bool *cr)
{
	while (n > 0) {
		const char *end;
		size_t some;

		if (*cr) {
			*cr = false;
			if (*s != '\n' && !put(ctx, "\r", 1))
				return false;
		}
		end = memchr(s, '\r', n);
		some = end != NULL ? (size_t)(end - s) : n;
		if (some > 0 && !put(ctx, s, some))
			return false;
		*cr = end != NULL;
		some += end != NULL;
		s += some;
		n -= some;
	}
	return true;
}

static bool
put_part(const struct deed *d, long at, long len, message_put *put, void *ctx, bool *cr, char *last)
{
	char *some = mem_alloc(COPY_SIZE);
	bool ok = true;

	while (ok && len > 0) {
		size_t n = len < COPY_SIZE ? (size_t)len : COPY_SIZE;

		ok = file_pread_all(d->file, some, n, at) && put_lf(put, ctx, some, n, cr);
		*last = some[n - 1];
		at += (long)n;
		len -= (long)n;
	}
	free(some);
	return ok;
}

bool
message_copy(const struct deed *d, message_put *put, void *ctx)
{
	const struct stub_act *a = d->act;
	bool cr = false;
	char last = '\n';

	return put_lf(put, ctx, a->prefix, strlen(a->prefix), &cr) &&
	    put_part(d, a->header_at, a->header_len, put, ctx, &cr, &last) && put(ctx, "\n", 1) &&
	    put_part(d, a->body_at, a->body_len, put, ctx, &cr, &last) && (!cr || put(ctx, "\r", 1)) &&
	    (last == '\n' || put(ctx, "\n", 1));
}

struct writing {
	int fd;
	size_t n;
	char some[COPY_SIZE];
};

static bool
write_some(void *ctx, const char *bytes, size_t n)
{
	struct writing *w = ctx;

	if (n > sizeof(w->some) - w->n) {
		if (!file_write_all(w->fd, w->some, w->n))
			return false;
		w->n = 0;
	}
	if (n >= sizeof(w->some))
		return file_write_all(w->fd, bytes, n);
	memcpy(w->some + w->n, bytes, n);
	w->n += n;
	return true;
}

static bool
make_folders(const char *box)
{
	static const char *const names[] = { "", "tmp", "new", "cur" };
	char path[PATH_MAX];

	for (size_t i = 0; i < NITEMS(names); i++) {
		snprintf(path, sizeof(path), "%s%s", box, names[i]);
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return false;
	}
	return true;
}

static enum fate
trouble(struct verdict *why, const char *what, const char *path)
{
	int err = errno;

	if (err == ENOSPC || err == EDQUOT || err == EFBIG)
		return later(why, "4.2.2", "%s %s: %s", what, path, strerror(err));
	return later(why, "4.2.0", "%s %s: %s", what, path, strerror(err));
}

/* Open tmp/name; the folders are made when they are not there. */
static int
create(const char *box, const char *tmp)
{
	int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == ENOENT && make_folders(box))
		fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd;
}

/* Over nothing that is there already; where the file system cannot do that in one step, with a second name. */
static bool
move(const char *tmp, const char *to)
{
	if (renameat2(AT_FDCWD, tmp, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	if (link(tmp, to) == 0) {
		unlink(tmp);
		return true;
	}
	return errno == EPERM && rename(tmp, to) == 0;
}

/* Delivered means durable: the file, and its name in new/. */
static enum fate
write_and_move(struct deed *d, int fd, const char *box, const char *tmp, const char *unique, struct verdict *why)
{
	struct writing *w = mem_zero(1, sizeof(*w));
	char to[PATH_MAX], new_folder[PATH_MAX];
	struct stat st;
	bool ok;
	int dir;

	w->fd = fd;
	ok = message_copy(d, write_some, w) && file_write_all(fd, w->some, w->n) && commit_content(fd) &&
	    fstat(fd, &st) == 0;
	free(w);
	if (!ok)
		return trouble(why, "write", tmp);
	snprintf(new_folder, sizeof(new_folder), "%snew", box);
	if (snprintf(to, sizeof(to), "%snew/%s.V%lxI%lxM.%s", box, unique, (unsigned long)st.st_dev,
		(unsigned long)st.st_ino, d->host) >= (int)sizeof(to)) {
		errno = ENAMETOOLONG;
		return trouble(why, "name in", box);
	}
	if (!move(tmp, to))
		return trouble(why, "move to", to);
	/* It will be tried again: what is not certain to last must not be there then. */
	ok = (dir = open(new_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 && commit_folder(dir);
	if (dir >= 0)
		close(dir);
	if (!ok) {
		enum fate fate = trouble(why, "sync", new_folder);

		unlink(to);
		return fate;
	}
	return fine(why, "2.0.0", "delivered to maildir");
}

enum fate
user_maildir(struct deed *d, struct verdict *why)
{
	const char *box = d->act->argument;
	char tmp[PATH_MAX], unique[64];
	long us = now_us();
	enum fate fate;
	int fd;

	if (d->act->unless[0] != '\0' && (forward_read(d, d->act->unless, why) != FATE_OK || !d->out->absent))
		return why->fate;
	if (box[0] != '/' && access(d->user->pw_dir, X_OK) < 0)
		return trouble(why, "home folder", d->user->pw_dir);
	snprintf(unique, sizeof(unique), "%ld.M%06ldP%d", us / 1000000, us % 1000000, (int)getpid());
	if (snprintf(tmp, sizeof(tmp), "%stmp/%s.%s", box, unique, d->host) >= (int)sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return trouble(why, "name in", box);
	}
	if ((fd = create(box, tmp)) < 0)
		return trouble(why, "create", tmp);
	fate = write_and_move(d, fd, box, tmp, unique, why);
	if (fate != FATE_OK)
		unlink(tmp);
	if (close(fd) < 0 && fate == FATE_OK)
		fate = trouble(why, "close", tmp);
	return fate;
}
