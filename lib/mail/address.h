/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address - mail addresses as SMTP (RFC 5321) and headers (RFC 5322) write them.
 *
 * Inside, an address is "local@domain" with the local part quoted only where
 * it must be (the "external" form without <>): "joe@example.com",
 * "\"joe doe\"@example.com", "" for the null sender; without "@domain" when
 * none was given.  A domain that is given is valid (address_domain_ok()),
 * apart from one dot at its end, which says that nothing is to be appended.
 * There is never a control character in it.  RFC 6531: bytes above 127 are
 * allowed where the caller says so, and then they are UTF-8.
 *
 *	const char *address, *why, *args = "<joe@example.com> SIZE=100";
 *	if (!address_path(&args, true, false, false, &mem, &address, &why))
 *		reply("501 5.1.3 %s", why);
 *	... args is now "SIZE=100"
 *
 * Pure functions; results live in the arena, time is linear in the input,
 * nothing recurses.  Limits: local part 64 octets only where strict asks for
 * it, domain 255; an address has at most ADDRESS_MAX bytes, a list at most
 * ADDRESS_LIST_MAX addresses.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "lib/base/mem.h"
#include "lib/base/verdict.h"

enum { ADDRESS_MAX = 1000, ADDRESS_LIST_MAX = 100000 };

/*
 * The path of MAIL FROM: and RCPT TO: at *text; *text moves behind it and
 * the blanks after it (to the parameters).  strict (strict_rfc821_envelopes):
 * exactly RFC 5321, that is <> is required, no comments, no display name, no
 * blanks within.  Not strict: also joe@example.com, Joe <joe@example.com>,
 * joe@example.com (Joe), "a..b@example.com".  Source routes are removed.
 * "<>" gives "" when empty_ok.  False: *why is a short reason, "Bad sender
 * address syntax" when empty_ok, else "Bad recipient address syntax"; *text
 * and *address are as before.
 */
bool address_path(
    const char **text, bool strict, bool empty_ok, bool utf8, struct arena *, const char **address, const char **why);

/* local (still quoted) and domain (NULL: no @); the last @ outside quotes parts them. */
void address_split(const char *address, struct arena *, const char **local, const char **domain);

/* A local part, quoted if it must be; and the other way: without quotes and backslashes. */
const char *address_quote_local(const char *plain, struct arena *);
const char *address_unquote_local(const char *local, struct arena *);

/*
 * A domain: dot-separated labels of letters, digits, '-', '_' (utf8: and
 * UTF-8), or [literal] (RFC 5321 4.1.3).  false: not valid in an address.
 */
bool address_domain_ok(const char *domain, bool utf8);
bool address_is_literal(const char *domain);

/*
 * The addresses of a header field's body (To, Cc, Bcc, From, Resent-*): all
 * of RFC 5322 3.4 with groups, comments, quoted strings, folded lines, and
 * obs- forms.  Addresses that cannot be parsed are left out; *n counts those
 * that can.  False: more than ADDRESS_LIST_MAX, or the arena is full.
 */
struct address_item {
	const char *address; /* as above */
	const char *name;    /* display name, decoded quotes; "" if none */
	size_t at, len;	     /* where address (with its route) stands in the text, for rewriting in place */
};
bool address_list(const char *text, struct arena *, struct address_item **items, size_t *n);

/*
 * The addresses of a table's entry: "joe, Jane <jane@example.com> bob@example.com", set apart by commas or
 * blanks; "<>" is "", "@example.com" (the same user there) stays as it is.
 * False: something in it is no address, it has too many, or the arena is full.
 */
bool address_entry(const char *text, struct arena *, const char ***list, size_t *n);

/*
 * "user+ext" parted by recipient_delimiter (any of its characters, the first
 * that occurs); ext NULL if none.  local is without quotes.  Never parted:
 * what would leave no user, postmaster, mailer-daemon, double-bounce, and for
 * the delimiter '-' owner-list and list-request.
 */
void address_extension(const char *local, const char *delimiters, struct arena *, const char **user, const char **ext);

#endif
