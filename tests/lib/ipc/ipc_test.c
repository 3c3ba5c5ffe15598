/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/ipc/cleanup.h"
#include "lib/ipc/qmgr.h"
#include "lib/ipc/showq.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

struct pair {
	struct ipc *client;
	struct ipc *server;
	struct arena mem;
};

static struct pair
meet(const struct protocol *client, const struct protocol *server)
{
	struct pair p = { .mem = ARENA(1 << 20) };
	struct conn *c[2];

	assert_true(conn_pair(c));
	p.client = ipc_begin(conn_take(&c[0]), client);
	p.server = ipc_serve(c[1], server);
	ipc_timeout(p.client, 5);
	ipc_timeout(p.server, 5);
	assert_true(ipc_flush(p.server));
	return p;
}

static void
part(struct pair *p)
{
	ipc_free(&p->client);
	ipc_free(&p->server);
	arena_free(&p->mem);
}

static void
message_arrives(void **state)
{
	struct pair p = meet(&cleanup_protocol, &cleanup_protocol);
	struct cleanup_rcpt got;
	struct cleanup_mail mail;

	(void)state;
	cleanup_mail_send(p.client,
	    &(struct cleanup_mail){ .sender = "", .rewrite = true, .arrival_us = 1234567890123456, .uid = -1 });
	cleanup_rcpt_send(p.client, &(struct cleanup_rcpt){ .address = "joe=x@example.com", .notify = "NEVER" });
	assert_true(ipc_flush(p.client));
	assert_true(cleanup_mail_read(p.server, &p.mem, &mail));
	assert_string_equal(mail.sender, "");
	assert_true(mail.rewrite);
	assert_int_equal(mail.arrival_us, 1234567890123456);
	assert_int_equal(mail.uid, -1);
	assert_string_equal(ipc_next(p.server), "cleanup_rcpt");
	assert_false(cleanup_mail_is(p.server));
	assert_true(cleanup_rcpt_get(p.server, &p.mem, &got));
	assert_string_equal(got.address, "joe=x@example.com");
	assert_string_equal(got.notify, "NEVER");
	assert_string_equal(got.orcpt, "");
	part(&p);
}

static void
a_message_without_fields(void **state)
{
	struct pair p = meet(&cleanup_protocol, &cleanup_protocol);

	(void)state;
	cleanup_commit_send(p.client, &(struct cleanup_commit){});
	cleanup_content_send(p.client, &(struct cleanup_content){});
	assert_true(ipc_flush(p.client));
	assert_true(cleanup_commit_read(p.server, &p.mem, &(struct cleanup_commit){}));
	assert_true(cleanup_content_read(p.server, &p.mem, &(struct cleanup_content){}));
	part(&p);
}

static void
another_protocol_is_refused(void **state)
{
	struct pair p = meet(&qmgr_protocol, &cleanup_protocol);

	(void)state;
	qmgr_flush_send(p.client, &(struct qmgr_flush){});
	assert_true(ipc_flush(p.client));
	assert_null(ipc_next(p.server));
	assert_non_null(strstr(ipc_why(p.server), "speaks qmgr, not cleanup"));
	part(&p);
}

static const struct {
	const char *what, *bytes;
	size_t n;
	const char *why;
} bad[] = {
	{ "unknown field", "cleanup_rcpt\0address=a\0colour=red\0", 35, "unknown field colour" },
	{ "missing field", "cleanup_rcpt\0notify=NEVER\0", 27, "field address is missing" },
	{ "repeated field", "cleanup_rcpt\0address=a\0address=b\0", 34, "field address is repeated" },
	{ "no value", "cleanup_rcpt\0address\0", 22, "a field without a value" },
	{ "another message", "cleanup_commit\0", 16, "unexpected message cleanup_commit" },
	{ "nothing at all", "\0", 1, "not a message" },
};

static void
bad_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(bad); i++) {
		struct pair p = meet(&cleanup_protocol, &cleanup_protocol);
		struct cleanup_rcpt got;

		conn_put(ipc_conn(p.client), bad[i].bytes, bad[i].n);
		assert_true(ipc_flush(p.client));
		assert_false(cleanup_rcpt_read(p.server, &p.mem, &got));
		if (strstr(ipc_why(p.server), bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].what, ipc_why(p.server));
		part(&p);
	}
}

static void
too_long(void **state)
{
	struct pair p = meet(&cleanup_protocol, &cleanup_protocol);
	struct cleanup_rcpt got;
	char *long_one = calloc(1, IPC_MESSAGE_MAX + 1);

	(void)state;
	memset(long_one, 'x', IPC_MESSAGE_MAX);
	cleanup_rcpt_send(p.client, &(struct cleanup_rcpt){ .address = long_one });
	assert_false(ipc_ok(p.client));
	part(&p);
	p = meet(&cleanup_protocol, &cleanup_protocol);
	conn_put(ipc_conn(p.client), long_one, IPC_MESSAGE_MAX);
	conn_put(ipc_conn(p.client), long_one, 4000);
	assert_true(ipc_flush(p.client));
	assert_false(cleanup_rcpt_read(p.server, &p.mem, &got));
	assert_string_equal(ipc_why(p.server), "message is too long");
	free(long_one);
	part(&p);
}

/* Every protocol: names are unique, defaults parse, and an empty record goes there and back. */
static void
tables_hold(void **state)
{
	struct arena mem = ARENA(1 << 16);

	(void)state;
	for (size_t m = 0; m < NITEMS(cleanup_messages); m++) {
		const struct msg *g = cleanup_messages[m]();
		void *rec = calloc(1, g->size + 1);

		field_defaults(g->rows, g->n, &mem, rec);
		for (size_t i = 0; i < g->n; i++)
			assert_ptr_equal(field_find(g->rows, g->n, g->rows[i].name), &g->rows[i]);
		free(rec);
	}
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_arrives),
		cmocka_unit_test(a_message_without_fields),
		cmocka_unit_test(another_protocol_is_refused),
		cmocka_unit_test(bad_messages),
		cmocka_unit_test(too_long),
		cmocka_unit_test(tables_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
