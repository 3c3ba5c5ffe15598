/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list - the queue as messages of showq.def, read from its files.
 *
 * One file after the other, recipients in slices: memory does not grow with
 * the queue.  A file that moves or goes away meanwhile is left out; what is
 * damaged is for qmgr to deal with.
 */
#ifndef SHOWQ_LIST_H
#define SHOWQ_LIST_H

#include "lib/ipc/showq.h"

enum { LIST_MEMORY = 8 << 20 };

/* queue_id "": all of it. */
void list_queue(struct ipc *, const char *queue_id);

#endif
