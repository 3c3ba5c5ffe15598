/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rewrite - what becomes of a complete address by the tables of main.cf.
 *
 *	struct rewriter *r;
 *	if (!rewriter_open(&r, cf, &env, &err)) ...		(before the jail; share it)
 *	rewrite_address(r, REWRITE_ENVELOPE_SENDER, sender, NULL, &mem, &sender, &why);
 *	rewrite_aliases(r, rcpt, NULL, &mem, &list, &n, &why);
 *
 * In this order, as ADDRESS_REWRITING_README has it: sender_canonical_maps or
 * recipient_canonical_maps, then canonical_maps, each until nothing changes
 * any more (REWRITE_ROUNDS at most); masquerade_domains; copies
 * (sender_bcc_maps, recipient_bcc_maps); and for recipients of the envelope
 * virtual_alias_maps, over and over.  The ..._classes parameters say which
 * addresses of a message each of the first three is for.
 *
 * With none of the parameters set *r is NULL, which all functions take for
 * "nothing to do".  Any failure is FATE_LATER: 4.3.0 for a table that failed,
 * 4.6.0 for a mapping without end or over a limit.  *why is for the log.
 *
 * Pure but for the tables, which lock inside; results live in the arena.
 */
#ifndef MAIL_REWRITE_H
#define MAIL_REWRITE_H

#include "lib/mail/trace.h"

enum { REWRITE_ROUNDS = 10 };
enum rewrite_class {
	REWRITE_ENVELOPE_SENDER,
	REWRITE_ENVELOPE_RECIPIENT,
	REWRITE_HEADER_SENDER,
	REWRITE_HEADER_RECIPIENT,
};

struct rewriter;
bool rewriter_open(struct rewriter **, const struct conf *, const struct table_env *, struct buf *err);
bool rewriter_changed(struct rewriter *);
void rewriter_free(struct rewriter **);

/* Is there anything that could change addresses of that class? */
bool rewriter_touches(const struct rewriter *, enum rewrite_class);

/* Canonical mapping and masquerading; *out is the address itself when nothing is to change. */
enum fate rewrite_address(struct rewriter *, enum rewrite_class, const char *address, struct trace *, struct arena *,
    const char **out, struct verdict *);

/* Who gets a copy because of this sender, or recipient: NULL, nobody. */
enum fate rewrite_sender_copy(
    struct rewriter *, const char *address, struct trace *, struct arena *, const char **out, struct verdict *);
enum fate rewrite_recipient_copy(
    struct rewriter *, const char *address, struct trace *, struct arena *, const char **out, struct verdict *);

/* Virtual aliases, expanded to the end; the address alone when it is none.  The same may be in it several times. */
enum fate rewrite_aliases(struct rewriter *, const char *address, struct trace *, struct arena *, const char ***list,
    size_t *n, struct verdict *);

#endif
