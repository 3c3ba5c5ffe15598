/* SPDX-License-Identifier: Apache-2.0 */
/* socketmap:inet:host:port:name, socketmap:unix:path:name - a server that is asked as socketmap_table(5) says. */
#include "lib/base/text.h"
#include "lib/table/client.h"
#include "lib/table/types.h"
#include "lib/table/wire.h"

#include <stdlib.h>
#include <string.h>

enum { REQUEST_MAX = 1 << 20, REPLY_MAX = 16 << 20 };

struct socketmap {
	struct client *client;
	char *name;
	long longest_query, longest_reply;
};
struct asking {
	const struct socketmap *map;
	const char *key;
	struct arena *mem;
	const char **value;
	enum table_result result;
};

/* "host:port:name" or "path:name" into its parts, in place; the last colon stands before the name. */
static bool
split(char *text, bool inet, char **host, char **port, char **name)
{
	char *colon = strrchr(text, ':');

	*host = text;
	*port = NULL;
	if (colon == NULL || colon[1] == '\0')
		return false;
	*colon = '\0';
	*name = colon + 1;
	if (inet) {
		if ((colon = strrchr(text, ':')) == NULL || colon[1] == '\0')
			return false;
		*colon = '\0';
		*port = colon + 1;
	}
	return **host != '\0';
}

static void *
socketmap_open(const char *spec, unsigned flags, const struct table_env *env, struct buf *err)
{
	bool inet = text_starts(spec, "inet:");
	char *copy = mem_str(spec), *host, *port, *name, *who = NULL;
	struct socketmap *m = NULL;

	(void)flags;
	if ((!inet && !text_starts(spec, "unix:")) || !split(copy + strlen("inet:"), inet, &host, &port, &name)) {
		buf_fmt(
		    err, "socketmap:%.200s: wanted is socketmap:inet:host:port:name or socketmap:unix:path:name", spec);
	} else {
		who = mem_fmt("socketmap:%s", spec);
		m = mem_zero(1, sizeof(*m));
		m->client = client_new(host, port, who, CLIENT_SECONDS);
		m->name = mem_str(name);
		m->longest_query = env->cf != NULL ? env->cf->socketmap_max_query_size : 10000;
		m->longest_reply = env->cf != NULL ? env->cf->socketmap_max_reply_size : 100000;
		if (m->longest_reply > REPLY_MAX)
			m->longest_reply = REPLY_MAX;
		free(who);
	}
	free(copy);
	return m;
}

/* The length before a netstring; -1: none. */
static long
read_length(struct conn *conn)
{
	char digits[WIRE_DIGITS + 1];

	for (size_t n = 0; n < sizeof(digits) && conn_read(conn, digits + n, 1); n++) {
		if (digits[n] == ':') {
			digits[n] = '\0';
			return wire_netstring_length(digits);
		}
		if (digits[n] < '0' || digits[n] > '9')
			break;
	}
	return -1;
}

static bool
nonsense(struct asking *a, struct conn *conn, struct verdict *why)
{
	if (conn_error(conn) == CONN_OK) {
		later(why, "4.3.0", "%s: the answer is not a netstring of at most %ld bytes",
		    client_who(a->map->client), a->map->longest_reply);
		conn_fail(conn, CONN_PROTOCOL);
	}
	return false;
}

static bool
exchange(void *ctx, struct conn *conn, struct verdict *why)
{
	struct asking *a = ctx;
	struct buf request = BUF(REQUEST_MAX);
	char *reply, comma;
	long n;
	bool ok;

	wire_socketmap_request(&request, a->map->name, a->key);
	conn_put(conn, request.s, request.len);
	buf_free(&request);
	n = read_length(conn);
	if (n < 0 || n > a->map->longest_reply)
		return nonsense(a, conn, why);
	reply = mem_alloc((size_t)n + 1);
	ok = conn_read(conn, reply, (size_t)n) && conn_read(conn, &comma, 1) && comma == ',';
	reply[n] = '\0';
	if (ok)
		a->result = wire_socketmap_reply(reply, (size_t)n, client_who(a->map->client), a->mem, a->value, why);
	free(reply);
	return ok || nonsense(a, conn, why);
}

static enum table_result
socketmap_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	const struct socketmap *m = handle;
	struct asking a = { .map = m, .key = key, .mem = mem, .value = value };

	if ((long)(strlen(m->name) + 1 + strlen(key)) > m->longest_query || strlen(key) > REQUEST_MAX / 2) {
		later(why, "4.3.0", "%s: the query is longer than socketmap_max_query_size", client_who(m->client));
		return TABLE_ERROR;
	}
	return client_ask(m->client, exchange, &a, why) ? a.result : TABLE_ERROR;
}

static void
socketmap_close(void *handle)
{
	struct socketmap *m = handle;

	client_free(&m->client);
	free(m->name);
	free(m);
}

const struct table_type table_socketmap = {
	.name = "socketmap",
	.about = "a server asked in netstrings, through proxymap",
	.proxied = true,
	.patterns = true,
	.open = socketmap_open,
	.get = socketmap_get,
	.close = socketmap_close,
};
