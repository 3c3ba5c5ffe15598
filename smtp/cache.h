/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache - connections that wait for the next message.
 *
 * Shared by all threads of the process; it has a mutex and, while it holds
 * anything, a thread of its own that says QUIT to what has waited too long.
 *
 *	struct cache *c = cache_new();
 *	p = cache_take(c, "example.com", NULL);		(the cache's no more; NULL: none)
 *	p = cache_take(c, NULL, &addr);
 *	cache_put(c, &p, "example.com", 2);		(the cache's from now on, for 2 s)
 *
 * Found by next hop only when the server is one of the best for it, else by
 * address; put with nexthop NULL then.  Within one process all connections
 * are made with the same settings, so that these two are all that matters;
 * when TLS policies come, theirs must be part of the key.
 */
#ifndef SMTP_CACHE_H
#define SMTP_CACHE_H

#include "smtp/peer.h"

struct cache;
struct cache *cache_new(void);
void cache_free(struct cache **); /* says QUIT to all; nobody else may use it any more */

/* A live one; a connection that the server has closed or talked on meanwhile is dropped. */
struct peer *cache_take(struct cache *, const char *nexthop, const struct addr *);
void cache_put(struct cache *, struct peer **, const char *nexthop, long seconds);
size_t cache_count(struct cache *);

#endif
