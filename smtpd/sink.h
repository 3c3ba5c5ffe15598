/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink - where a client's message goes: to cleanup, or through postdrop for "sendmail -bs".
 *
 *	struct sink *s = sink_open(c, &why);		(at the first good recipient)
 *	sink_rcpt(s, &rcpt); ...
 *	sink_content(s);
 *	sink_put(s, bytes, n); ...
 *	fate = sink_commit(s, c->tx.edits.first, &why);	(FATE_OK: durable)
 *	sink_free(&s);
 *
 * Only sink_id() and sink_commit() wait for answers: what goes wrong earlier
 * sticks and is told at the end.  A sink that is freed without it leaves nothing
 * behind.
 */
#ifndef SMTPD_SINK_H
#define SMTPD_SINK_H

#include "smtpd/smtpd.h"

struct sink;

/* What the kinds of sinks have to do; each begins with a struct sink. */
struct sink_kind {
	void (*rcpt)(struct sink *, const struct recipient *);
	void (*content)(struct sink *);
	void (*put)(struct sink *, const char *, size_t);
	void (*flush)(struct sink *);
	const char *(*id)(struct sink *);
	enum fate (*commit)(struct sink *, const struct edit *, struct verdict *why);
	void (*free)(struct sink *);
};
struct sink {
	const struct sink_kind *kind;
};

/* NULL: *why is the answer for the client.  The envelope's start is on its way. */
struct sink *sink_open(struct client *, struct verdict *why);
void sink_rcpt(struct sink *, const struct recipient *);
void sink_content(struct sink *); /* no recipients any more */
void sink_put(struct sink *, const char *, size_t);
void sink_flush(struct sink *); /* before waiting for the client */

/* The queue id, waiting for it if it is on its way; NULL: there is none, or it is known at the end only. */
const char *sink_id(struct sink *);

/* The end: *why is the answer for the client, in its arena. */
enum fate sink_commit(struct sink *, const struct edit *, struct verdict *why);
void sink_free(struct sink **); /* NULL inside is fine */

struct sink *sink_cleanup_open(struct client *, struct verdict *why);
struct sink *sink_postdrop_open(struct client *, struct verdict *why);

#endif
