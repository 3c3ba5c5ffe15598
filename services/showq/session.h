/* SPDX-License-Identifier: Apache-2.0 */
/* session - one listing for one client (showq.def): a request, messages with their recipients, the end. */
#ifndef SHOWQ_SESSION_H
#define SHOWQ_SESSION_H

#include "lib/service/service.h"

void showq_session(struct session *);

#endif
