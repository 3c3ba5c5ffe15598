/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend - libunbound behind a poll loop.
 *
 *	struct backend *b = backend_new(loop, &servers, anchors, &err);
 *	struct lookup l = { .done = answer, .ctx = me };
 *	backend_ask(b, "example.com", 15, &l);		(answer() is called from the loop, once)
 *	backend_cancel(&l);				(or never)
 *	backend_retire(&b);				(gone when its last lookup is)
 *
 * With trust anchors answers are validated; without, none is secure.  One
 * context cannot be told of other servers: make a new backend then.
 * libunbound works in a thread of its own; nothing here is shared with it.
 */
#ifndef RESOLVER_BACKEND_H
#define RESOLVER_BACKEND_H

#include "lib/base/buf.h"
#include "lib/io/loop.h"
#include "services/resolver/servers.h"

#include <unbound.h>

struct backend;

/* The caller's; alive until done() was called or it was cancelled. */
struct lookup {
	void (*done)(void *ctx, const struct ub_result *, const char *problem); /* result NULL: problem says why */
	void *ctx;
	struct backend *backend; /* the backend's; NULL: not under way */
	int id;
};

struct backend *
backend_new(struct loop *, const struct servers *, const char *anchors, struct buf *err); /* NULL: err */
void backend_ask(struct backend *, const char *name, int type, struct lookup *);
void backend_cancel(struct lookup *);
void backend_retire(struct backend **);

#endif
