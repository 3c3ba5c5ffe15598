/* SPDX-License-Identifier: Apache-2.0 */
/* session - what one client asks of the tables: look-ups, changes, all entries; state is that of shared.h. */
#ifndef PROXYMAP_SESSION_H
#define PROXYMAP_SESSION_H

#include "lib/service/service.h"

void proxymap_session(struct session *);

#endif
