/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cleanup - what all sessions of a process share: made before the first one, and only read afterwards.
 *
 * (The tables of routes and rewriter lock inside, and so does news.)
 */
#ifndef CLEANUP_CLEANUP_H
#define CLEANUP_CLEANUP_H

#include "lib/base/hash.h"
#include "lib/mail/rewrite.h"
#include "lib/mail/route.h"
#include "lib/service/service.h"

struct news;

struct cleanup {
	struct routes *routes;
	struct rewriter *rewriter; /* NULL: no table rewrites anything */
	struct hash drop;	   /* message_drop_headers */
	int incoming;		   /* the folder */
	struct news *news;
};

/* One connection, any number of messages after each other. */
void cleanup_session(struct session *);

#endif
