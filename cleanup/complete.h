/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complete - the header as it goes into the queue file: what is dropped, rewritten, counted, and added.
 *
 *	struct complete c = { .cf = cf, .drop = &drop, .out = &spool, .mem = ARENA(COMPLETE_MEMORY), ... };
 *	complete_field(&c, &f);		(for each field, edits applied)
 *	complete_end(&c);		(adds what is missing)
 *	complete_free(&c);
 *
 * Fields go through one at a time, so that their number costs no memory.
 * What is missing is added at the end, in the order that Postfix has; when
 * the message was resent (RFC 5322 3.6.6), its Resent- fields are looked at
 * instead.  Addresses are completed and mapped in place; whatever else stands
 * in the field stays as it was written.
 */
#ifndef CLEANUP_COMPLETE_H
#define CLEANUP_COMPLETE_H

#include "cleanup/fields.h"
#include "cleanup/lines.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/conf/conf.h"
#include "lib/mail/rewrite.h"

enum { COMPLETE_MEMORY = 16 << 20 }; /* to take one field apart; one that needs more stays as it is */

struct complete {
	/* Given. */
	const struct conf *cf;
	const struct hash *drop;   /* names of fields that go */
	const char *origin;	   /* domain behind bare addresses; NULL: addresses stay as they are */
	struct rewriter *rewriter; /* of addresses that do not; NULL: they are only completed */
	bool add_missing;
	const char *id, *sender, *full_name; /* sender: complete */
	long arrival;			     /* seconds */
	struct spool *out;
	struct verdict why; /* its memory; becomes why a table failed: then the header is worth nothing */

	/* Found out. */
	struct lines lines;
	unsigned seen;				      /* which fields there were; see complete.c */
	long received, delivered;		      /* Received: and Delivered-To: fields */
	char message_id[256], resent_message_id[256]; /* with <>; "": none */
	struct arena mem;			      /* for one field */
};

void complete_field(void *complete, const struct field_text *); /* a field_taker */
void complete_end(struct complete *);
void complete_free(struct complete *);

/* message_drop_headers as a set of names; keys only. */
void complete_drop_list(struct hash *, const char *names);

#endif
