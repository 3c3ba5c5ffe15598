/* SPDX-License-Identifier: Apache-2.0 */
/*
 * news - tells qmgr of new files, over one connection that all threads of the process share.
 *
 * A hint, never a reason to wait: what cannot be sent at once is dropped, and
 * the next news that gets through says that incoming/ must be looked through.
 * What qmgr says meanwhile (that it is behind) is kept for news_slow().
 *
 *	struct news *n = news_new("public/qmgr");
 *	news_tell(n, id);
 *	done.slow = news_slow(n);
 *
 * Shared by threads: it locks inside.
 */
#ifndef CLEANUP_NEWS_H
#define CLEANUP_NEWS_H

#include <stdbool.h>

struct news;
struct news *news_new(const char *socket); /* relative to the queue folder; not connected yet; NULL: too long */
void news_tell(struct news *, const char *queue_id);
bool news_slow(struct news *);
void news_free(struct news **);

#endif
