/* SPDX-License-Identifier: Apache-2.0 */
/* Those who ask. */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "services/resolver/resolver.h"

#include <stdlib.h>

static void
drop(struct client *c)
{
	struct resolver *r = c->r;

	questions_orphan(r, c);
	loop_watch(r->loop, &c->watch, 0);
	list_remove(&r->clients, &c->link);
	ipc_free(&c->ipc);
	free(c);
}

/* Send what can be sent; who does not read is not listened to either. */
static void
flush(struct client *c)
{
	int all = conn_drain(ipc_conn(c->ipc));
	unsigned events = LOOP_READ;

	if (all == 0)
		events = conn_unsent(ipc_conn(c->ipc)) > CLIENT_UNSENT ? LOOP_WRITE : LOOP_READ | LOOP_WRITE;
	loop_watch(c->r->loop, &c->watch, events);
}

static bool
listen_to(struct client *c)
{
	bool open = conn_fill(ipc_conn(c->ipc)) >= 0;

	while (ipc_ready(c->ipc) != NULL) {
		struct arena mem = ARENA(IPC_MESSAGE_MAX);
		struct resolver_ask ask;

		if (resolver_ask_get(c->ipc, &mem, &ask))
			question_begin(c, &ask);
		arena_free(&mem);
	}
	if (!ipc_ok(c->ipc) && conn_error(ipc_conn(c->ipc)) != CONN_EOF)
		log_warn("a client's question: %s", ipc_why(c->ipc));
	return open && ipc_ok(c->ipc);
}

static void
event(void *ctx, unsigned events)
{
	struct client *c = ctx;

	/* A question to a process that ends: the lost connection makes the client ask the next one. */
	if ((events & LOOP_READ) && (c->r->ending || !listen_to(c)))
		drop(c);
	else
		flush(c);
}

void
client_add(struct resolver *r, int fd)
{
	struct client *c = mem_zero(1, sizeof(*c));
	struct conn *conn = conn_new(fd);

	conn_nonblocking(conn);
	*c = (struct client){
		.r = r, .ipc = ipc_serve(conn, &resolver_protocol), .watch = { .fd = fd, .run = event, .ctx = c }
	};
	list_append(&r->clients, &c->link);
	flush(c);
}

void
client_answer(struct client *c, const struct resolver_answer *a, const struct resolver_record *records, size_t n)
{
	struct resolver_answer with_count = *a;

	with_count.count = (long)n;
	resolver_answer_send(c->ipc, &with_count);
	for (size_t i = 0; i < n; i++)
		resolver_record_send(c->ipc, &records[i]);
	flush(c);
}

void
resolver_over(struct resolver *r)
{
	LIST_EACH (struct client, c, link, &r->clients)
		drop(c);
	upstream_stop(r);
	loop_stop(r->loop);
}

void
resolver_end(struct resolver *r)
{
	r->ending = true;
	for (int i = 0; i < r->nlisteners; i++)
		loop_watch(r->loop, &r->listeners[i], 0);
	LIST_EACH (struct client, c, link, &r->clients)
		if (c->questions == 0)
			drop(c);
	if (r->questions.n == 0)
		resolver_over(r);
}
