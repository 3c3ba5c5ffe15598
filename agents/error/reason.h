/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reason - a next hop such as "5.1.1 user unknown" as a verdict.
 *
 * The service's name decides: "retry" defers, any other returns; a status of
 * the other class has its first digit changed, no status means 5.0.0 or
 * 4.0.0, as in error(8) of Postfix.
 */
#ifndef ERROR_REASON_H
#define ERROR_REASON_H

#include "lib/base/verdict.h"

void reason_verdict(const char *nexthop, const char *service, struct verdict *);

#endif
