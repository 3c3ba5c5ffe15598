/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/cleanup_pool.h"

#include "lib/base/time.h"
#include "lib/ipc/cleanup.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct cleanup_pool {
	char *socket;
	long timeout;
	pthread_mutex_t lock;	       /* around all below */
	struct pooled idle[POOL_IDLE]; /* the last one was used last */
	size_t n;
	bool slow;
};

struct cleanup_pool *
cleanup_pool_new(const char *socket, long timeout)
{
	struct cleanup_pool *p = mem_zero(1, sizeof(*p));

	p->socket = mem_str(socket);
	p->timeout = timeout;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void
cleanup_pool_free(struct cleanup_pool **pp)
{
	struct cleanup_pool *p = *pp;

	if (p == NULL)
		return;
	while (p->n > 0)
		ipc_free(&p->idle[--p->n].ipc);
	pthread_mutex_destroy(&p->lock);
	free(p->socket);
	free(p);
	*pp = NULL;
}

static bool
pop(struct cleanup_pool *p, struct pooled *out)
{
	bool got;

	pthread_mutex_lock(&p->lock);
	if ((got = p->n > 0))
		*out = p->idle[--p->n];
	pthread_mutex_unlock(&p->lock);
	return got;
}

bool
cleanup_pool_take(struct cleanup_pool *p, struct pooled *out, struct verdict *why)
{
	struct pooled got;

	while (pop(p, &got)) {
		if (tick_ms() - got.since < POOL_SECONDS * 1000) {
			*out = got;
			return true;
		}
		ipc_free(&got.ipc);
	}
	if ((got.ipc = ipc_connect(p->socket, &cleanup_protocol, p->timeout, why)) == NULL)
		return false;
	*out = (struct pooled){ .ipc = got.ipc };
	return true;
}

/* The one that waits longest, when it has waited too long or there is no room. */
static struct ipc *
drop_oldest(struct cleanup_pool *p, long now)
{
	struct ipc *oldest;

	if (p->n == 0 || (p->n < POOL_IDLE && now - p->idle[0].since < POOL_SECONDS * 1000))
		return NULL;
	oldest = p->idle[0].ipc;
	memmove(p->idle, p->idle + 1, --p->n * sizeof(p->idle[0]));
	return oldest;
}

void
cleanup_pool_give(struct cleanup_pool *p, struct pooled *mine, bool slow)
{
	struct ipc *dropped = NULL;

	mine->since = tick_ms();
	mine->messages++;
	pthread_mutex_lock(&p->lock);
	p->slow = slow;
	if (ipc_ok(mine->ipc) && mine->messages < POOL_MESSAGES) {
		dropped = drop_oldest(p, mine->since);
		p->idle[p->n++] = *mine;
		mine->ipc = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	ipc_free(&mine->ipc);
	ipc_free(&dropped);
}

bool
cleanup_pool_slow(struct cleanup_pool *p)
{
	bool slow;

	pthread_mutex_lock(&p->lock);
	slow = p->slow;
	pthread_mutex_unlock(&p->lock);
	return slow;
}
