/* SPDX-License-Identifier: Apache-2.0 */
/* What postqueue prints, byte for byte; the columns are those of a Postfix with long queue ids. */
#include "commands/postqueue/postqueue.h"

#include "lib/base/log.h"
#include "lib/ipc/qmgr.h"
#include "lib/ipc/showq.h"
#include "tests/lib/mail/queue_sample.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>

static char folder[QUEUE_FOLDER];
static const struct conf cf = { .showq_service_name = "showq", .queue_service_name = "qmgr" };
static struct buf logged = BUF(1 << 16);

static bool
keep_line(enum log_level level, const char *line)
{
	(void)level;
	buf_puts(&logged, line);
	buf_putc(&logged, '\n');
	return true;
}

static int
begin(void **state)
{
	(void)state;
	buf_clear(&logged);
	log_open("test", "postqueue", keep_line);
	setenv("TZ", "UTC", 1);
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

/* One connection is served by a child. */
static pid_t
serve(const char *path, void (*session)(struct conn *))
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	unlink(path);
	assert_true(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 5) == 0);
	if ((pid = fork()) == 0) {
		alarm(20);
		session(conn_new(accept(fd, NULL, NULL)));
		_exit(0);
	}
	close(fd);
	return pid;
}

static const struct showq_message messages[] = {
	{ .queue = "deferred",
	    .queue_id = "4jYZvZ2vjKz1cg8k",
	    .arrival = 1795507146,
	    .size = 248,
	    .sender = "me@here.example",
	    .nrcpt = 3,
	    .next_attempt = 1795507446 },
	{ .queue = "active",
	    .queue_id = "4jYZvZ3SZNz1cgDP",
	    .arrival = 1795507146,
	    .size = 239,
	    .sender = "",
	    .nrcpt = 1 },
	{ .queue = "hold",
	    .queue_id = "4bQ",
	    .arrival = 1793500000,
	    .size = 123456789,
	    .sender = "a\033[31m@x",
	    .nrcpt = 0 },
	{ .queue = "deferred",
	    .queue_id = "4jYZvZ3SZNz1cgDQxyz",
	    .arrival = 1795507146,
	    .size = 1,
	    .sender = "q\"\\\xff\xc3\xa9@x",
	    .nrcpt = 1,
	    .forced_expire = true },
};
static const struct showq_rcpt rcpts[] = {
	{ "a@one.example", "connect to 127.0.0.1[127.0.0.1]:9: Connection refused" },
	{ "b@one.example", "connect to 127.0.0.1[127.0.0.1]:9: Connection refused" },
	{ "c@two.example",
	    "host mx.two.example[192.0.2.1] said: 450 4.2.0 <c@two.example>: Recipient address rejected: Greylisted, come back" },
	{ "d@three.example", "" },
	{ "e\n@x", "" },
};

static void
send_all(struct ipc *i, size_t nmessages)
{
	struct arena mem = ARENA(1 << 16);
	const struct showq_rcpt *r = rcpts;
	struct showq_list ask;

	if (!showq_list_read(i, &mem, &ask))
		_exit(1);
	for (size_t m = 0; m < nmessages; m++) {
		showq_message_send(i, &messages[m]);
		for (long n = 0; n < messages[m].nrcpt; n++)
			showq_rcpt_send(i, r++);
	}
	arena_free(&mem);
}

static void
four(struct conn *c)
{
	struct ipc *i = ipc_serve(c, &showq_protocol);

	send_all(i, 4);
	showq_end_send(i, &(struct showq_end){});
	ipc_flush(i);
}

static void
one(struct conn *c)
{
	struct ipc *i = ipc_serve(c, &showq_protocol);

	send_all(i, 1);
	showq_end_send(i, &(struct showq_end){});
	ipc_flush(i);
}

static void
none(struct conn *c)
{
	struct ipc *i = ipc_serve(c, &showq_protocol);

	send_all(i, 0);
	showq_end_send(i, &(struct showq_end){});
	ipc_flush(i);
}

static void
broken_off(struct conn *c)
{
	struct ipc *i = ipc_serve(c, &showq_protocol);

	send_all(i, 1);
	ipc_flush(i);
}

/* Standard output of the call; *status is what it returns. */
static char *
printed(bool json, int *status)
{
	int saved = dup(STDOUT_FILENO), fd = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct buf b = BUF(1 << 20);

	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	*status = queue_print(&cf, json);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	buf_add(&b, "", 0);
	assert_true(file_read(AT_FDCWD, "out", &b));
	return b.s != NULL ? buf_take(&b) : mem_str("");
}

static void
check(void (*session)(struct conn *), bool json, const char *wanted)
{
	pid_t pid = serve("public/showq", session);
	int status;
	char *got = printed(json, &status);

	assert_string_equal(got, wanted);
	assert_int_equal(status, 0);
	free(got);
	waitpid(pid, NULL, 0);
}

static void
for_people(void **state)
{
	(void)state;
	check(four, false,
	    "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n"
	    "4jYZvZ2vjKz1cg8k       248 Tue Nov 24 07:59:06 me@here.example\n"
	    "                       (connect to 127.0.0.1[127.0.0.1]:9: Connection refused)\n"
	    "                                               a@one.example\n"
	    "                                               b@one.example\n"
	    "(host mx.two.example[192.0.2.1] said: 450 4.2.0 <c@two.example>: Recipient address rejected: Greylisted, come "
	    "back)\n"
	    "                                               c@two.example\n"
	    "\n"
	    "4jYZvZ3SZNz1cgDP*      239 Tue Nov 24 07:59:06 MAILER-DAEMON\n"
	    "                                               d@three.example\n"
	    "\n"
	    "4bQ!              123456789 Sun Nov  1 02:26:40 a?[31m@x\n"
	    "\n"
	    "4jYZvZ3SZNz1cgDQxyz#        1 Tue Nov 24 07:59:06 q\"\\\xff\xc3\xa9@x\n"
	    "                                               e?@x\n"
	    "\n"
	    "-- 120563 Kbytes in 4 Requests.\n");
	check(one, false,
	    "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n"
	    "4jYZvZ2vjKz1cg8k       248 Tue Nov 24 07:59:06 me@here.example\n"
	    "                       (connect to 127.0.0.1[127.0.0.1]:9: Connection refused)\n"
	    "                                               a@one.example\n"
	    "                                               b@one.example\n"
	    "(host mx.two.example[192.0.2.1] said: 450 4.2.0 <c@two.example>: Recipient address rejected: Greylisted, come "
	    "back)\n"
	    "                                               c@two.example\n"
	    "\n"
	    "-- 0 Kbytes in 1 Request.\n");
	check(none, false, "Mail queue is empty\n");
}

static void
for_programs(void **state)
{
	(void)state;
	check(four, true,
	    "{\"queue_name\": \"deferred\", \"queue_id\": \"4jYZvZ2vjKz1cg8k\", \"arrival_time\": 1795507146, "
	    "\"message_size\": 248, \"forced_expire\": false, \"next_attempt\": 1795507446, \"sender\": \"me@here.example\", "
	    "\"recipients\": [{\"address\": \"a@one.example\", \"delay_reason\": \"connect to 127.0.0.1[127.0.0.1]:9: "
	    "Connection refused\"}, {\"address\": \"b@one.example\", \"delay_reason\": \"connect to 127.0.0.1[127.0.0.1]:9: "
	    "Connection refused\"}, {\"address\": \"c@two.example\", \"delay_reason\": \"host mx.two.example[192.0.2.1] said: "
	    "450 4.2.0 <c@two.example>: Recipient address rejected: Greylisted, come back\"}]}\n"
	    "{\"queue_name\": \"active\", \"queue_id\": \"4jYZvZ3SZNz1cgDP\", \"arrival_time\": 1795507146, "
	    "\"message_size\": 239, \"forced_expire\": false, \"sender\": \"MAILER-DAEMON\", \"recipients\": [{\"address\": "
	    "\"d@three.example\"}]}\n"
	    "{\"queue_name\": \"hold\", \"queue_id\": \"4bQ\", \"arrival_time\": 1793500000, \"message_size\": 123456789, "
	    "\"forced_expire\": false, \"sender\": \"a\\u001b[31m@x\", \"recipients\": []}\n"
	    "{\"queue_name\": \"deferred\", \"queue_id\": \"4jYZvZ3SZNz1cgDQxyz\", \"arrival_time\": 1795507146, "
	    "\"message_size\": 1, \"forced_expire\": true, \"sender\": \"q\\\"\\\\?\xc3\xa9@x\", \"recipients\": [{\"address\": "
	    "\"e\\u000a@x\"}]}\n");
	check(none, true, "");
}

static void
when_it_breaks_off(void **state)
{
	pid_t pid = serve("public/showq", broken_off);
	int status;
	char *got = printed(false, &status);

	(void)state;
	assert_int_equal(status, EX_TEMPFAIL);
	assert_null(strstr(got, "Request")); /* nobody takes it for the whole */
	assert_non_null(strstr(buf_str(&logged), "the listing broke off"));
	free(got);
	waitpid(pid, NULL, 0);
}

static void
while_it_is_stopped(void **state)
{
	char id[QUEUEID_MAX], wanted[256];
	int status;
	char *got;

	(void)state;
	put_letter(QUEUE_HOLD, &(struct letter){ .to = TO("x.example"), .arrival_us = 1795507146000000 }, id);
	got = printed(false, &status);
	assert_int_equal(status, 0);
	snprintf(wanted, sizeof(wanted), "%s!", id);
	assert_non_null(strstr(got, wanted));
	assert_non_null(strstr(got, "-- 0 Kbytes in 1 Request.\n"));
	assert_non_null(strstr(buf_str(&logged), "Mail system is down -- accessing queue directly"));
	free(got);
	/* Who may not read the files hears only that. */
	assert_int_equal(chmod("maildrop", 0), 0);
	got = printed(false, &status);
	assert_int_equal(status, EX_UNAVAILABLE);
	assert_string_equal(got, "");
	assert_non_null(strstr(buf_str(&logged), "Queue report unavailable - mail system is down"));
	free(got);
	assert_int_equal(chmod("maildrop", 0700), 0);
}

/* ---- flushing ---- */

static void
answer(struct conn *c)
{
	struct ipc *i = ipc_serve(c, &qmgr_protocol);
	struct arena mem = ARENA(1 << 16);
	struct qmgr_flush_site site;
	struct qmgr_flush_one id;
	struct qmgr_flush all;
	bool ok = true;

	if (ipc_next(i) == NULL)
		_exit(1);
	if (qmgr_flush_is(i))
		ok = qmgr_flush_get(i, &mem, &all);
	else if (qmgr_flush_one_is(i))
		ok = qmgr_flush_one_get(i, &mem, &id) && strcmp(id.queue_id, "4bQ") == 0;
	else
		ok = qmgr_flush_site_get(i, &mem, &site) && strcmp(site.site, "x.example") == 0;
	qmgr_answer_send(i, &(struct qmgr_answer){ .ok = ok, .text = ok ? "trying" : "no such message" });
	ipc_flush(i);
}

static void
flushing(void **state)
{
	static const struct {
		int what;
		const char *argument, *said;
	} calls[] = {
		{ 'f', NULL, "" },
		{ 'i', "4bQ", "" },
		{ 's', "x.example", "" },
		{ 'i', "4bQother", "4bQother: no such message" },
	};

	(void)state;
	for (size_t i = 0; i < NITEMS(calls); i++) {
		pid_t pid = serve("public/qmgr", answer);

		buf_clear(&logged);
		assert_int_equal(queue_flush(&cf, calls[i].what, calls[i].argument), 0);
		assert_non_null(strstr(buf_str(&logged), calls[i].said));
		if (calls[i].said[0] == '\0')
			assert_string_equal(buf_str(&logged), "");
		waitpid(pid, NULL, 0);
	}
	assert_int_equal(queue_flush(&cf, 'f', NULL), EX_UNAVAILABLE);
	assert_non_null(strstr(buf_str(&logged), "Cannot flush mail queue - mail system is down"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(for_people, begin, end),
		cmocka_unit_test_setup_teardown(for_programs, begin, end),
		cmocka_unit_test_setup_teardown(when_it_breaks_off, begin, end),
		cmocka_unit_test_setup_teardown(while_it_is_stopped, begin, end),
		cmocka_unit_test_setup_teardown(flushing, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
