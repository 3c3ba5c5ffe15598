/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address - mail addresses as SMTP (RFC 5321) and headers (RFC 5322) write them.
 *
 * Inside, an address is "local@domain" with the local part quoted only where
 * it must be (the "external" form without <>): "joe@example.com",
 * "\"joe doe\"@example.com", "" for the null sender.  RFC 6531: bytes above
 * 127 are allowed where the caller says so.
 *
 * Pure functions; results live in the arena.  Limits: local part 64 and
 * domain 255 octets only where strict asks for it; an address has at most
 * ADDRESS_MAX bytes, a list at most ADDRESS_LIST_MAX addresses.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "lib/base/mem.h"
#include "lib/base/verdict.h"

enum { ADDRESS_MAX = 1000, ADDRESS_LIST_MAX = 100000 };

/*
 * The path of MAIL FROM: and RCPT TO: at *text; *text moves behind it (to the
 * parameters).  strict (strict_rfc821_envelopes): <> is required, no comments,
 * no display name.  Source routes are removed.  "<>" gives "" when empty_ok.
 * False: *why is a short reason ("Bad recipient address syntax").
 */
bool address_path(
    const char **text, bool strict, bool empty_ok, bool utf8, struct arena *, const char **address, const char **why);

/* local and domain (NULL: no @); the last @ outside quotes parts them. */
void address_split(const char *address, struct arena *, const char **local, const char **domain);

/* A local part, quoted if it must be; and the other way: without quotes and backslashes. */
const char *address_quote_local(const char *plain, struct arena *);
const char *address_unquote_local(const char *local, struct arena *);

/* A domain: dot-separated labels, or [literal].  false: not valid in an address. */
bool address_domain_ok(const char *domain, bool utf8);
bool address_is_literal(const char *domain);

/*
 * The addresses of a header field's body (To, Cc, Bcc, From, Resent-*): all
 * of RFC 5322 3.4 with groups, comments, quoted strings, folded lines, and
 * obs- forms.  Addresses that cannot be parsed are left out; *n counts.
 */
struct address_item {
	const char *address; /* as above */
	const char *name;    /* display name, decoded quotes; "" if none */
	size_t at, len;	     /* where address stands in the text (for rewriting in place) */
};
bool address_list(const char *text, struct arena *, struct address_item **items, size_t *n);

/* "user+ext" parted by recipient_delimiter (any of its characters, the first that occurs); ext NULL if none. */
void address_extension(const char *local, const char *delimiters, struct arena *, const char **user, const char **ext);

#endif
