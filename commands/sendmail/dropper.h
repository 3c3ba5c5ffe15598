/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dropper - postdrop as a child, with a pipe into it.
 *
 *	struct dropper d = DROPPER;
 *	dropper_start(&d, sm);
 *	dropper_records(&d, bytes, n);
 *	dropper_content(&d, bytes, n); ...
 *	status = dropper_finish(&d);		(EX_OK: the message is durable)
 *
 * Small pieces are gathered.  When postdrop ends early, what is put into the
 * pipe is dropped, and its exit status says why.
 */
#ifndef SENDMAIL_DROPPER_H
#define SENDMAIL_DROPPER_H

#include "lib/base/buf.h"

#include <sys/types.h>

enum { DROPPER_GATHER = 65532 };
struct sendmail;
struct dropper {
	pid_t pid;
	int in, out; /* its standard input, its standard output */
	struct buf gathered;
	bool broken;
};
/* clang-format off */
#define DROPPER { .in = -1, .out = -1, .gathered = BUF(DROPPER_GATHER) }
/* clang-format on */

void dropper_start(struct dropper *, const struct sendmail *);
void dropper_records(struct dropper *, const char *, size_t n);
void dropper_content(struct dropper *, const char *, size_t n);
bool dropper_failed(const struct dropper *);
int dropper_finish(struct dropper *);
/* The message is not whole: postdrop must not take it, and nobody waits for its complaint. */
void dropper_cancel(struct dropper *);

#endif
