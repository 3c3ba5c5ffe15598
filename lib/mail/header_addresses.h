/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header_addresses - the addresses in header fields, changed where they stand.
 *
 *	if (header_addresses_of("Reply-To", 8) != HEADER_NO_ADDRESSES &&
 *	    header_addresses_map(body, map, ctx, &mem, &out, &why) == FATE_OK && out.len > 0)
 *		... out is the new body
 *
 * Display names, encoded words (RFC 2047), comments, groups, folds and
 * whatever cannot be parsed stay byte for byte as they were written; comments
 * within an address that is changed (an obsolete form) go behind it.
 */
#ifndef MAIL_HEADER_ADDRESSES_H
#define MAIL_HEADER_ADDRESSES_H

#include "lib/base/buf.h"
#include "lib/base/verdict.h"

enum header_addresses { HEADER_NO_ADDRESSES, HEADER_SENDERS, HEADER_RECIPIENTS };
/* What kind of addresses a field of that name has, among those that mail systems rewrite. */
enum header_addresses header_addresses_of(const char *name, size_t n);

/* *out: what the address becomes; it lives in the arena, which is emptied after each address.  "" stands for no change. */
typedef enum fate
header_address_mapper(void *ctx, const char *address, struct arena *, const char **out, struct verdict *);

/* out stays empty when nothing changes, or the arena is too small for such a field.  A mapper's failure ends it. */
enum fate header_addresses_map(
    const char *body, header_address_mapper *, void *ctx, struct arena *, struct buf *out, struct verdict *);

#endif
