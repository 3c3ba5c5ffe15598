/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dropper - what is to go into postdrop, and the way in.
 *
 *	struct dropper d = DROPPER(sm);
 *	dropper_records(&d, bytes, n);
 *	dropper_content(&d, bytes, n); ...
 *	status = dropper_finish(&d);		(EX_OK: the message is durable)
 *
 * A message of ordinary size is gathered, and at its end this process puts it
 * into a pipe and becomes postdrop: dropper_finish() does not return then, and
 * the command costs no second process.  What has outgrown DROPPER_GATHER or
 * the pipe is streamed into postdrop as a child.  When that ends early, what is
 * put into the pipe is dropped, and its exit status says why.
 */
#ifndef SENDMAIL_DROPPER_H
#define SENDMAIL_DROPPER_H

#include "lib/base/buf.h"

#include <sys/types.h>

enum { DROPPER_GATHER = 65532, DROPPER_RECORDS = 64 << 20 };
struct sendmail;
struct dropper {
	const struct sendmail *sm;
	pid_t pid;   /* 0: there is no child */
	int in, out; /* its standard input, its standard output */
	struct buf records, gathered;
	bool broken;
};
/* clang-format off */
#define DROPPER(sendmail) { .sm = (sendmail), .in = -1, .out = -1, .records = BUF(DROPPER_RECORDS), \
	.gathered = BUF(DROPPER_GATHER) }
/* clang-format on */

void dropper_records(struct dropper *, const char *, size_t n);
void dropper_content(struct dropper *, const char *, size_t n);
bool dropper_failed(const struct dropper *);
int dropper_finish(struct dropper *);
/* The message is not whole: postdrop must not take it, and nobody waits for its complaint. */
void dropper_cancel(struct dropper *);

#endif
