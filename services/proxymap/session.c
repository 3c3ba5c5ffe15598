/* SPDX-License-Identifier: Apache-2.0 */
#include "services/proxymap/session.h"

#include "lib/base/log.h"
#include "lib/ipc/proxymap.h"
#include "services/proxymap/shared.h"

enum { REQUEST_MAX = 1 << 20 };

struct asking {
	struct session *s;
	struct ipc *i;
	struct arena mem;
	struct verdict why;
	struct proxymap_answer say;
};

/* The table, if it may be asked; what is said to the client otherwise is in a->say, and in the log. */
static struct table *
table_of(struct asking *a, const char *spec, long flags)
{
	struct table *t;

	if (!shared_allows(a->s->state, spec)) {
		log_warn("request for table %s, which is not in %s", spec, shared_list(a->s->state));
		a->say.status = "denied";
		a->say.text = arena_fmt(&a->mem, "table %s is not in %s", spec, shared_list(a->s->state));
		return NULL;
	}
	if ((t = shared_table(a->s->state, spec, (unsigned)flags, &a->mem, &a->say.text)) == NULL) {
		log_warn("%s", a->say.text);
		a->say.status = "error";
	}
	return t;
}

static void
say(struct asking *a, enum table_result r)
{
	a->say.status = r == TABLE_FOUND ? "found" : r == TABLE_ABSENT ? "absent" : "error";
	if (r == TABLE_ERROR) {
		a->say.text = a->why.text;
		log_warn("%s", a->why.text);
	}
}

static void
look_up(struct asking *a)
{
	struct proxymap_lookup ask;
	struct table *t;

	if (proxymap_lookup_get(a->i, &a->mem, &ask) && (t = table_of(a, ask.table, ask.flags)) != NULL)
		say(a, table_get(t, ask.key, &a->mem, &a->say.value, &a->why));
}

static void
put(struct asking *a)
{
	struct proxymap_put ask;
	struct table *t;

	if (proxymap_put_get(a->i, &a->mem, &ask) && (t = table_of(a, ask.table, 0)) != NULL)
		say(a, table_put(t, ask.key, ask.value, &a->why) ? TABLE_FOUND : TABLE_ERROR);
}

static void
take_out(struct asking *a)
{
	struct proxymap_remove ask;
	struct table *t;

	if (proxymap_remove_get(a->i, &a->mem, &ask) && (t = table_of(a, ask.table, 0)) != NULL)
		say(a, table_remove(t, ask.key, &a->why));
}

static void
tell_entry(void *ctx, const char *key, const char *value)
{
	struct asking *a = ctx;

	proxymap_entry_send(a->i, &(struct proxymap_entry){ .key = key, .value = value });
}

static void
tell_each(struct asking *a)
{
	struct proxymap_each ask;
	struct table *t;

	if (proxymap_each_get(a->i, &a->mem, &ask) && (t = table_of(a, ask.table, ask.flags)) != NULL)
		say(a, table_each(t, tell_entry, a, &a->why) ? TABLE_FOUND : TABLE_ERROR);
}

static const struct {
	const struct msg *(*msg)(void);
	void (*answer)(struct asking *);
} questions[] = {
	{ proxymap_lookup_msg, look_up },
	{ proxymap_put_msg, put },
	{ proxymap_remove_msg, take_out },
	{ proxymap_each_msg, tell_each },
};

static void
answer(struct asking *a)
{
	a->why = (struct verdict)VERDICT(&a->mem);
	a->say = (struct proxymap_answer){ .status = "error" };
	for (size_t i = 0; i < NITEMS(questions); i++)
		if (ipc_is(a->i, questions[i].msg())) {
			questions[i].answer(a);
			proxymap_answer_send(a->i, &a->say);
			return;
		}
	ipc_fail(a->i, "unexpected message");
}

void
proxymap_session(struct session *s)
{
	struct asking a = { .s = s, .i = ipc_serve(s->conn, &proxymap_protocol), .mem = ARENA(REQUEST_MAX) };

	s->conn = NULL; /* the ipc's now */
	while (!service_ending() && ipc_next(a.i) != NULL) {
		answer(&a);
		arena_reset(&a.mem);
	}
	arena_free(&a.mem);
	ipc_free(&a.i);
}
