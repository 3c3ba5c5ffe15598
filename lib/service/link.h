/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link - a daemon's connection to master: what it says and what it hears.
 *
 * One a process, shared by its threads: every function locks.  Messages are
 * few and small; a master that does not read for 10 seconds counts as gone.
 */
#ifndef SERVICE_LINK_H
#define SERVICE_LINK_H

#include <stdbool.h>

enum { LINK_WAKEUP = 1, LINK_GONE = 2, LINK_REPORT = 4, LINK_SHARE = 8 };

bool link_open(int fd); /* false: no socket is there, so nobody is our master */
int link_fd(void);

void link_ready(long most, bool helper);
void link_served(void); /* says so once */
void link_state(bool full, bool nearly, long sessions);
void link_retire(const char *why); /* says so once */

/* What has come, without waiting: LINK_ bits. */
unsigned link_read(void);
long link_share(void); /* what came with LINK_SHARE */
/* What master said last about stress. */
bool link_stress(void);

#endif
