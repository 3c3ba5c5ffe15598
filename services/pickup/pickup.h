/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pickup - what lies in maildrop/, one file after the other.
 *
 *	struct pickup *p = pickup_new(cf, maildrop_fd, corrupt_fd, &err);
 *	pickup_scan(p);
 *	while (pickup_step(p) == PICKUP_MORE)
 *		...
 *	pickup_free(&p);
 *
 * Whoever may write into maildrop/ may put anything there: files that change,
 * links, devices, names with line ends.  Only a regular file with one link, a
 * queue id as its name, and the owner's x bit is read; what grows for more
 * than a day is removed; anything else is moved to corrupt/, and the log says
 * so.  A file goes only after cleanup has made the message durable, so that a
 * crash at any point loses nothing and repeats at most one message.
 *
 * A step does a bounded amount of work.  A file that cannot be had now is
 * left for the next scan and holds up no other; after some of them in a row,
 * or without cleanup, the scan is over.
 */
#ifndef PICKUP_PICKUP_H
#define PICKUP_PICKUP_H

#include "lib/conf/conf.h"

struct pickup;
struct pickup *pickup_new(const struct conf *, int maildrop, int corrupt);
void pickup_scan(struct pickup *); /* from the start; once more after the current one, if there is one */

enum pickup_state {
	PICKUP_IDLE, /* nothing to do until the next pickup_scan() */
	PICKUP_MORE, /* call again */
	PICKUP_SLOW, /* call again after in_flow_delay */
};
enum pickup_state pickup_step(struct pickup *);
/* Files have been removed since the last call, and the folder is to be flushed. */
bool pickup_removed(struct pickup *);
void pickup_free(struct pickup **);

#endif
