/* SPDX-License-Identifier: Apache-2.0 */
/* What proxymap and proxywrite say to their clients, and to what is no client of theirs. */
#include "services/proxymap/session.h"

#include "lib/base/log.h"
#include "lib/ipc/proxymap.h"
#include "lib/table/files.h"
#include "services/proxymap/shared.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct client {
	struct conf cf;
	struct ipc *i;
	pid_t pid;
	struct arena mem;
} client;

/* The session runs in a child; the client's side is ours. */
static void
start(bool writes, const char *list)
{
	struct conn *pair[2];

	client.cf = (struct conf){ .proxy_read_maps = list, .proxy_write_maps = list };
	client.mem = (struct arena)ARENA(1 << 20);
	assert_true(conn_pair(pair));
	if ((client.pid = fork()) == 0) {
		struct session s = { .conn = pair[0], .cf = &client.cf };
		struct buf err = BUF(1000);

		conn_free(&pair[1]);
		alarm(20);
		log_open("test", "proxymap", log_to_stderr);
		must_hold((writes ? shared_open_to_write : shared_open)(&client.cf, &s.state, &err));
		proxymap_session(&s);
		shared_close(s.state);
		_exit(0);
	}
	conn_free(&pair[0]);
	client.i = ipc_serve(pair[1], &proxymap_protocol); /* the hello is the same on both sides */
	ipc_timeout(client.i, 20);
}

static void
finish(void)
{
	int status;

	ipc_free(&client.i);
	arena_free(&client.mem);
	assert_int_equal(waitpid(client.pid, &status, 0), client.pid);
	assert_int_equal(status, 0);
}

static struct proxymap_answer
answer(const char *status)
{
	struct proxymap_answer a = { 0 };

	if (!proxymap_answer_read(client.i, &client.mem, &a))
		fail_msg("%s", ipc_why(client.i));
	assert_string_equal(a.status, status);
	return a;
}

static const char *
look_up(const char *table, long flags, const char *key, const char *status)
{
	struct proxymap_answer a;

	proxymap_lookup_send(client.i, &(struct proxymap_lookup){ .table = table, .flags = flags, .key = key });
	a = answer(status);
	return a.value[0] != '\0' ? a.value : a.text;
}

static const char *
put(const char *table, const char *key, const char *value, const char *status)
{
	proxymap_put_send(client.i, &(struct proxymap_put){ table, key, value });
	return answer(status).text;
}

static void
reads_what_is_in_the_list(void **state)
{
	(void)state;
	start(false, "inline:{a=1}, proxy:inline:{ {b c=2}, d=3 } check_sender_access proxy:static:x proxy:fail");
	assert_string_equal(look_up("static:x", 0, "any", "found"), "x");
	assert_string_equal(look_up("inline:{ {b c=2}, d=3 }", TABLE_FOLD, "D", "found"), "3");
	look_up("inline:{ {b c=2}, d=3 }", 0, "z", "absent");
	assert_non_null(strstr(look_up("inline:{a=1}", 0, "a", "denied"), "not in proxy_read_maps"));
	look_up("unix:passwd.byname", 0, "no-such-user-here", "absent");
	assert_non_null(strstr(look_up("fail", 0, "a", "error"), "type:name"));
	assert_non_null(strstr(put("static:x", "a", "b", "error"), "cannot be written"));
	put("inline:{a=1}", "a", "b", "denied");
	/* No flag of a client's makes it a writer, or opens the table once more for each number. */
	look_up("static:x", -1, "any", "found");
	finish();
}

static void
ends_with_who_says_nonsense(void **state)
{
	struct proxymap_answer a;

	(void)state;
	start(true, "");
	proxymap_answer_send(client.i, &(struct proxymap_answer){ .status = "found" });
	assert_false(proxymap_answer_read(client.i, &client.mem, &a));
	finish();
}

/* Of each type that can be made here: changes, and all entries with more than one message holds. */
static void
writes_what_is_in_the_list(void **state)
{
	static const char *const types[] = { "btree", "hash", "lmdb" };
	char key[20], value[2000];
	struct proxymap_entry x;

	(void)state;
	memset(value, 'v', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	for (size_t i = 0; i < NITEMS(types); i++) {
		char *table = mem_fmt("%s:%s/%s", types[i], folder_path, types[i]), *list = mem_fmt("proxy:%s", table);
		int n = 0;

		if (files_made(types[i])->library != NULL) {
			start(true, i == 0 ? table : list); /* proxy: may be missing before what daemons write */
			look_up(table, 0, "a", "absent");
			put(table, "a", "1", "found");
			assert_string_equal(look_up(table, 0, "a", "found"), "1");
			assert_non_null(strstr(put("btree:/tmp/other", "a", "1", "denied"), "not in proxy_write_maps"));
			put(table, "", "1", "error");
			proxymap_remove_send(client.i, &(struct proxymap_remove){ table, "a" });
			answer("found");
			proxymap_remove_send(client.i, &(struct proxymap_remove){ table, "a" });
			answer("absent");
			for (int k = 0; k < 100; k++) {
				snprintf(key, sizeof(key), "key%d", k);
				put(table, key, value, "found");
			}
			proxymap_each_send(client.i, &(struct proxymap_each){ .table = table });
			while (ipc_next(client.i) != NULL && proxymap_entry_is(client.i)) {
				assert_true(proxymap_entry_get(client.i, &client.mem, &x));
				assert_string_equal(x.value, value);
				n++;
			}
			assert_true(proxymap_answer_get(client.i, &client.mem, &(struct proxymap_answer){ 0 }));
			assert_int_equal(n, 100);
			finish();
		}
		free(table);
		free(list);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_is_in_the_list),
		cmocka_unit_test(ends_with_who_says_nonsense),
		cmocka_unit_test(writes_what_is_in_the_list),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
