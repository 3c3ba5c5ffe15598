/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jail - gives rights away, for good: what is left is what the service names.
 *
 * In this order: rule set opened, chroot, groups, user, no_new_privs,
 * Landlock.  Afterwards the process cannot be traced by others of its account
 * (PR_SET_DUMPABLE).  Daemons have mail_owner's group besides their own,
 * which lets them into private/.
 */
#ifndef SERVICE_JAIL_H
#define SERVICE_JAIL_H

#include "lib/service/accounts.h"
#include "lib/service/args.h"
#include "lib/service/service.h"

/* False: *err says what could not be done; the process must end then. */
bool jail_enter(
    const struct service *, const struct service_args *, const struct conf *, const struct accounts *, struct buf *err);

#endif
