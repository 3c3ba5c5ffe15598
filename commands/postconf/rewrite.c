/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/postconf/rewrite.h"

#include "lib/base/log.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 100, PAUSE_MS = 100, ROOM = 1 << 20 };

/*
 * The lock lies on the file itself.  Whoever had it before us put a new file
 * in its place, so a lock on what is no longer the file of that name is none.
 */
static int
try_lock(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat mine, current;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &mine) == 0 && stat(path, &current) == 0) {
		if (mine.st_dev == current.st_dev && mine.st_ino == current.st_ino)
			return fd;
		errno = EWOULDBLOCK;
	}
	close(fd);
	return -1;
}

static int
lock(const char *path)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	int fd;

	for (int i = 0; i < TRIES; i++) {
		if ((fd = try_lock(path)) >= 0)
			return fd;
		if (errno != EWOULDBLOCK)
			return -1;
		nanosleep(&pause, NULL);
	}
	errno = EWOULDBLOCK;
	return -1;
}

void
rewrite_begin(struct rewrite *w, const char *path)
{
	struct buf err = BUF(4096);

	*w = (struct rewrite){ .path = path, .old = BUF(CFTEXT_FILE), .new = BUF(CFTEXT_FILE + ROOM) };
	w->lock = lock(path);
	if (w->lock < 0 && errno == EWOULDBLOCK)
		log_fatal(1, "%s: another program is changing this file, for %d seconds now; try again", path,
		    TRIES * PAUSE_MS / 1000);
	if (!cftext_read(path, &w->old, &err))
		log_fatal(1, "%s", buf_str(&err));
	if (w->lock < 0)
		log_fatal(1, "lock %s: %s", path, strerror(errno));
}

void
rewrite_copy(struct rewrite *w, const struct cftext_line *l, bool comment)
{
	if (comment)
		buf_putc(&w->new, '#');
	buf_add(&w->new, l->s, l->len);
}

void
rewrite_finish_line(struct rewrite *w)
{
	if (w->new.len > 0 && w->new.s[w->new.len - 1] != '\n')
		buf_putc(&w->new, '\n');
}

void
rewrite_commit(struct rewrite *w)
{
	if (!buf_ok(&w->new))
		log_fatal(1, "%s: becomes larger than %d bytes; nothing was changed", w->path, CFTEXT_FILE);
	if ((w->new.len != w->old.len || memcmp(buf_str(&w->new), buf_str(&w->old), w->new.len) != 0) &&
	    !file_replace(w->path, buf_str(&w->new), w->new.len, 0644))
		log_fatal(1, "write %s: %s; nothing was changed", w->path, strerror(errno));
	close(w->lock);
	buf_free(&w->old);
	buf_free(&w->new);
}
