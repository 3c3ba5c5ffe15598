/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply - what an SMTP or LMTP server answers (RFC 5321 4.2).
 *
 *	struct reply r = REPLY;
 *	conn_deadline(c, cf->smtp_mail_timeout);
 *	if (!reply_read(c, &r))
 *		... conn_error(c): gone, late, or CONN_PROTOCOL: not a reply; r.text has what came
 *	if (r.code == 250) ...
 *	reply_free(&r);
 *
 * Strict where it matters: three digits, the same in each line, then a blank,
 * a minus sign or the end.  Servers that end lines with LF alone are
 * tolerated.  A hostile server gets no more than REPLY_LINES lines of
 * REPLY_LINE bytes; of the text REPLY_TEXT bytes are kept.
 */
#ifndef NET_REPLY_H
#define NET_REPLY_H

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/io/conn.h"

enum { REPLY_LINE = 2048, REPLY_LINES = 500, REPLY_TEXT = 16384 };

struct reply {
	int code;	 /* 200 to 599 */
	char dsn[12];	 /* "5.1.1" when there is one of the code's class, else "5.0.0" */
	struct buf text; /* printable lines with their codes, apart by '\n'; what is too much is cut off */
};
/* clang-format off */
#define REPLY { .text = BUF(REPLY_TEXT) }
/* clang-format on */

/* One line without its end, text may hold anything but NUL.  -1: no reply; 0: the last line; 1: more follow. */
int reply_line(struct reply *, const char *line);

bool reply_read(struct conn *, struct reply *);
const char *reply_text(const struct reply *, struct arena *); /* in one line */
void reply_free(struct reply *);

#endif
