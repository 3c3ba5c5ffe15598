/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed - one file of maildrop/ into cleanup.
 *
 *	struct feed f = FEED(cf);
 *	switch (feed_file(&f, fd, uid, &why)) {
 *	case FATE_OK:	 (it is in the queue: the file may go)
 *	case FATE_LATER: (nothing has happened)
 *	case FATE_NEVER: (it is malformed, or cleanup will never take it)
 *	}
 *	feed_close(&f);
 *
 * The file is hostile, cleanup is not.  The connection is kept for the next
 * file; feed_lost() tells when there is none, so that trying others is of no use.
 */
#ifndef PICKUP_FEED_H
#define PICKUP_FEED_H

#include "lib/conf/conf.h"
#include "lib/ipc/cleanup.h"

#include <sys/types.h>

struct feed {
	const struct conf *cf;
	struct ipc *cleanup; /* NULL: not connected */
	bool slow;	     /* cleanup asks for in_flow_delay before the next one */
};
/* clang-format off */
#define FEED(conf) { .cf = (conf) }
/* clang-format on */

enum fate feed_file(struct feed *, int fd, uid_t, struct verdict *why);
bool feed_lost(const struct feed *);
void feed_close(struct feed *);

#endif
