/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings - the parameters under one set of names: smtp_x for SMTP, lmtp_x for LMTP.
 *
 *	struct settings s;
 *	settings_load(&s, cf, lmtp);
 *	... s.rcpt_timeout ...			(cf->smtp_rcpt_timeout or cf->lmtp_rcpt_timeout)
 *
 * The strings are those of the configuration, and live as long as it does.
 */
#ifndef SMTP_SETTINGS_H
#define SMTP_SETTINGS_H

#include "lib/conf/conf.h"

struct settings {
	const struct conf *cf;
	bool lmtp;
	const char *protocol; /* "SMTP", "LMTP" */
	bool mx;	      /* look for mail exchangers */
	bool dns, native; /* how hosts are found: both: DNS, then the hosts file; native alone: the other way round */
	bool always_ehlo, never_ehlo;
	const char *needs_tls; /* the setting that forbids to send anything in the clear; NULL: none does */
	C_STR helo_name, discard_keywords;
	C_TIME helo_timeout;
#define SETTING(type, name) C_##type name;
#include "smtp/settings.def"
#undef SETTING
};

void settings_load(struct settings *, const struct conf *, bool lmtp);

/* Parameters that are set and that this program cannot honour: their names apart by blanks; "" when there is none. */
void settings_ignored(const struct conf *, bool lmtp, struct buf *names);

#endif
