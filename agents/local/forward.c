/* SPDX-License-Identifier: Apache-2.0 */
/* As the user: read a .forward file. */
#include "agents/local/as_user.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FORWARD_MAX = 32768 };

/*
 * A file that tells what happens to somebody's mail must be that somebody's,
 * or root's, and nobody else's to write to.  Others are as good as absent.
 */
static enum fate
read_one(struct deed *d, const char *path, struct verdict *why)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct buf text = BUF(FORWARD_MAX);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EACCES
		    ? FATE_OK
		    : later(why, "4.3.0", "open %s: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		d->out->ignored = arena_fmt(d->mem, "%s is ignored: not a regular file", path);
	else if ((st.st_uid != d->user->pw_uid && st.st_uid != 0) || (st.st_mode & 022) != 0)
		d->out->ignored = arena_fmt(d->mem, "%s is ignored: others may write to it", path);
	else if (st.st_size > FORWARD_MAX)
		later(why, "4.3.0", "%s is larger than %d bytes", path, FORWARD_MAX);
	else if (buf_room(&text, (size_t)st.st_size) == NULL || !file_pread_all(fd, text.s, (size_t)st.st_size, 0))
		later(why, "4.3.0", "read %s: %s", path, strerror(errno));
	else {
		d->out->content = arena_strn(d->mem, text.s, (size_t)st.st_size);
		d->out->absent = false;
	}
	buf_free(&text);
	close(fd);
	return why->fate;
}

enum fate
forward_read(struct deed *d, const char *paths, struct verdict *why)
{
	char *cursor = arena_str(d->mem, paths), *path;

	d->out->absent = true;
	while (d->out->absent && why->fate == FATE_OK && (path = strsep(&cursor, "\n")) != NULL)
		read_one(d, path, why);
	return why->fate;
}

enum fate
user_read(struct deed *d, struct verdict *why)
{
	return forward_read(d, d->act->argument, why);
}
