/* SPDX-License-Identifier: Apache-2.0 */
/* A resolver that knows what it was told. */
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/ipc/resolver.h"
#include "tests/support/fake_inside.h"

#include <stdlib.h>
#include <string.h>

enum { RECORDS = 64 };

static void
answer(struct fake *f, struct ipc *i, const struct resolver_ask *ask)
{
	struct resolver_answer a = { .tag = ask->tag, .rcode = 3, .ttl = 60 };
	struct resolver_record records[RECORDS];
	char *copy = mem_str(f->words), *cursor = copy, *line;

	while ((line = text_word(&cursor, "\n")) != NULL && a.count < RECORDS) {
		char *name = text_word(&line, " "), *type = text_word(&line, " "), *value = line;

		if (name == NULL || type == NULL || !text_same(name, ask->name))
			continue;
		if (a.rcode == 3)
			a.rcode = 0;
		if (!text_same(type, ask->type) || strcmp(value, "-") == 0)
			continue;
		if (strcmp(value, "servfail") == 0)
			a.rcode = 2;
		else
			records[a.count++] = (struct resolver_record){ .value = strcmp(value, ".") == 0 ? "" : value };
	}
	resolver_answer_send(i, &a);
	for (long k = 0; k < a.count; k++)
		resolver_record_send(i, &records[k]);
	free(copy);
}

static void
serve(struct fake *f, int fd)
{
	struct conn *conn = conn_new(fd);
	struct ipc *i = ipc_serve(conn, &resolver_protocol);
	struct arena mem = ARENA(65536);
	struct resolver_ask ask;

	while (ipc_ok(i) && fake_wait(f, conn) && resolver_ask_read(i, &mem, &ask)) {
		fake_tell(f, fake_text(resolver_ask_msg(), &ask));
		answer(f, i, &ask);
		arena_reset(&mem);
	}
	ipc_free(&i);
	arena_free(&mem);
}

struct fake *
fake_resolver_start(const char *socket, const char *records)
{
	return fake_start(socket, records, serve);
}
