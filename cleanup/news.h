/* SPDX-License-Identifier: Apache-2.0 */
/*
 * news - what cleanup and qmgr say to each other about a new file.
 *
 *	struct call *c = news_call(n);			(this message's; never NULL, nor does it wait)
 *	if (news_worth(n, kind) && call_offer(c, id))	(its flush waits meanwhile)
 *		... call_wait(c, id) == CALL_DELIVERED: the file is gone, all is done
 *	done.slow = call_slow(c);
 *	call_tell(c, id);				(it is durable), or
 *	call_failed(c, id);				(it was offered, and is not)
 *	news_over(n, &c);
 *
 * News is a hint, never a reason to wait: what cannot be sent at once is
 * dropped, and the next news that gets through says that incoming/ must be
 * looked through.  An offer is a question, with a time limit of its own: can
 * this message be delivered before it would be durable?  It pays only where
 * the next hop is about as quick as the disk, so what a flush takes is
 * measured, and a kind of message (a hash of where it goes) for which nobody
 * answered in time is not offered again for a while; while it goes on like
 * that, for longer and longer.
 *
 * One connection for each call that is under way; they are kept and shared by
 * the threads of the process (it locks inside).  A call is for one thread.
 */
#ifndef CLEANUP_NEWS_H
#define CLEANUP_NEWS_H

#include <stdbool.h>
#include <stdint.h>

struct news;
struct call;

enum call_result {
	CALL_DELIVERED, /* to all recipients, and qmgr has removed the file */
	CALL_REFUSED,	/* its only recipient, for good; see call_refusal() */
	CALL_FLUSH,	/* make it durable */
};
struct call_refusal { /* lives until news_over() */
	int code;
	char dsn[16], text[1024];
};

struct news *news_new(const char *socket); /* relative to the queue folder; not connected yet; NULL: too long */
void news_free(struct news **);
bool news_worth(struct news *, uint32_t kind);
void news_learn(struct news *, uint32_t kind, bool in_time);
void news_flushed(struct news *, long us); /* so long did a flush take */

struct call *news_call(struct news *);
void news_over(struct news *, struct call **);
bool call_slow(struct call *); /* qmgr is behind */
/* memory: a descriptor of the message where there is no file, or -1.  False: nobody heard it. */
bool call_offer(struct call *, const char *queue_id, int memory);
enum call_result call_wait(struct call *, const char *queue_id, bool *in_time);
void call_tell(struct call *, const char *queue_id);
const struct call_refusal *call_refusal(const struct call *);
void call_failed(struct call *, const char *queue_id, bool refused); /* the client is told; else call_tell() */

#endif
