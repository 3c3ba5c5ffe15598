/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time - the clocks that we use, and times as mail writes them.
 *
 * now_us() is wall-clock time in microseconds (what queue files and logs
 * hold); tick_ms() never jumps (what deadlines and delays are made of).
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "lib/base/buf.h"

#include <time.h>

long now_us(void);		     /* CLOCK_REALTIME, microseconds since 1970 */
long tick_ms(void);		     /* CLOCK_MONOTONIC, milliseconds */
struct timespec tick_after(long ms); /* the same clock, so long from now: for pthread_cond_clockwait() */

/* "Tue, 24 Nov 2026 06:22:01 +0000 (UTC)" in local time; RFC 5322 3.3. */
void time_rfc5322(struct buf *, long seconds);

/* A delay in Postfix's form, two significant digits below 100 s, "0.03" "1.2" "105"; no trailing zeros. */
void time_delay(struct buf *, long us);

#endif
