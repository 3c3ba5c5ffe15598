/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unavailable - parameters that ask for what this version cannot do.
 *
 *	if (!unavailable_check(cf, &err))
 *		... the service does not start; *err says why
 *
 * Where mail would get past what the administrator has put in its way, or the
 * protocol would be another one, the service does not start.  The rest is
 * named in one line of the log.
 */
#ifndef ACCESS_UNAVAILABLE_H
#define ACCESS_UNAVAILABLE_H

#include "lib/conf/conf.h"

bool unavailable_check(const struct conf *, struct buf *err);

/* Why smtpd does not start when this parameter asks for something: "mail would not be seen by them"; NULL: it does. */
const char *unavailable_without(const struct conf *, const char *parameter);

/* Nothing but HELO, NOOP, STARTTLS and QUIT without encryption, which nobody can have. */
bool unavailable_encryption(const struct conf *);

#endif
