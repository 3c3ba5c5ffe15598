/* SPDX-License-Identifier: Apache-2.0 */
/* postqueue - its two kinds of work; each gives the exit status. */
#ifndef POSTQUEUE_POSTQUEUE_H
#define POSTQUEUE_POSTQUEUE_H

#include "lib/conf/conf.h"

int queue_print(const struct conf *, bool json);
int queue_flush(const struct conf *, int what, const char *argument); /* what: f, i, s */

#endif
