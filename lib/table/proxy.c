/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy:type:name - the same table, asked through the proxymap service.
 *
 * Shared between threads: idle connections stand in a list under a mutex, a
 * look-up takes one out, or makes one.  No service, no answer, or a refusal is
 * a temporary error, never "not found".
 */
#include "lib/ipc/proxymap.h"
#include "lib/table/types.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Longer than the service itself waits for a server, so that its words about that arrive. */
enum { IDLE_MAX = 16, ANSWER_SECONDS = 130 };

struct proxy {
	char *table, *socket;
	unsigned flags;
	pthread_mutex_t lock;
	struct ipc *idle[IDLE_MAX];
	size_t nidle;
};

static void *
proxy_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct proxy *p;

	if (env->proxymap == NULL) /* we are proxymap: straight to the table */
	{
		buf_fmt(err, "proxy:%.200s: the proxymap service does not ask itself", name);
		return NULL;
	}
	p = mem_zero(1, sizeof(*p));
	p->table = mem_str(name);
	p->socket = mem_str(env->proxymap);
	p->flags = flags;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

static struct ipc *
take_idle(struct proxy *p)
{
	struct ipc *i = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->nidle > 0)
		i = p->idle[--p->nidle];
	pthread_mutex_unlock(&p->lock);
	return i;
}

static void
give_back(struct proxy *p, struct ipc *i)
{
	pthread_mutex_lock(&p->lock);
	if (ipc_ok(i) && p->nidle < IDLE_MAX) {
		p->idle[p->nidle++] = i;
		i = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	ipc_free(&i);
}

static bool
ask(struct proxy *p, struct ipc *i, const char *key, struct arena *mem, struct proxymap_answer *a)
{
	proxymap_lookup_send(i, &(struct proxymap_lookup){ .table = p->table, .flags = (long)p->flags, .key = key });
	return proxymap_answer_read(i, mem, a);
}

/* Over a kept connection, and once more over a fresh one: the service may have been replaced meanwhile. */
static bool
ask_someone(struct proxy *p, const char *key, struct arena *mem, struct proxymap_answer *a, struct verdict *why)
{
	struct ipc *i = take_idle(p);
	bool ok;

	if (i != NULL) {
		if (ask(p, i, key, mem, a)) {
			give_back(p, i);
			return true;
		}
		ipc_free(&i);
	}
	if ((i = ipc_connect(p->socket, &proxymap_protocol, ANSWER_SECONDS, why)) == NULL)
		return false;
	ok = ask(p, i, key, mem, a);
	if (!ok)
		later(why, "4.3.0", "proxy:%s: %s", p->table, ipc_why(i));
	give_back(p, i);
	return ok;
}

static enum table_result
proxy_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	struct proxy *p = handle;
	struct proxymap_answer a;

	if (!ask_someone(p, key, mem, &a, why))
		return TABLE_ERROR;
	if (strcmp(a.status, "found") == 0) {
		*value = a.value;
		return TABLE_FOUND;
	}
	if (strcmp(a.status, "absent") == 0)
		return TABLE_ABSENT;
	later(why, "4.3.0", "proxy:%s: %s%s", p->table,
	    strcmp(a.status, "denied") == 0 ? "not in proxy_read_maps " : "", a.text);
	return TABLE_ERROR;
}

static void
proxy_close(void *handle)
{
	struct proxy *p = handle;

	while (p->nidle > 0)
		ipc_free(&p->idle[--p->nidle]);
	pthread_mutex_destroy(&p->lock);
	free(p->table);
	free(p->socket);
	free(p);
}

const struct table_type table_proxy = {
	.name = "proxy",
	.about = "a table that the proxymap service looks up",
	.open = proxy_open,
	.get = proxy_get,
	.close = proxy_close,
};
