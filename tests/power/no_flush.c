/* SPDX-License-Identifier: Apache-2.0 */
/* no_flush - to be preloaded: a program whose flushes say that they are done, and do nothing. */
#include <linux/btrfs.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

int fsync(int fd);
int fdatasync(int fd);
int syncfs(int fd);
int ioctl(int fd, unsigned long request, ...);

int
fsync(int fd)
{
	(void)fd;
	return 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

int
syncfs(int fd)
{
	return fsync(fd);
}

int
ioctl(int fd, unsigned long request, ...)
{
	va_list more;
	void *argument;

	va_start(more, request);
	argument = va_arg(more, void *);
	va_end(more);
	if (request == BTRFS_IOC_START_SYNC || request == BTRFS_IOC_WAIT_SYNC)
		return fsync(fd);
	return (int)syscall(SYS_ioctl, fd, request, argument);
}
