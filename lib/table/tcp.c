/* SPDX-License-Identifier: Apache-2.0 */
/* tcp:host:port - a server that is asked in lines of text, as tcp_table(5) says. */
#include "lib/table/client.h"
#include "lib/table/types.h"
#include "lib/table/wire.h"

#include <stdlib.h>
#include <string.h>

struct asking {
	const char *key, *who;
	struct arena *mem;
	const char **value;
	enum table_result result;
};

static void *
tcp_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	const char *colon = strrchr(name, ':');
	struct client *c;
	char *host, *who;

	(void)flags, (void)env;
	if (colon == NULL || colon == name || colon[1] == '\0') {
		buf_fmt(err, "tcp:%.200s: wanted is tcp:host:port", name);
		return NULL;
	}
	host = mem_fmt("%.*s", (int)(colon - name), name);
	who = mem_fmt("tcp:%s", name);
	c = client_new(host, colon + 1, who, CLIENT_SECONDS);
	free(host);
	free(who);
	return c;
}

static bool
exchange(void *ctx, struct conn *conn, struct verdict *why)
{
	struct buf request = BUF(WIRE_TCP_LINE);
	struct asking *a = ctx;
	struct line line;

	wire_tcp_request(&request, a->key);
	conn_put(conn, request.s, request.len);
	buf_free(&request);
	if (!conn_line(conn, WIRE_TCP_LINE - 1, &line))
		return false;
	if (line.flags & LINE_LONG) {
		later(why, "4.3.0", "%s: a reply of more than %d bytes", a->who, WIRE_TCP_LINE);
		conn_fail(conn, CONN_PROTOCOL);
		return false;
	}
	a->result = wire_tcp_reply(line.s, line.len, a->who, a->mem, a->value, why);
	return true;
}

static enum table_result
tcp_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	struct asking a = { .key = key, .who = client_who(handle), .mem = mem, .value = value };
	struct buf request = BUF(WIRE_TCP_LINE);
	bool fits;

	/* No server that keeps to the rules has an entry for what it cannot be asked. */
	wire_tcp_request(&request, key);
	fits = buf_ok(&request);
	buf_free(&request);
	if (!fits)
		return TABLE_ABSENT;
	return client_ask(handle, exchange, &a, why) ? a.result : TABLE_ERROR;
}

static void
tcp_close(void *handle)
{
	struct client *c = handle;

	client_free(&c);
}

const struct table_type table_tcp = {
	.name = "tcp",
	.about = "a server asked in lines, through proxymap",
	.proxied = true,
	.patterns = true,
	.open = tcp_open,
	.get = tcp_get,
	.close = tcp_close,
};
