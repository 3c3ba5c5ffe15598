/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pidfile - one master at a time: a locked file with its process id.
 *
 * The lock (flock) is the truth, not the file: it goes away with its holder.
 * Nobody but the owner may open the file, since whoever can open it can lock it.
 */
#ifndef SERVICE_PIDFILE_H
#define SERVICE_PIDFILE_H

#include "lib/base/buf.h"

#include <sys/types.h>

/* The locked file, to be kept open; -1: *err says who holds it, or what is wrong. */
int pidfile_lock(const char *path, struct buf *err);
bool pidfile_write(int fd);

/* Who holds the lock: a process id, 0: nobody; -1: *err. */
pid_t pidfile_holder(const char *path, struct buf *err);

#endif
