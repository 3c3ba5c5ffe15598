/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phase - the steps of a dialogue with a server: how long each may take, and
 * Postfix's words for what went wrong in it.
 *
 *	conn_deadline(c, phase_timeout(PHASE_MAIL, settings));
 *	if (!reply_read(c, &r))
 *		return phase_lost(PHASE_MAIL, c, &r, "mx.example[192.0.2.1]", &why);
 *	if (r.code / 100 != 2)
 *		return phase_refused(PHASE_MAIL, &r, "mx.example", "mx.example[192.0.2.1]", &why);
 */
#ifndef SMTP_PHASE_H
#define SMTP_PHASE_H

#include "lib/base/verdict.h"
#include "lib/net/reply.h"
#include "smtp/settings.h"

enum phase {
	PHASE_GREETING,
	PHASE_EHLO,
	PHASE_HELO,
	PHASE_LHLO,
	PHASE_RSET,
	PHASE_MAIL,
	PHASE_RCPT,
	PHASE_DATA,
	PHASE_BODY, /* sending it; no reply */
	PHASE_END,
	PHASE_QUIT,
};

long phase_timeout(enum phase, const struct settings *); /* seconds */

/* The conn's error, as a temporary one (4.4.2). */
enum fate phase_lost(enum phase, const struct conn *, const struct reply *, const char *peer, struct verdict *why);

/*
 * The server said no: its code and status, and its words as the diagnostic.
 * A reply that is neither 4xx nor 5xx where it makes no sense is a temporary error.
 */
enum fate phase_refused(enum phase, const struct reply *, const char *host, const char *peer, struct verdict *why);

#endif
