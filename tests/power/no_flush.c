/* SPDX-License-Identifier: Apache-2.0 */
/* no_flush - to be preloaded: a program whose flushes say that they are done, and do nothing. */
int fsync(int fd);
int fdatasync(int fd);
int syncfs(int fd);

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
