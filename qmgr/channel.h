/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel - a connection to another daemon in the poll loop: messages come by callback, nothing waits.
 *
 *	c->loop = loop; c->message = heard; c->gone = lost; c->ctx = me;
 *	if (!channel_connect(c, "private/bounce", &bounce_protocol))	(errno; EAGAIN: its backlog is full)
 *	bounce_notify_send(c->ipc, &ask);
 *	channel_push(c);		(what was sent leaves before the loop waits, all in one write)
 *
 * message() is called for each message, and takes it with x_get().  It may close the channel.
 * met() (may be NULL) is called once, when the other side has said hello.  gone() is called when
 * the other side closed the connection or broke the protocol; the channel is closed then.
 * channel_close() calls nothing.  A closed channel can be connected again;
 * its struct must not be freed within its own callbacks.
 */
#ifndef QMGR_CHANNEL_H
#define QMGR_CHANNEL_H

#include "lib/base/list.h"
#include "lib/io/loop.h"
#include "lib/ipc/ipc.h"

struct channel {
	struct loop *loop;
	struct list *dirty; /* of the channels that have something to send */
	void (*message)(void *ctx);
	void (*met)(void *ctx);
	void (*gone)(void *ctx, const char *why); /* "lost connection", ... */
	void *ctx;

	struct ipc *ipc; /* NULL: closed.  What follows is the channel's own. */
	struct watch watch;
	struct list_link link; /* in dirty */
	bool introduced;
	unsigned closed; /* how often */
};

bool channel_connect(struct channel *, const char *path, const struct protocol *);
void channel_accept(struct channel *, int fd, const struct protocol *); /* the server's side; owns fd */
void channel_close(struct channel *);
void channel_push(struct channel *);

/* Before the loop waits: everything that is dirty leaves, as far as the other sides take it. */
void channels_flush(struct list *dirty);

#endif
