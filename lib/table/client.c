/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/client.h"

#include "lib/base/time.h"
#include "lib/net/addr.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDLE_MAX = 16 };

struct client {
	char *host, *port, *who; /* port NULL: host is a path */
	long seconds;
	pthread_mutex_t lock;
	struct conn *idle[IDLE_MAX];
	size_t nidle;
};

struct client *
client_new(const char *host_or_path, const char *port, const char *who, long seconds)
{
	struct client *c = mem_zero(1, sizeof(*c));

	c->host = mem_str(host_or_path);
	c->port = port != NULL ? mem_str(port) : NULL;
	c->who = mem_str(who);
	c->seconds = seconds;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

const char *
client_who(const struct client *c)
{
	return c->who;
}

void
client_free(struct client **cp)
{
	struct client *c = *cp;

	if (c == NULL)
		return;
	while (c->nidle > 0)
		conn_free(&c->idle[--c->nidle]);
	pthread_mutex_destroy(&c->lock);
	free(c->host);
	free(c->port);
	free(c->who);
	free(c);
	*cp = NULL;
}

/* ---- connecting ---- */

/* The first of the host's addresses that lets us in; one that is silent leaves time for the others. */
static int
connect_host(const struct client *c, long until, struct verdict *why)
{
	struct addr to[ADDR_FIND_MAX];
	size_t n = addr_find(c->host, c->port, until - tick_ms(), to, why);
	int fd = -1;

	if (n == 0)
		later(why, "4.4.3", "%s: %s", c->who, why->text);
	for (size_t i = 0; fd < 0 && i < n; i++) {
		long left = (until - tick_ms()) / (long)(n - i);

		fd = addr_connect(&to[i], NULL, left > 0 ? left : 1, why);
	}
	return fd;
}

static int
connect_path(const struct client *c, long until, struct verdict *why)
{
	long left = until - tick_ms();
	struct addr to;

	if (addr_unix(&to, c->host))
		return addr_connect(&to, NULL, left > 0 ? left : 1, why);
	later(why, "4.3.5", "%s: the path is too long for a socket", c->who);
	return -1;
}

/* ---- asking ---- */

static struct conn *
take_idle(struct client *c)
{
	struct conn *conn = NULL;

	pthread_mutex_lock(&c->lock);
	if (c->nidle > 0)
		conn = c->idle[--c->nidle];
	pthread_mutex_unlock(&c->lock);
	return conn;
}

/* What came unasked would be taken for the next answer. */
static void
give_back(struct client *c, struct conn *conn)
{
	if (conn_error(conn) == CONN_OK && conn_buffered(conn) == 0) {
		pthread_mutex_lock(&c->lock);
		if (c->nidle < IDLE_MAX) {
			c->idle[c->nidle++] = conn;
			conn = NULL;
		}
		pthread_mutex_unlock(&c->lock);
	}
	conn_free(&conn);
}

static bool
hung_up(const struct conn *conn)
{
	return conn_error(conn) == CONN_EOF || conn_error(conn) == CONN_BROKEN;
}

static bool
try(struct client *c, struct conn *conn, client_exchange *exchange, void *ctx, long until, struct verdict *why)
{
	long left = until - tick_ms();

	conn_deadline_ms(conn, left > 0 ? left : 1);
	if (exchange(ctx, conn, why))
		return true;
	if (conn_error(conn) != CONN_OK && conn_error(conn) != CONN_PROTOCOL)
		later(why, "4.4.2", "%s: %s", c->who, conn_why(conn));
	return false;
}

bool
client_ask(struct client *c, client_exchange *exchange, void *ctx, struct verdict *why)
{
	long until = tick_ms() + c->seconds * 1000L;
	struct conn *conn = take_idle(c);
	bool ok = false, dead = true;
	int fd;

	if (conn != NULL) {
		ok = try(c, conn, exchange, ctx, until, why);
		dead = !ok && hung_up(conn);
		give_back(c, conn);
	}
	if (!dead)
		return ok;
	fd = c->port != NULL ? connect_host(c, until, why) : connect_path(c, until, why);
	if (fd < 0)
		return false;
	conn = conn_new(fd);
	ok = try(c, conn, exchange, ctx, until, why);
	give_back(c, conn);
	return ok;
}
