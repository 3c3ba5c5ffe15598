/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generic - addresses as others may see them: smtp_generic_maps and lmtp_generic_maps, see generic(5).
 *
 *	if (!generic_apply(&d, &why))
 *		delivery_settle_all(&d, &why, true);
 *
 * What goes over the wire changes, in envelope and header; what log, queue and
 * notices say of a recipient is what the queue knows.
 */
#ifndef SMTP_GENERIC_H
#define SMTP_GENERIC_H

#include "smtp/delivery.h"

/* Nothing is opened when the parameter is empty.  False: err says why. */
bool generic_open(struct client *, const struct conf *, struct buf *err);

/* d->wire, d->wire_rcpts and d->content, which are there already.  False: not now, *why says why; the log, too. */
bool generic_apply(struct delivery *, struct verdict *why);
void generic_free(struct delivery *);

#endif
