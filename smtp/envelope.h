/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope - the commands MAIL FROM and RCPT TO with their parameters, as far
 * as the server offers what they need.  Pure.
 *
 * Extensions: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), RET,
 * ENVID, NOTIFY and ORCPT (RFC 3461).  Lines end with CRLF; an address that
 * could end a command or add to it is refused by envelope_address_ok(), which
 * must be asked first.
 */
#ifndef SMTP_ENVELOPE_H
#define SMTP_ENVELOPE_H

#include "lib/ipc/deliver.h"
#include "smtp/offer.h"

enum { ENVELOPE_LINE = 8192 };

/* No control characters, and nothing outside quotes that would end the path; utf8: bytes above 127 may be in it. */
bool envelope_address_ok(const char *address, bool utf8);

/* size: octets as they will be sent; auth: add AUTH=<> where AUTH is offered. */
void envelope_mail(struct buf *, const struct deliver_request *, long size, const struct offer *, bool auth);
void envelope_rcpt(struct buf *, const struct deliver_rcpt *, const struct offer *);

#endif
