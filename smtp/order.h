/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order - which address first.  Pure functions.
 *
 * order_targets(): by MX preference; within one preference shuffled (or left
 * as they are), and with "ipv4" or "ipv6" that family before the other.
 * order_limit(): the first most of them (0: all); with balance both families
 * get up to half of the places, in the order that they have.
 */
#ifndef SMTP_ORDER_H
#define SMTP_ORDER_H

#include "smtp/hosts.h"

void order_targets(struct target *, size_t n, const char *address_preference, bool shuffle, uint64_t *random);
size_t order_limit(struct target *, size_t n, size_t most, bool balance); /* how many are left */

#endif
