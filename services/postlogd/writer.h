/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer - log lines gathered and written in one go.
 *
 *	struct writer *w = writer_new(fd, "mail");
 *	writer_line(w, bytes, n, now);	(any bytes)
 *	writer_flush(w);		(false: errno; the lines are lost then, and counted)
 *
 * A datagram becomes one line: what ends it is cut off, what is in it and not
 * printable becomes '?', and LINE_MOST bytes of it count.
 */
#ifndef POSTLOGD_WRITER_H
#define POSTLOGD_WRITER_H

#include <stdbool.h>
#include <stddef.h>

enum { WRITER_LINE_MOST = 8192, WRITER_GATHER = 65536 };

struct writer;
struct writer *writer_new(int fd, const char *host); /* fd is the writer's now */
void writer_line(struct writer *, const char *bytes, size_t n, long seconds);
bool writer_flush(struct writer *);
unsigned long writer_lost(const struct writer *); /* lines */
void writer_free(struct writer **);

#endif
