/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy:type:name - the same table, asked through the proxymap service; what is written is asked through proxywrite.
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
	const char *socket = flags & TABLE_WRITE ? env->proxywrite : env->proxymap;
	struct proxy *p;

	if (socket == NULL) {
		buf_fmt(err,
		    flags & TABLE_WRITE ? "proxy:%.200s: nothing is written here"
					: "proxy:%.200s: the proxymap service does not ask itself",
		    name);
		return NULL;
	}
	p = mem_zero(1, sizeof(*p));
	p->table = mem_str(name);
	p->socket = mem_str(socket);
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

struct question {
	const struct msg *msg;
	const void *rec;
	table_visit *visit; /* proxymap_each: for the entries before the answer */
	void *ctx;
	bool begun; /* there were some */
};

static bool
ask(struct ipc *i, struct question *q, struct arena *mem, struct proxymap_answer *a)
{
	struct arena one = ARENA(IPC_MESSAGE_MAX * 2);
	struct proxymap_entry x;
	bool ok;

	ipc_send(i, q->msg, q->rec);
	while ((ok = ipc_next(i) != NULL) && q->visit != NULL && proxymap_entry_is(i) &&
	    (ok = proxymap_entry_get(i, &one, &x))) {
		q->begun = true;
		q->visit(q->ctx, x.key, x.value);
		arena_reset(&one);
	}
	arena_free(&one);
	return ok && proxymap_answer_get(i, mem, a);
}

/* Over a kept connection, and once more over a fresh one: the service may have been replaced meanwhile. */
static bool
ask_someone(struct proxy *p, struct question *q, struct arena *mem, struct proxymap_answer *a, struct verdict *why)
{
	struct ipc *i = take_idle(p);
	bool ok;

	if (i != NULL) {
		if (ask(i, q, mem, a)) {
			give_back(p, i);
			return true;
		}
		ipc_free(&i);
	}
	if (q->begun) {
		later(why, "4.3.0", "proxy:%s: the service ended before all entries were told", p->table);
		return false;
	}
	if ((i = ipc_connect(p->socket, &proxymap_protocol, ANSWER_SECONDS, why)) == NULL)
		return false;
	ok = ask(i, q, mem, a);
	if (!ok)
		later(why, "4.3.0", "proxy:%s: %s", p->table, ipc_why(i));
	give_back(p, i);
	return ok;
}

static enum table_result
answer_to(struct proxy *p, struct question q, struct arena *mem, struct proxymap_answer *a, struct verdict *why)
{
	if (!ask_someone(p, &q, mem, a, why))
		return TABLE_ERROR;
	if (strcmp(a->status, "found") == 0)
		return TABLE_FOUND;
	if (strcmp(a->status, "absent") == 0)
		return TABLE_ABSENT;
	later(why, "4.3.0", "proxy:%s: %s", p->table, a->text);
	return TABLE_ERROR;
}

static enum table_result
proxy_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	struct proxy *p = handle;
	const struct proxymap_lookup rec = { .table = p->table, .flags = (long)p->flags, .key = key };
	struct proxymap_answer a;
	enum table_result r =
	    answer_to(p, (struct question){ .msg = proxymap_lookup_msg(), .rec = &rec }, mem, &a, why);

	if (r == TABLE_FOUND)
		*value = a.value;
	return r;
}

/* For questions whose answer is no more than yes or no. */
static enum table_result
answer_alone(struct proxy *p, struct question q, struct verdict *why)
{
	struct arena mem = ARENA(IPC_MESSAGE_MAX * 2);
	struct proxymap_answer a;
	enum table_result r = answer_to(p, q, &mem, &a, why);

	arena_free(&mem);
	return r;
}

static bool
proxy_each(void *handle, table_visit *visit, void *ctx, struct verdict *why)
{
	struct proxy *p = handle;
	const struct proxymap_each rec = { .table = p->table, .flags = (long)p->flags };
	const struct question q = { .msg = proxymap_each_msg(), .rec = &rec, .visit = visit, .ctx = ctx };

	return answer_alone(p, q, why) == TABLE_FOUND;
}

static bool
proxy_put(void *handle, const char *key, const char *value, struct verdict *why)
{
	struct proxy *p = handle;
	const struct proxymap_put rec = { .table = p->table, .key = key, .value = value };

	return answer_alone(p, (struct question){ .msg = proxymap_put_msg(), .rec = &rec }, why) == TABLE_FOUND;
}

static enum table_result
proxy_remove(void *handle, const char *key, struct verdict *why)
{
	struct proxy *p = handle;
	const struct proxymap_remove rec = { .table = p->table, .key = key };

	return answer_alone(p, (struct question){ .msg = proxymap_remove_msg(), .rec = &rec }, why);
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
	.each = proxy_each,
	.put = proxy_put,
	.remove = proxy_remove,
	.close = proxy_close,
};
