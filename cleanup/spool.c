/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/spool.h"

#include "lib/base/log.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { AHEAD = 65536 };

/* Not every file system knows files without a name. */
static int
nameless(int dir)
{
	char name[40];
	int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT))
		return fd;
	snprintf(name, sizeof(name), "spool.%ld", (long)gettid());
	unlinkat(dir, name, 0); /* of a process that was killed between the two calls below */
	if ((fd = openat(dir, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600)) >= 0)
		unlinkat(dir, name, 0);
	return fd;
}

static void
spill(struct spool *s)
{
	if (s->fd < 0 && (s->fd = nameless(s->dir)) < 0)
		s->error = errno;
	else if (!file_pwrite_all(s->fd, buf_str(&s->mem), s->mem.len, s->in_file))
		s->error = errno;
	s->in_file += (long)s->mem.len;
	buf_clear(&s->mem);
}

void
spool_add(struct spool *s, const void *bytes, size_t n)
{
	const char *p = bytes;
	size_t some;

	for (; n > 0 && s->error == 0; p += some, n -= some) {
		some = s->mem.max - s->mem.len;
		if (some == 0) {
			spill(s);
			continue;
		}
		if (some > n)
			some = n;
		buf_add(&s->mem, p, some);
		if (!buf_ok(&s->mem))
			s->error = ENOMEM;
	}
}

long
spool_size(const struct spool *s)
{
	return s->in_file + (long)s->mem.len;
}

int
spool_error(const struct spool *s)
{
	return s->error;
}

/* What the file has at the cursor, in the cursor's buffer; how many bytes. */
static size_t
look_ahead(struct spool *s, struct spool_cursor *c)
{
	long left = s->in_file - c->at, skip = c->at - c->ahead_at;

	if (skip >= 0 && skip < (long)c->ahead.len)
		return c->ahead.len - (size_t)skip;
	if (left > AHEAD)
		left = AHEAD;
	c->ahead.max = AHEAD;
	buf_clear(&c->ahead);
	if (buf_room(&c->ahead, (size_t)left) == NULL)
		s->error = ENOMEM;
	else if (!file_pread_all(s->fd, c->ahead.s, (size_t)left, c->at))
		s->error = errno;
	if (s->error != 0)
		return 0;
	buf_grew(&c->ahead, (size_t)left);
	c->ahead_at = c->at;
	return (size_t)left;
}

bool
spool_read(struct spool *s, struct spool_cursor *c, void *to, size_t n)
{
	char *p = to;
	size_t some;

	if (s->error != 0 || spool_size(s) - c->at < (long)n)
		return false;
	for (; n > 0; p += some, n -= some, c->at += (long)some) {
		if (c->at >= s->in_file) {
			some = n;
			memcpy(p, s->mem.s + (c->at - s->in_file), some);
			continue;
		}
		if ((some = look_ahead(s, c)) == 0)
			return false;
		if (some > n)
			some = n;
		memcpy(p, c->ahead.s + (c->at - c->ahead_at), some);
	}
	return true;
}

void
spool_cursor_free(struct spool_cursor *c)
{
	buf_free(&c->ahead);
}

const char *
spool_whole(struct spool *s, int *fd)
{
	*fd = -1;
	if (s->fd < 0)
		return buf_str(&s->mem);
	if (s->error == 0)
		spill(s);
	*fd = s->fd;
	return NULL;
}

void
spool_free(struct spool *s)
{
	int dir = s->dir;

	if (s->fd >= 0)
		close(s->fd);
	buf_free(&s->mem);
	*s = (struct spool)SPOOL(dir);
}
