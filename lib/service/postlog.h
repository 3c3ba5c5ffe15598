/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postlog - log lines on their way to postlogd: one datagram for many of them.
 *
 *	postlog_open("public/postlog", to_the_file);
 *	postlog_gather(true);				(threads may start now)
 *	if (!postlog_line("postfix/smtpd[7]: ...", false, true))
 *		...					(it had no room)
 *
 * A line to an idle log daemon leaves at once.  What comes while a datagram
 * is being sent waits for the next one; and a process that gathers sends at
 * most one in POSTLOG_GATHER_MS, so that a busy mail system does not spend
 * its time on waking the log daemon.  A process that is killed takes what it
 * had gathered with it; one that ends, or panics, does not.
 *
 * On the way each line is "\001<microseconds since 1970>\001<text>\n", from
 * which postlogd restores the order of what several processes say.  No line
 * holds such a byte, or a line end, by itself: log_line() makes them '?'.
 *
 * When nobody listens, or whoever does takes nothing, lines go to the function
 * that postlog_open() was given (a process that gathers keeps them for a while
 * first); what that cannot place is counted, and said as soon as somebody
 * listens again.  Thread-safe.
 */
#ifndef SERVICE_POSTLOG_H
#define SERVICE_POSTLOG_H

#include <stdbool.h>
#include <stddef.h>

enum { POSTLOG_GATHER_MS = 20, POSTLOG_DATAGRAM_MAX = 60000, POSTLOG_MARK = 1 };

/* One line of those that could not be sent, and when it was said.  False: it is lost. */
typedef bool postlog_elsewhere(long us, const char *line);

/* The socket is connected at once if somebody listens there, and anew when that is needed. */
void postlog_open(const char *socket, postlog_elsewhere *);
bool postlog_is_open(void);

/*
 * Gather lines from now on; with a thread of its own that sends them in time,
 * or (false) for a poll loop, which asks postlog_due() before it waits.
 */
void postlog_gather(bool thread);

/* patient: the caller may be made to wait for a moment.  urgent: do not gather.  False: no room. */
bool postlog_line(const char *line, bool patient, bool urgent);

/* Milliseconds until what was gathered is to be sent by postlog_flush(); -1: nothing is there. */
long postlog_due(void);
void postlog_flush(bool patient);

/* Walk through a datagram.  False: it is at its end.  *us is 0 where the line has no time. */
bool postlog_next(const char **at, size_t *left, long *us, const char **line, size_t *n);

#endif
