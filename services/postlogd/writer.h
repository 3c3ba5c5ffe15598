/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer - log lines of many processes, put in order and written in one go.
 *
 *	struct writer *w = writer_new(fd, "mail");
 *	writer_datagram(w, bytes, n, now_us());		(any bytes)
 *	writer_flush(w, now_us() - WRITER_HOLD_US);	(false: errno; lines are lost then, and counted)
 *
 * A datagram has one line or several that know when they were said (lib/service/postlog.h).
 * What ends a line is cut off, what is in it and not printable becomes '?', and
 * WRITER_LINE_MOST bytes of it count.  Processes gather lines for a moment; so that the log
 * still tells things in the order in which they happened, a line stays here until what was
 * said before it must have come: WRITER_HOLD_US.
 */
#ifndef POSTLOGD_WRITER_H
#define POSTLOGD_WRITER_H

#include <stdbool.h>
#include <stddef.h>

enum { WRITER_LINE_MOST = 8192, WRITER_ROOM = 1 << 20, WRITER_HOLD_US = 50000 };

struct writer;
struct writer *writer_new(int fd, const char *host); /* fd is the writer's now */
/* Who says that a line is from the future, or long ago, is not believed. */
void writer_datagram(struct writer *, const char *bytes, size_t n, long now_us);
/* Write what was said until then; LONG_MAX: everything. */
bool writer_flush(struct writer *, long until_us);
bool writer_waits(const struct writer *);	  /* is there more? */
unsigned long writer_lost(const struct writer *); /* lines */
void writer_free(struct writer **);

#endif
