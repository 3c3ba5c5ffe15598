/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report - the text of a delivery status notification: multipart/report with
 * a part for people, one for programs (RFC 3464, RFC 6533) and the message or
 * its header (RFC 3462).  Pure: what it knows comes in, bytes go out.
 *
 *	report_compose(&r, put, ctx);
 *
 * Lines end in CRLF.
 */
#ifndef BOUNCE_REPORT_H
#define BOUNCE_REPORT_H

#include "lib/base/buf.h"
#include "lib/mail/qfile.h"
#include "lib/mail/template.h"

struct report_rcpt {
	struct recipient rcpt;
	struct history last; /* what became of it */
};
enum report_kind { REPORT_TO_SENDER, REPORT_TO_POSTMASTER };

struct report {
	enum report_kind kind;
	const char *myhostname, *mail_name;
	const char *to; /* an address, without <> */
	const struct template *template;
	const char *text;     /* the template's, with names replaced; lines end in '\n' */
	const char *queue_id; /* of the message that could not be delivered */
	long now;	      /* seconds since 1970 */
	bool expired;
	bool header_only; /* RET=HDRS, REQUIRETLS, or larger than bounce_size_limit */
	const struct envelope *envelope;
	const struct report_rcpt *rcpts;
	size_t n;
};

/* Is there anything in it that is not ASCII? */
bool report_has_8bit(const struct report *);

typedef void report_put(void *ctx, const char *bytes, size_t n);
/* Up to where the returned message or header begins; the caller writes that, and then the end. */
void report_begin(const struct report *, report_put *, void *ctx);
void report_end(const struct report *, report_put *, void *ctx);

/* Fold a long text into lines of at most 78 octets where there are blanks, each line but the first after indent. */
void report_fold(struct buf *, const char *text, const char *indent);

#endif
