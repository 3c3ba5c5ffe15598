/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system's resolver, which keeps to no time of ours: it works in a thread
 * of its own that is left behind when it takes too long, and ends when the
 * resolver gives up.  As many as FINDERS_MAX at once; then names fail at once.
 */
#include "lib/net/addr.h"

#include "lib/base/mem.h"
#include "lib/base/time.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { FINDERS_MAX = 100 };

struct finder { /* shared by who asks and its thread; the last of them frees it */
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool done, left_behind;
	char *host;
	int error, port;
	struct addr found[ADDR_FIND_MAX];
	size_t n;
};

static atomic_int finders;

static struct finder *
finder_new(const char *host, int port)
{
	struct finder *f = mem_zero(1, sizeof(*f));
	size_t n = strlen(host);

	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->over, NULL);
	f->host = n > 2 && host[0] == '[' && host[n - 1] == ']' ? mem_fmt("%.*s", (int)n - 2, host + 1) : mem_str(host);
	f->port = port;
	return f;
}

static void
finder_free(struct finder *f)
{
	pthread_cond_destroy(&f->over);
	pthread_mutex_destroy(&f->lock);
	free(f->host);
	free(f);
	atomic_fetch_sub(&finders, 1);
}

static void *
find(void *ctx)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	struct finder *f = ctx;
	struct addrinfo *list = NULL;
	int error = getaddrinfo(f->host, NULL, &hints, &list);
	bool alone;

	pthread_mutex_lock(&f->lock);
	f->error = error;
	for (struct addrinfo *a = list; error == 0 && a != NULL && f->n < ADDR_FIND_MAX; a = a->ai_next)
		if (addr_of_sockaddr(&f->found[f->n], a->ai_addr))
			addr_set_port(&f->found[f->n++], f->port);
	f->done = true;
	alone = f->left_behind;
	pthread_cond_signal(&f->over);
	pthread_mutex_unlock(&f->lock);
	if (list != NULL)
		freeaddrinfo(list);
	if (alone)
		finder_free(f);
	return NULL;
}

/* Signals are for the threads that wait for them. */
static bool
start(struct finder *f)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, find, f);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

/* Is it done in time?  If not, it is its thread's from here on. */
static bool
wait_done(struct finder *f, long ms)
{
	const struct timespec until = tick_after(ms);
	bool done;

	pthread_mutex_lock(&f->lock);
	while (!f->done && pthread_cond_clockwait(&f->over, &f->lock, CLOCK_MONOTONIC, &until) == 0)
		;
	done = f->done;
	f->left_behind = !done;
	pthread_mutex_unlock(&f->lock);
	return done;
}

static size_t
find_name(const char *host, int port, long ms, struct addr out[ADDR_FIND_MAX], struct verdict *why)
{
	struct finder *f;
	size_t n = 0;

	if (atomic_fetch_add(&finders, 1) >= FINDERS_MAX) {
		atomic_fetch_sub(&finders, 1);
		later(why, "4.4.3", "look for host %s: %d look-ups are under way already", host, FINDERS_MAX);
		return 0;
	}
	f = finder_new(host, port);
	if (!start(f)) {
		later(why, "4.3.0", "look for host %s: cannot start a thread", host);
	} else if (!wait_done(f, ms)) {
		later(why, "4.4.3", "look for host %s: timeout", host);
		return 0;
	} else if (f->error != 0 || f->n == 0) {
		later(why, "4.4.3", "look for host %s: %s", host, gai_strerror(f->error != 0 ? f->error : EAI_NONAME));
	} else {
		n = f->n;
		memcpy(out, f->found, n * sizeof(*out));
	}
	finder_free(f);
	return n;
}

size_t
addr_find(const char *host, const char *service, long ms, struct addr out[ADDR_FIND_MAX], struct verdict *why)
{
	int port = addr_service_port(service);

	if (port < 0) {
		later(why, "4.3.5", "port %s: neither a number nor a service of this system", service);
		return 0;
	}
	return addr_parse(&out[0], host, port) ? 1 : find_name(host, port, ms > 0 ? ms : 1, out, why);
}
