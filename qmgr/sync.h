/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync - what changed in the queue reaches the disk within queue_status_sync, and qmgr never waits for it.
 *
 * A crash of qmgr loses nothing that was written: the kernel has it.  Only a
 * power failure does, and it may repeat what was done within that time.  So:
 * - slots and history of a file that stays are flushed (sync_marks, sync_file);
 * - a file that goes away, or moves, needs no flush of its own, but the folder
 *   that it was in does (sync_left): one for all that left it meanwhile.
 *
 * The folder that it moved to is not enough: btrfs then keeps the old name
 * as well, and with it what has been done since under the new one.  A folder
 * that nothing left is not flushed.
 */
#ifndef QMGR_SYNC_H
#define QMGR_SYNC_H

#include "qmgr/message.h"

struct sync *sync_new(struct qmgr *);
void sync_marks(struct message *);		 /* its file was written to, and stays open */
void sync_forget(struct message *);		 /* it leaves memory: flushed once more, if need be */
void sync_file(struct qmgr *, int fd);		 /* a file that was written to, and is closed soon */
void sync_left(struct qmgr *, const char *path); /* a file has this name no more: its folder */
void sync_wait(struct qmgr *);			 /* at the end: until everything is on the disk */

#endif
