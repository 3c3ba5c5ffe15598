/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/io/file.h"

#include "lib/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { READ_SIZE = 16384, ATTRIBUTE_NAMES = 8192, ATTRIBUTE_VALUE = 16384 };

static bool
read_all(int fd, struct buf *out)
{
	for (;;) {
		char *at = buf_room(out, 1);
		size_t room;
		ssize_t r;

		if (at == NULL) {
			char extra;

			/* Exactly at the limit is still fine. */
			if (out->len == out->max && read(fd, &extra, 1) == 0) {
				out->bad = false;
				return true;
			}
			errno = EFBIG;
			return false;
		}
		room = out->max - out->len < READ_SIZE ? out->max - out->len : READ_SIZE;
		if ((at = buf_room(out, room)) == NULL)
			return false;
		r = read(fd, at, room);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return false;
		if (r == 0)
			return true;
		buf_grew(out, (size_t)r);
	}
}

bool
file_read(int dir, const char *path, struct buf *out)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), saved;
	struct stat st;
	bool ok = false;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0)
		;
	else if (S_ISDIR(st.st_mode))
		errno = EISDIR;
	else if (!S_ISREG(st.st_mode))
		errno = EINVAL;
	else
		ok = read_all(fd, out);
	saved = errno;
	close(fd);
	errno = saved;
	return ok;
}

bool
file_write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t r = write(fd, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return false;
		p += r;
		n -= (size_t)r;
	}
	return true;
}

bool
file_pwrite_all(int fd, const void *bytes, size_t n, off_t at)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t r = pwrite(fd, p, n, at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return false;
		p += r;
		at += r;
		n -= (size_t)r;
	}
	return true;
}

bool
file_pread_all(int fd, void *bytes, size_t n, off_t at)
{
	char *p = bytes;

	while (n > 0) {
		ssize_t r = pread(fd, p, n, at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r == 0)
			errno = ENODATA;
		if (r <= 0)
			return false;
		p += r;
		at += r;
		n -= (size_t)r;
	}
	return true;
}

/*
 * Attributes of the old file: labels and what users hung on it, as far as we may set them.  An ACL
 * must come along: without it the mode alone would let in whom it kept out.
 */
static bool
keep_attributes(int fd, const char *path)
{
	static const char acl[] = "system.posix_acl_access";
	char names[ATTRIBUTE_NAMES], value[ATTRIBUTE_VALUE];
	ssize_t all = listxattr(path, names, sizeof(names)), n;

	for (const char *name = names; name < names + all; name += strlen(name) + 1)
		if (((n = getxattr(path, name, value, sizeof(value))) < 0 ||
			fsetxattr(fd, name, value, (size_t)n, 0) < 0) &&
		    strcmp(name, acl) == 0)
			return false;
	return true;
}

/* The new file under a temporary name, complete and durable, or gone. */
static bool
write_beside(int fd, const char *path, const void *bytes, size_t n, mode_t mode)
{
	struct stat st;
	bool old = stat(path, &st) == 0;

	if (old) {
		mode = st.st_mode & 07777;
		if (fchown(fd, st.st_uid, st.st_gid) < 0 && errno != EPERM)
			return false;
	}
	return fchmod(fd, mode) == 0 && (!old || keep_attributes(fd, path)) && file_write_all(fd, bytes, n) &&
	    fsync(fd) == 0;
}

static void
sync_folder_of(const char *path)
{
	char *slash, *folder = mem_str(path);
	int fd;

	if ((slash = strrchr(folder, '/')) != NULL)
		slash[slash == folder] = '\0';
	fd = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd); /* some file systems cannot; the rename is done all the same */
		close(fd);
	}
	free(folder);
}

bool
file_replace(const char *given, const void *bytes, size_t n, mode_t mode)
{
	char real[PATH_MAX], *temporary;
	const char *path = realpath(given, real) != NULL ? real : given;
	int fd, saved;
	bool ok = false;

	temporary = mem_fmt("%s.XXXXXX", path);
	if ((fd = mkostemp(temporary, O_CLOEXEC)) >= 0) {
		ok = write_beside(fd, path, bytes, n, mode);
		saved = errno;
		if (close(fd) < 0 && ok) {
			saved = errno;
			ok = false;
		}
		errno = saved;
		if (ok && rename(temporary, path) < 0)
			ok = false;
		saved = errno;
		if (ok)
			sync_folder_of(path);
		else
			unlink(temporary);
		errno = saved;
	}
	free(temporary);
	return ok;
}

bool
file_mkdir(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return chmod(path, mode) == 0; /* whatever the umask is */
	if (errno != EEXIST || stat(path, &st) < 0)
		return false;
	if (S_ISDIR(st.st_mode))
		return true;
	errno = ENOTDIR;
	return false;
}

void
file_descriptors_max(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}
