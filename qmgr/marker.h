/* SPDX-License-Identifier: Apache-2.0 */
/*
 * marker - was the machine shut down, or did it go down?  Kept in queue.lock.
 *
 * While qmgr runs it holds "running" and the id of this boot.  A qmgr that
 * was killed left everything in the kernel's memory; only when the boot is
 * another one may writes be missing that nobody waited for.
 */
#ifndef QMGR_MARKER_H
#define QMGR_MARKER_H

#include "lib/base/buf.h"

bool marker_unclean(int lock);
bool marker_running(int lock, struct buf *err); /* flushed before anything else happens */
void marker_clean(int lock);

#endif
