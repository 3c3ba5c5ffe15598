/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder - a FUSE file system of one file, "disk", that logs every write and every flush in their order.
 *
 *	recorder LOG BYTES MOUNTPOINT
 *
 * A loop device over that file makes a block device of it: the block layer's
 * writes arrive here as writes, its flushes (a barrier, or what follows a
 * write with FUA, which a loop device does not have) as fsync.  So the log
 * is what a disk with a volatile cache would have seen, and any prefix of it
 * can be made a disk again.
 *
 * It is shaped by four things.  It answers one request at a time (-s), and
 * only once the entry is in the log, so that the order of the log is that of
 * the answers: who holds an answer finds everything that led to it in front
 * of the log's end as it is then.  The log is a plain file outside of the disk
 * and each entry one write to it, so that its size is the position, which
 * anybody reads with stat().  The disk itself is memory, for nothing needs
 * to survive here but the log.  And its pages are locked, since a server of a
 * block device that waits for memory may wait for itself.
 *
 * An entry: 8 octets nanoseconds (CLOCK_MONOTONIC), 8 offset, 4 length, 4
 * kind (1 write, 2 flush), in the machine's order, then a write's data.
 * Deallocation and zeroing are not offered; the kernel writes zeroes then.
 */
#define FUSE_USE_VERSION 35
#include <fuse.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define DISK "/disk"

enum { WRITE = 1, FLUSH = 2, LARGEST = 1 << 20, BILLION = 1000000000 };

struct entry {
	uint64_t ns, offset;
	uint32_t len, kind;
};

struct recorder {
	int log;
	size_t size;
	char *disk;
};

static struct recorder *
self(void)
{
	return fuse_get_context()->private_data;
}

/* Half an entry would make all that follow unreadable: then the test is over. */
static void
record(struct recorder *r, uint32_t kind, uint64_t offset, const char *data, size_t len)
{
	struct entry e = { .offset = offset, .len = (uint32_t)len, .kind = kind };
	struct iovec parts[] = { { &e, sizeof(e) }, { (void *)(uintptr_t)data, len } };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	e.ns = (uint64_t)now.tv_sec * BILLION + (uint64_t)now.tv_nsec;
	if (writev(r->log, parts, 2) != (ssize_t)(sizeof(e) + len)) {
		perror("recorder: write the log");
		abort();
	}
}

static int
get_attributes(const char *path, struct stat *st, struct fuse_file_info *info)
{
	(void)info;
	memset(st, 0, sizeof(*st));
	st->st_nlink = 1;
	st->st_mode = S_IFDIR | 0700;
	if (strcmp(path, "/") == 0)
		return 0;
	st->st_mode = S_IFREG | 0600;
	st->st_size = (off_t)self()->size;
	return strcmp(path, DISK) == 0 ? 0 : -ENOENT;
}

static int
open_disk(const char *path, struct fuse_file_info *info)
{
	(void)info;
	return strcmp(path, DISK) == 0 ? 0 : -ENOENT;
}

static int
inside(const struct recorder *r, size_t n, off_t at)
{
	return at >= 0 && (size_t)at <= r->size && n <= r->size - (size_t)at;
}

static int
read_disk(const char *path, char *to, size_t n, off_t at, struct fuse_file_info *info)
{
	const struct recorder *r = self();

	(void)path, (void)info;
	if (!inside(r, 0, at))
		return 0;
	if (!inside(r, n, at))
		n = r->size - (size_t)at;
	memcpy(to, r->disk + at, n);
	return (int)n;
}

static int
write_disk(const char *path, const char *from, size_t n, off_t at, struct fuse_file_info *info)
{
	struct recorder *r = self();

	(void)path, (void)info;
	if (!inside(r, n, at))
		return -ENOSPC;
	memcpy(r->disk + at, from, n);
	record(r, WRITE, (uint64_t)at, from, n);
	return (int)n;
}

static int
flush_disk(const char *path, int only_data, struct fuse_file_info *info)
{
	(void)path, (void)only_data, (void)info;
	record(self(), FLUSH, 0, "", 0);
	return 0;
}

static void *
start(struct fuse_conn_info *connection, struct fuse_config *config)
{
	/* No writeback cache: what the loop device wrote is here before the loop device says so. */
	connection->want &= ~(unsigned)FUSE_CAP_WRITEBACK_CACHE;
	connection->max_write = LARGEST;
	config->attr_timeout = config->entry_timeout = 3600;
	if (mlockall(MCL_CURRENT | MCL_ONFAULT) < 0)
		perror("recorder: lock the memory");
	return self();
}

static const struct fuse_operations operations = {
	.init = start,
	.getattr = get_attributes,
	.open = open_disk,
	.read = read_disk,
	.write = write_disk,
	.fsync = flush_disk,
};

int
main(int argc, char **argv)
{
	struct recorder r = { .log = -1 };
	char one[] = "-s", foreground[] = "-f";
	char *args[] = { argv[0], one, foreground, argc == 4 ? argv[3] : NULL, NULL };

	if (argc != 4 || (r.size = strtoul(argv[2], NULL, 10)) == 0) {
		fprintf(stderr, "usage: recorder LOG BYTES MOUNTPOINT\n");
		return 64;
	}
	r.disk = mmap(NULL, r.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r.disk == MAP_FAILED || (r.log = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600)) < 0) {
		perror("recorder");
		return 71;
	}
	return fuse_main(4, args, &operations, &r);
}
