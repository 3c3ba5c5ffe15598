/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite_inside - what a rewriter is made of, for the files of rewrite alone. */
#ifndef MAIL_REWRITE_INSIDE_H
#define MAIL_REWRITE_INSIDE_H

#include "lib/mail/mapping.h"
#include "lib/mail/rewrite.h"

struct rewriter {
	const struct conf *cf;
	struct ours *ours; /* NULL: no mapping at all */
	struct canonical {
		struct mapping *map; /* NULL: not configured; so with the others */
		unsigned classes;    /* 1 << enum rewrite_class */
	} canonical[3];		     /* sender_, recipient_ and for both: the order in which they are applied */
	struct masquerade {
		const char *domain;
		bool stays; /* "!example.com" */
	} * domains;
	size_t ndomains;
	char *domains_text;
	unsigned masquerade_classes;
	struct match_list *exceptions;
	struct mapping *sender_copies, *recipient_copies, *aliases;
};

#endif
