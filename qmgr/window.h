/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window - how many deliveries to one destination may run at a time.
 *
 * A delivery whose connection worked adds a little, one whose connection or
 * handshake failed takes a little away; whole steps change the number.  Steps
 * up come at the end of a sequence of good ones, steps down at the start of
 * a sequence of bad ones, so that overload is corrected at once.  Apart from
 * that, failures that are worth more than so many rounds ("cohorts": as many
 * deliveries as the window is wide) without a success between them mean that
 * the destination is dead.  SCHEDULER_README of Postfix has the reasons.
 */
#ifndef QMGR_WINDOW_H
#define QMGR_WINDOW_H

#include <stdbool.h>

/* "1", "0.25", "1/8", "1/concurrency", "1/sqrt_concurrency" */
struct feedback {
	double amount;
	enum { FEEDBACK_PLAIN, FEEDBACK_BY_N, FEEDBACK_BY_ROOT } divided;
};
bool feedback_parse(const char *text, struct feedback *out); /* false: not one, or not within 0..1 */

struct window_limits {
	long initial, most; /* most == 0: no limit */
	struct feedback up, down;
	long cohorts; /* 0: never dead */
};
struct window {
	long size;
	double success, failure, cohorts;
};

void window_start(struct window *, const struct window_limits *);
void window_good(struct window *, const struct window_limits *, long busy); /* busy: this one included */
bool window_bad(struct window *, const struct window_limits *);		    /* true: dead */

#endif
