/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offer - what a server offers in its reply to EHLO or LHLO.
 *
 *	offer_parse(&o, "250-mx.example\n250-SIZE 1000\n250 PIPELINING", "silent-discard, dsn");
 *
 * Pure.  discard: keywords that are to be taken as not offered
 * (smtp_discard_ehlo_keywords).
 */
#ifndef SMTP_OFFER_H
#define SMTP_OFFER_H

#include <stdbool.h>

enum feature {
	OFFERS_PIPELINING = 1,
	OFFERS_8BITMIME = 2,
	OFFERS_SIZE = 4,
	OFFERS_DSN = 8,
	OFFERS_SMTPUTF8 = 16,
	OFFERS_CHUNKING = 32,
	OFFERS_STARTTLS = 64,
	OFFERS_AUTH = 128,
	OFFERS_ESMTP = 256, /* it said yes to EHLO at all */
};

struct offer {
	unsigned features;
	long size; /* largest message; 0: not said */
};

void offer_parse(struct offer *, const char *reply, const char *discard);
/* The name in the first line, "250-mx.example at your service": is it this one? */
bool offer_greets_as(const char *reply, const char *name);

#endif
