/* SPDX-License-Identifier: Apache-2.0 */
/* server - qmgr's own socket: news from cleanup, offers from agents, requests from commands (lib/ipc/qmgr.def). */
#ifndef QMGR_SERVER_H
#define QMGR_SERVER_H

#include "lib/ipc/qmgr.h"
#include "qmgr/qmgr.h"

struct server *server_new(struct qmgr *, const int *listeners, int n);
void server_slow(struct qmgr *, bool slow); /* tells all who bring news */
void server_tidy(struct qmgr *);	    /* before the loop waits: forgets those who have gone */

#endif
