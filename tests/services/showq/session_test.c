/* SPDX-License-Identifier: Apache-2.0 */
#include "services/showq/session.h"

#include "lib/base/log.h"
#include "lib/ipc/showq.h"
#include "tests/lib/mail/queue_sample.h"

static char folder[QUEUE_FOLDER];
static const struct conf cf = { .daemon_timeout = 20 };

/* The session runs in a child; the client's side is ours. */
static struct ipc *
start(pid_t *pid)
{
	struct conn *pair[2];
	struct ipc *i;

	assert_true(conn_pair(pair));
	if ((*pid = fork()) == 0) {
		conn_free(&pair[1]);
		alarm(20);
		log_open("test", "showq", log_to_stderr);
		showq_session(&(struct session){ .conn = pair[0], .cf = &cf, .service = "showq" });
		_exit(0);
	}
	conn_free(&pair[0]);
	i = ipc_serve(pair[1], &showq_protocol); /* the hello is the same on both sides */
	ipc_timeout(i, 20);
	return i;
}

static void
finish(struct ipc **i, pid_t pid)
{
	int status;

	ipc_free(i);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int
begin(void **state)
{
	(void)state;
	queue_folder_make(folder);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	queue_folder_remove(folder);
	return 0;
}

/* Messages and recipients until showq_end. */
static void
listing(const char *only, long *messages, long *rcpts)
{
	struct arena mem = ARENA(1 << 20);
	struct showq_message m;
	struct showq_rcpt r;
	struct ipc *i;
	pid_t pid;

	*messages = *rcpts = 0;
	i = start(&pid);
	showq_list_send(i, &(struct showq_list){ .queue_id = only });
	assert_true(ipc_flush(i));
	while (ipc_next(i) != NULL && showq_message_is(i)) {
		assert_true(showq_message_get(i, &mem, &m));
		++*messages;
		for (long n = 0; n < m.nrcpt; n++, ++*rcpts)
			assert_true(showq_rcpt_read(i, &mem, &r));
		arena_reset(&mem);
	}
	assert_true(showq_end_get(i, &mem, &(struct showq_end){}));
	finish(&i, pid);
	arena_free(&mem);
}

static void
listings(void **state)
{
	char one[QUEUEID_MAX], other[QUEUEID_MAX];
	long messages, rcpts;

	(void)state;
	listing("", &messages, &rcpts);
	assert_int_equal(messages, 0);
	put_letter(QUEUE_DEFERRED, &(struct letter){ .to = TO("a.example"), .many = 700 }, one);
	put_letter(QUEUE_HOLD, &(struct letter){ .to = TO("b.example", "c.example") }, other);
	listing("", &messages, &rcpts);
	assert_int_equal(messages, 2);
	assert_int_equal(rcpts, 702);
	listing(other, &messages, &rcpts);
	assert_int_equal(messages, 1);
	assert_int_equal(rcpts, 2);
	listing("4bQnone", &messages, &rcpts);
	assert_int_equal(messages, 0);
}

static void
a_client_that_goes_or_says_nonsense(void **state)
{
	char id[QUEUEID_MAX];
	struct ipc *i;
	pid_t pid;

	(void)state;
	put_letter(QUEUE_DEFERRED, &(struct letter){ .to = TO("a.example"), .many = 2000 }, id);
	i = start(&pid);
	showq_list_send(i, &(struct showq_list){ .queue_id = "" });
	assert_true(ipc_flush(i));
	assert_non_null(ipc_next(i));
	finish(&i, pid); /* in the middle */
	i = start(&pid);
	showq_end_send(i, &(struct showq_end){});
	assert_true(ipc_flush(i));
	assert_null(ipc_next(i));
	finish(&i, pid);
	i = start(&pid);
	finish(&i, pid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(listings, begin, end),
		cmocka_unit_test_setup_teardown(a_client_that_goes_or_says_nonsense, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
