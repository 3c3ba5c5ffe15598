/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file - reading, writing and replacing files, all or nothing.
 *
 *	struct buf b = BUF(1 << 20);
 *	if (!file_read(AT_FDCWD, "/etc/aliases", &b))	(errno says why; EFBIG: over the limit)
 */
#ifndef IO_FILE_H
#define IO_FILE_H

#include "lib/base/buf.h"

#include <sys/types.h>

bool file_read(int dir, const char *path, struct buf *out); /* regular files only: EISDIR, EINVAL otherwise */
bool file_write_all(int fd, const void *, size_t n);
bool file_pwrite_all(int fd, const void *, size_t n, off_t at);
bool file_pread_all(int fd, void *, size_t n, off_t at); /* ENODATA: the file ends before */

/*
 * path gets new content: temporary file in the same folder, owner, mode, ACL and
 * attributes of the old one (mode if there is none), fsync, rename, fsync of the folder.
 * A symbolic link is followed to the file that it names, and stays.
 */
bool file_replace(const char *path, const void *, size_t n, mode_t mode);

/* mkdir -p for one level: makes it or leaves it; false with errno when it is neither. */
bool file_mkdir(const char *path, mode_t mode);

/* Raise the soft limit of descriptors to the hard one. */
void file_descriptors_max(void);

#endif
