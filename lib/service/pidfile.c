/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/pidfile.h"

#include "lib/base/text.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static pid_t
read_pid(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	long pid;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	return text_number(text_trim(text), 1, 0x7fffffff, &pid) ? (pid_t)pid : 0;
}

int
pidfile_lock(const char *path, struct buf *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

	if (fd < 0) {
		buf_fmt(err, "open lock file %s: %s", path, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		buf_fmt(err, "another master runs already: process %d has locked %s", read_pid(fd), path);
	else
		buf_fmt(err, "lock %s: %s", path, strerror(errno));
	close(fd);
	return -1;
}

bool
pidfile_write(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\n", getpid());

	return ftruncate(fd, 0) == 0 && file_pwrite_all(fd, text, (size_t)n, 0);
}

pid_t
pidfile_holder(const char *path, struct buf *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	pid_t pid = 0;

	if (fd < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		buf_fmt(err, "open lock file %s: %s", path, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_SH | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK) {
			buf_fmt(err, "lock %s: %s", path, strerror(errno));
			pid = -1;
		} else if ((pid = read_pid(fd)) == 0) {
			buf_fmt(err, "%s is locked and has no process id in it yet", path);
			pid = -1;
		}
	}
	close(fd);
	return pid;
}
