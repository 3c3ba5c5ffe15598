/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logging - where a program's log lines go: maillog_file through postlogd, or syslog.
 *
 *	logging_open(cf, "postqueue", 0);
 *
 * With maillog_file set, lines go to the postlog service's socket (postlog.h);
 * when nobody holds that socket (the suite is not running) whoever may write
 * the file does so itself, in the same form.
 */
#ifndef SERVICE_LOGGING_H
#define SERVICE_LOGGING_H

#include "lib/base/log.h"
#include "lib/conf/conf.h"

enum {
	LOGGING_TROUBLE_TO_STDERR = 1, /* warnings and worse also there, until logging_started() */
	LOGGING_NEVER_WAIT = 2,	       /* master, who starts postlogd, must not wait for it */
	LOGGING_DIRECTLY = 8,	       /* to the file itself: the log daemon is gone, or about to go */
	LOGGING_AT_HOME = 16,	       /* the working directory is the queue directory, for good */
	LOGGING_ALL_TO_STDERR = 4,     /* commands: the person there reads along */
};
/* cf lives as long as the process; NULL: not known yet, so syslog. */
void logging_open(const struct conf *, const char *program, unsigned flags);
void logging_started(void);
/* Lines to postlogd may be gathered from now on; see postlog.h. */
void logging_gather(bool thread);

/* The name of this host in log lines; POSTLOG_HOSTNAME, if that is set. */
void logging_host(char out[256]);

/* One line as it stands in maillog_file: "Nov 24 06:22:01 host postfix/smtpd[12]: text\n". */
void logging_stamp(struct buf *, long seconds, const char *host, const char *text, size_t len);

/*
 * Is maillog_file set as it must be: empty, or below one of maillog_file_prefixes, and /dev/stdout
 * only when the suite runs in the foreground?  False: *err.
 */
bool logging_allowed(const struct conf *, bool foreground, struct buf *err);

/* The file, opened for appending, or stdout; -1: errno. */
int logging_file(const struct conf *);

#endif
