/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire - content of a local submission in the form that it has on the wire.
 *
 *	struct wire w = { .take = send, .ctx = me };
 *	wire_feed(&w, bytes, n);	(pieces, cut anywhere)
 *	wire_end(&w);
 *
 * LF becomes CRLF, CRLF stays, a CR elsewhere is left to cleanup.  Lines
 * "From ..." and ">From ..." at the very start are no part of a message, but
 * what a mailbox file puts before one: they go.  Pure.
 */
#ifndef PICKUP_WIRE_H
#define PICKUP_WIRE_H

#include <stdbool.h>
#include <stddef.h>

struct wire {
	void (*take)(void *ctx, const char *, size_t);
	void *ctx;
	enum { WIRE_START, WIRE_SKIP, WIRE_TEXT } state; /* start of a line that may go; in one; the message */
	char held[8];
	size_t nheld;
	char last;
};
void wire_feed(struct wire *, const char *, size_t);
void wire_end(struct wire *);

#endif
