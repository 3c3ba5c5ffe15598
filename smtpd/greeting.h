/* SPDX-License-Identifier: Apache-2.0 */
/*
 * greeting - HELO and EHLO, and what is on offer behind them.
 */
#ifndef SMTPD_GREETING_H
#define SMTPD_GREETING_H

#include "smtpd/smtpd.h"

/* EHLO_ bits of a list of keywords, as in smtpd_discard_ehlo_keywords; names that we do not offer are skipped. */
unsigned greeting_keywords(const char *list);

/* What of EHLO is kept from this client; where a table fails, EHLO is put off. */
void greeting_look_up(struct client *);

/* A HELO name that does no harm in a log line or a Received: header; the caller's to free. */
char *greeting_harmless(const char *name);

#endif
