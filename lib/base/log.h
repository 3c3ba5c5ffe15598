/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - one line an event, in Postfix's words, to whoever listens.
 *
 * A line leaves the process as "postfix/smtpd[4711]: connect from ...": the
 * syslog name, the program, and the kernel id of the calling thread, so that
 * the lines of one session pair up.  What is not printable becomes '?'.
 *
 *	log_open("postfix", "smtpd", LOG_TO_STDERR);
 *	log_info("connect from %s[%s]", name, addr);
 *
 * log_fatal() is for start-up trouble and ends the process with one of
 * sysexits' codes: EX_CONFIG (the administrator can mend it) or EX_TEMPFAIL,
 * EX_OSERR (the system; try again).  panic() is for bugs: it logs and aborts.
 * Thread-safe.  Never blocks for a log daemon: a line that cannot be sent at
 * once is written to stderr and counted.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <sysexits.h>

#define EX_OSERR_MEMORY EX_OSERR

enum log_level { LOG_INFO_, LOG_WARNING_, LOG_ERROR_, LOG_FATAL_, LOG_PANIC_, LOG_DEBUG_ };

/*
 * Where lines go.  The sink gets the severity and the whole line without a
 * line end, "postfix/smtpd[12]: text"; false means it could not take it.
 */
typedef bool log_sink(enum log_level, const char *line);

log_sink log_to_stderr; /* the message alone, as a command talks to a person: "smtpd: text" */
log_sink log_to_stdout; /* with a time stamp, for containers */
log_sink log_to_syslog; /* /dev/log; opened by log_open() so that a chroot needs none */

void log_open(const char *syslog_name, const char *program, log_sink *);
void log_program(const char *syslog_name, const char *program); /* rename, sink kept; "": the program alone */
const char *log_name(void);					/* "postfix/smtpd" */
void log_debugging(bool on);

/* What this thread is busy with ("DATA from host[1.2.3.4]"): added to panics and fatal errors. */
void log_doing(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What this thread says from now on was due at that time (now_us()); 0: as it is said.  For sinks that can tell. */
void log_as_of(long us);
long log_time_us(void);

void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn_lines(const char *lines); /* each of them, apart by '\n', is a warning */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_line(enum log_level, const char *fmt, va_list) __attribute__((format(printf, 2, 0)));
_Noreturn void log_fatal(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The bug report behind must_hold(): logs file, line, expression and what the thread was doing. */
_Noreturn void log_panic(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* An assertion that stays in the shipped program. */
#define must_hold(cond) ((cond) ? (void)0 : log_panic(__FILE__, __LINE__, "this should never happen: !(%s)", #cond))

#endif
