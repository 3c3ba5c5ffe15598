/* SPDX-License-Identifier: Apache-2.0 */
/*
 * round - qmgr's life: start, the rounds of the poll loop, the end.
 *
 * At the end nothing new is handed out; verdicts and notices that are under way are
 * collected for a few seconds.  What is not there by then is offered to the
 * next qmgr by the agents themselves.
 */
#ifndef QMGR_ROUND_H
#define QMGR_ROUND_H

#include "lib/service/service.h"

extern const struct service qmgr_service;

#endif
