/* SPDX-License-Identifier: Apache-2.0 */
/* submit - a message from standard input to postdrop. */
#ifndef SENDMAIL_SUBMIT_H
#define SENDMAIL_SUBMIT_H

#include "commands/sendmail/options.h"
#include "lib/conf/conf.h"

/* The process: what it was asked for, and where its configuration is. */
struct sendmail {
	struct options o;
	const char *dir;       /* of main.cf */
	const struct conf *cf; /* lenient: conf_get() only */
};

/* Tells the user and the log, and ends the process. */
_Noreturn void
sendmail_fail(const struct sendmail *, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A parameter's value; ends the process when there is none. */
const char *sendmail_text(const struct sendmail *, const char *parameter);

int submit(const struct sendmail *); /* an exit status */

#endif
