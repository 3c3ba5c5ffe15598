/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites - the servers of a delivery, one after the other, until no recipient
 * is open: the next hops that qmgr names, then smtp_fallback_relay; of each
 * the kept connections, then its hosts in order.
 *
 * At most smtp_mx_session_limit servers that have greeted us are talked to
 * for one next hop.  What is wrong with the destination is left in d->why.
 */
#ifndef SMTP_SITES_H
#define SMTP_SITES_H

#include "smtp/delivery.h"

void sites_try(struct delivery *);

#endif
