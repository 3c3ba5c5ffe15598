/* SPDX-License-Identifier: Apache-2.0 */
/*
 * landlock - closes the file system and TCP to a process, but for what it names.
 *
 * landlock_prepare() opens the folders while they can still be reached;
 * landlock_enforce() comes after chroot and the change of user, sets
 * no_new_privs and takes the rights away from the calling thread and all that
 * it starts later.  Older kernels enforce less: nothing at all below ABI 2,
 * where no file could be renamed into another folder.
 */
#ifndef SERVICE_LANDLOCK_H
#define SERVICE_LANDLOCK_H

#include "lib/service/service.h"

/* The kernel's ABI; 0: none. */
int landlock_abi(void);

/* The rule set's descriptor; -1: the kernel cannot; -2: *err. */
int landlock_prepare(const struct service_rights *, const struct conf *, struct buf *err);
bool landlock_enforce(int *ruleset); /* closes it; errno when false */

/* "sandbox: landlock ABI 7, seccomp off", for the log and status. */
void landlock_describe(struct buf *);

#endif
