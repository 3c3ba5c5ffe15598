/* SPDX-License-Identifier: Apache-2.0 */
#include "agents/local/helpers.h"

#include "agents/local/helper.h"
#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/time.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A user's lookup may take its time, and so may a slow disk. */
enum { START_SECONDS = 60, ANSWER_SECONDS = 1000, STARTED_MAX = 65536 };

struct kept {
	struct list_link link;
	struct ipc *ipc;
	char *user;
	long number;
	long since; /* tick_ms() */
};

struct helpers {
	pthread_mutex_t lock; /* around the list */
	struct list idle;     /* the most recently used first */
	pthread_mutex_t talk; /* around the stub's connection; taken last */
	struct ipc *stub;
	bool lost;
};

struct helpers *
helpers_new(int stub)
{
	struct helpers *all = mem_zero(1, sizeof(*all));

	pthread_mutex_init(&all->lock, NULL);
	pthread_mutex_init(&all->talk, NULL);
	list_init(&all->idle);
	all->stub = ipc_begin(stub, &stub_protocol);
	return all;
}

size_t
helpers_most(const struct conf *cf)
{
	return (size_t)cf->sessions_per_process + 2 * (size_t)HELPERS_KEPT;
}

bool
helpers_ok(struct helpers *all)
{
	bool ok;

	pthread_mutex_lock(&all->talk);
	ok = !all->lost;
	pthread_mutex_unlock(&all->talk);
	return ok;
}

/* With talk: SIGTERM is how a process retires, with its other sessions running on. */
static void
retire_without_stub(struct helpers *all)
{
	if (all->lost || ipc_ok(all->stub))
		return;
	all->lost = true;
	log_error("root stub: %s; this process retires", ipc_why(all->stub));
	kill(getpid(), SIGTERM);
}

static void
end(struct helpers *all, struct kept *k)
{
	ipc_free(&k->ipc);
	pthread_mutex_lock(&all->talk);
	stub_end_send(all->stub, &(struct stub_end){ .number = k->number });
	ipc_flush(all->stub);
	retire_without_stub(all);
	pthread_mutex_unlock(&all->talk);
	free(k->user);
	free(k);
}

static void
end_all(struct helpers *all, struct list *these)
{
	for (struct list_link *l; (l = list_first(these)) != NULL;) {
		list_remove(these, l);
		end(all, LIST_OF(struct kept, link, l));
	}
}

/* Its connection is quiet; at its end there is nobody any more. */
static bool
is_alive(const struct kept *k)
{
	char byte;

	return conn_buffered(ipc_conn(k->ipc)) == 0 &&
	    recv(conn_fd(ipc_conn(k->ipc)), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* One that is that user's; those whose time is over go. */
static struct kept *
take(struct helpers *all, const char *user)
{
	struct list over = LIST(over);
	struct kept *found = NULL;
	long now = tick_ms();

	pthread_mutex_lock(&all->lock);
	LIST_EACH (struct kept, k, link, &all->idle) {
		bool old = now - k->since >= HELPER_SECONDS * 1000L, his = !old && strcmp(k->user, user) == 0;

		if (!old && (!his || found != NULL))
			continue;
		list_remove(&all->idle, &k->link);
		if (his && is_alive(k))
			found = k;
		else
			list_append(&over, &k->link);
	}
	pthread_mutex_unlock(&all->lock);
	end_all(all, &over);
	return found;
}

static void
keep(struct helpers *all, struct kept *k)
{
	struct list over = LIST(over);

	pthread_mutex_lock(&all->lock);
	list_push(&all->idle, &k->link);
	while (all->idle.n > HELPERS_KEPT) {
		struct list_link *last = list_last(&all->idle);

		list_remove(&all->idle, last);
		list_append(&over, last);
	}
	pthread_mutex_unlock(&all->lock);
	end_all(all, &over);
}

/* The stub's answer, and the connection that comes with a good one; -1: none. */
static int
ask_stub(struct helpers *all, const char *user, bool command, struct arena *mem, struct stub_started *started,
    struct verdict *why)
{
	int fd = -1;

	pthread_mutex_lock(&all->talk);
	ipc_timeout(all->stub, START_SECONDS);
	stub_start_send(all->stub, &(struct stub_start){ .user = user, .command = command });
	if (!stub_started_read(all->stub, mem, started))
		later(why, "4.3.0", "root stub: %s", ipc_why(all->stub));
	else if (strlen(started->dsn) >= sizeof(why->dsn))
		later(why, "4.3.0", "root stub: a status that makes no sense");
	else if (verdict_code(why, (int)started->code, started->dsn, "%s", started->text) == FATE_OK &&
	    (fd = conn_take_fd(ipc_conn(all->stub))) < 0)
		later(why, "4.3.0", "root stub: no connection to a delivery process");
	retire_without_stub(all);
	pthread_mutex_unlock(&all->talk);
	return fd;
}

static struct kept *
start(struct helpers *all, const char *user, bool command, struct arena *mem, struct verdict *why)
{
	struct stub_started started;
	int fd = ask_stub(all, user, command, mem, &started, why);
	struct kept *k;

	if (fd < 0)
		return NULL;
	k = mem_zero(1, sizeof(*k));
	k->ipc = ipc_begin(fd, &stub_protocol);
	k->user = mem_str(user);
	k->number = started.number;
	k->since = tick_ms();
	return k;
}

bool
helpers_ask(struct helpers *all, const struct stub_act *act, int file, struct arena *mem, struct stub_result *out,
    struct verdict *why)
{
	bool command = strcmp(act->action, "command") == 0, ok;
	struct kept *k = command ? NULL : take(all, act->user);

	if (k == NULL && (k = start(all, act->user, command, mem, why)) == NULL)
		return false;
	ipc_timeout(k->ipc, command ? act->time_limit + START_SECONDS : ANSWER_SECONDS);
	stub_act_send(k->ipc, act);
	if (file >= 0)
		conn_put_fd(ipc_conn(k->ipc), file);
	if (!(ok = stub_result_read(k->ipc, mem, out))) {
		later(why, "4.3.0", "delivery process for user %s: %s", act->user, ipc_why(k->ipc));
		log_error("%s", why->text);
	}
	if (ok && !command)
		keep(all, k);
	else
		end(all, k);
	return ok;
}
