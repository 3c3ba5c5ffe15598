/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parameters - what follows the address in MAIL FROM and RCPT TO.
 *
 *	struct mail_parameters p;
 *	if ((why = parameters_mail(" SIZE=1000 BODY=8BITMIME", 0, &mem, &p)) != NULL)
 *		reply(c, "%s", why);
 *
 * Pure.  Cuts the text up; results and the refusal live in the arena.  ENVID
 * and ORCPT come out decoded; what decodes to a control character is refused.
 * RFC 1870 (SIZE), 6152 (BODY), 3461 (RET, ENVID, NOTIFY, ORCPT).
 */
#ifndef SMTPD_PARAMETERS_H
#define SMTPD_PARAMETERS_H

#include "lib/base/mem.h"

struct mail_parameters {
	long size;	  /* 0: not given */
	const char *body; /* "7BIT", "8BITMIME" or "" */
	const char *ret;  /* "FULL", "HDRS" or "" */
	const char *envid;
};
struct rcpt_parameters {
	const char *orcpt;  /* "type;address" or "" */
	const char *notify; /* "NEVER", or some of SUCCESS FAILURE DELAY with commas between, or "" */
};

/* NULL, or the reply that refuses them.  discarded: EHLO_ bits of what is not on offer. */
const char *parameters_mail(char *text, unsigned discarded, struct arena *, struct mail_parameters *out);
const char *parameters_rcpt(char *text, unsigned discarded, struct arena *, struct rcpt_parameters *out);

#endif
