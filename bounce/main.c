/* SPDX-License-Identifier: Apache-2.0 */
/* bounce turns a failed history into a delivery status notification. */
#include "bounce/notify.h"
#include "lib/base/idn.h"
#include "lib/base/log.h"
#include "lib/service/service.h"

#include <unistd.h>

enum { REQUEST_MAX = 256 << 20, PROBLEMS = 64 << 10 };

struct texts {
	struct templates templates;
	struct arena mem; /* of their strings */
};

/* Before the jail, which has no place for a file of the administrator's. */
static bool
open_texts(const struct conf *cf, void **state, struct buf *err)
{
	struct texts *t = mem_zero(1, sizeof(*t));
	struct buf problems = BUF(PROBLEMS);

	(void)err; /* a text that cannot be used is no reason to tell nobody anything */
	t->mem = (struct arena)ARENA(TEMPLATE_MEMORY);
	templates_load(cf, &t->mem, &t->templates, &problems);
	log_warn_lines(buf_str(&problems));
	buf_free(&problems);
	idn_load();
	*state = t;
	return true;
}

static void
answer(struct session *s, struct ipc *i, struct arena *mem)
{
	struct bounce_notify ask;
	struct bounce_answer say = { .ok = false };
	int file;

	if (!bounce_notify_get(i, mem, &ask))
		return;
	if ((file = conn_take_fd(ipc_conn(i))) < 0) {
		ipc_fail(i, "no descriptor came with the request");
		return;
	}
	notify(s->cf, &((struct texts *)s->state)->templates, &ask, file, mem, &say);
	bounce_answer_send(i, &say);
}

static void
session(struct session *s)
{
	struct ipc *i = ipc_serve(s->conn, &bounce_protocol);
	struct arena mem = ARENA(REQUEST_MAX);

	s->conn = NULL; /* the ipc's now */
	while (!service_ending() && ipc_next(i) != NULL) {
		answer(s, i, &mem);
		arena_reset(&mem);
	}
	arena_free(&mem);
	ipc_free(&i);
}

static const struct service_folder folders[] = { { ".", FOLDER_READ }, { NULL, 0 } };

static const struct service bounce = {
	.program = "bounce",
	.about = "turns a failed history into a delivery status notification",
	.shape = SHAPE_SINGLE,
	.account = ACCOUNT_QUEUE,
	.peers = PEER_QUEUE,
	.rights = { .folders = folders },
	.open = open_texts,
	.session = session,
};

int
main(int argc, char **argv)
{
	return service_run(&bounce, argc, argv);
}
