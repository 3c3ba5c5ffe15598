/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a suite: start, reload, stop; as root, and again as an ordinary user. */
#include "tests/master/suite.h"

static void
reload_loses_no_session(void **state)
{
	struct suite s;
	struct conn *old, *new;
	int old_pid;

	(void)state;
	suite_make(&s, "PORT inet n - n - - echo\nold unix n - n - - echo\n");
	suite_start(&s);
	old = connect_port(&s);
	old_pid = greeted_by(old);
	write_main_cf(&s, "smtpd_timeout = 77s\n");
	write_master_cf(&s, "PORT inet n - n - - echo\nnew unix n - n - - echo\n");
	kill(s.master, SIGHUP);
	wait_for(&s, "log", "reload -- version", 1);
	new = connect_port(&s);
	assert_int_not_equal(greeted_by(new), old_pid);
	assert_string_equal(ask(new, "timeout"), "77");
	assert_string_equal(ask(old, "timeout"), "300");
	conn_free(&new);
	assert_null(connect_unix(&s, "public/old"));
	new = connect_unix(&s, "public/new");
	greeted_by(new);
	conn_free(&new);
	assert_string_equal(ask(old, "still here"), "still here");
	assert_null(ask(old, "quit"));
	conn_free(&old);
	for (long end = tick_ms() + PATIENCE_MS; kill(old_pid, 0) == 0 && tick_ms() < end;)
		pause_ms(10);
	assert_int_equal(kill(old_pid, 0), -1); /* it left when its last session had ended */
	suite_end(&s);
}

static void
a_bad_reload_changes_nothing(void **state)
{
	static const char *const bad[] = { "PORT inet n - n - -\n", "PORT inet n - n - - echo -o smtpd_timeout=long\n",
		"PORT inet n - n - - echo\n127.0.0.1:99999 inet n - n - - echo\n",
		"PORT inet n - n - - echo\nx unix n - n - - echo\n127.0.0.1:1x inet n - n - - echo\n" };
	struct suite s;
	struct conn *c;
	int pid;

	(void)state;
	suite_make(&s, "PORT inet n - n - - echo\n");
	suite_start(&s);
	c = connect_port(&s);
	pid = greeted_by(c);
	conn_free(&c);
	for (size_t i = 0; i < NITEMS(bad); i++) {
		write_master_cf(&s, bad[i]);
		kill(s.master, SIGHUP);
		wait_for(&s, "log", "the old configuration stays in force", (int)i + 1);
		c = connect_port(&s);
		assert_int_equal(greeted_by(c), pid);
		conn_free(&c);
		assert_null(connect_unix(&s, "public/x"));
	}
	suite_end(&s);
}

static void
one_master_at_a_time(void **state)
{
	struct suite s;
	pid_t second;
	int status;

	(void)state;
	suite_make(&s, "PORT inet n - n - - echo\n");
	suite_start(&s);
	second = spawn_master(&s, "second");
	assert_int_equal(waitpid(second, &status, 0), second);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EX_TEMPFAIL);
	wait_for(&s, "second", "another master runs already", 1);
	suite_end(&s);
}

/* The queue manager's rule: never two of them. */
static void
the_successor_waits(void **state)
{
	struct suite s;
	struct buf b = BUF(100);

	(void)state;
	suite_make(&s, "qmgr unix n - n 300 1 qmgr\n");
	suite_start(&s); /* ready, so it was started and said so */
	wait_for(&s, "queue/incoming/loop", "+", 1);
	kill(s.master, SIGHUP);
	wait_for(&s, "queue/incoming/loop", "+", 2);
	read_text(&s, "queue/incoming/loop", &b);
	assert_string_equal(buf_str(&b), "+-+");
	kill(s.master, SIGTERM);
	assert_int_equal(suite_wait(&s), 0);
	read_text(&s, "queue/incoming/loop", &b);
	assert_string_equal(buf_str(&b), "+-+-");
	buf_free(&b);
	suite_end(&s);
}

/* Whatever becomes of it, it is there again at once, though nobody connects. */
static void
the_queue_manager_comes_back(void **state)
{
	struct suite s;
	struct buf b = BUF(100);
	pid_t pid = 0;

	(void)state;
	suite_make(&s, "qmgr unix n - n 300 1 qmgr\n");
	suite_start(&s);
	for (int i = 1; i <= 2; i++) {
		wait_for(&s, "queue/incoming/loop", "+", i);
		assert_true((pid = process_of(&s, "qmgr")) > 0);
		kill(pid, i == 1 ? SIGKILL : SIGTERM);
	}
	wait_for(&s, "queue/incoming/loop", "+", 3);
	read_text(&s, "queue/incoming/loop", &b);
	assert_string_equal(buf_str(&b), "++-+");
	buf_free(&b);
	suite_end(&s);
}

static void
a_start_that_fails_ends(void **state)
{
	struct suite s;
	char *path;

	(void)state;
	suite_make(&s, "PORT inet n - n - - echo\nqmgr unix n - n 300 1 qmgr\n");
	path = path_of(&s, "libexec/qmgr");
	unlink(path);
	s.master = spawn_master(&s, "out");
	assert_int_equal(WEXITSTATUS(suite_wait(&s)), 1);
	wait_for(&s, "log", "start-up failed: the queue manager's program is missing", 1);
	assert_null(connect_port(&s));
	free(path);
	suite_end(&s);
}

static void
stop_lets_sessions_finish(void **state)
{
	struct suite s;
	struct conn *c, *inner, *late;

	(void)state;
	suite_make(&s, "PORT inet n - n - - echo\nsingle unix n - n - - single\n");
	suite_start(&s);
	c = connect_port(&s);
	greeted_by(c);
	kill(s.master, SIGTERM);
	wait_for(&s, "log", "terminating", 1);
	for (long end = tick_ms() + PATIENCE_MS; (late = connect_port(&s)) != NULL && tick_ms() < end; pause_ms(10))
		conn_free(&late); /* until the process that serves c has closed its listener, too */
	assert_null(late);
	assert_string_equal(ask(c, "last words"), "last words");
	inner = connect_unix(&s, "public/single"); /* what is behind the doors still answers */
	greeted_by(inner);
	assert_null(ask(inner, "quit"));
	conn_free(&inner);
	assert_null(ask(c, "quit"));
	conn_free(&c);
	assert_int_equal(suite_wait(&s), 0);
	wait_for(&s, "log", "stopped", 1);
	assert_null(connect_unix(&s, "public/single"));
	suite_end(&s);
}

/* Asked twice, a process does not wait for clients that say nothing. */
static void
the_second_request_is_urgent(void **state)
{
	struct suite s;
	struct conn *c;
	int pid;

	(void)state;
	suite_make(&s, "PORT inet n - n - - echo\n");
	suite_start(&s);
	c = connect_port(&s);
	pid = greeted_by(c);
	kill(pid, SIGTERM);
	assert_string_equal(ask(c, "still here"), "still here");
	kill(pid, SIGTERM);
	assert_null(ask(c, NULL));
	conn_free(&c);
	kill(s.master, SIGTERM);
	assert_int_equal(suite_wait(&s), 0);
	suite_end(&s);
}

static void
abort_does_not_wait(void **state)
{
	struct suite s;
	struct conn *c;
	long start;

	(void)state;
	suite_make(&s, "PORT inet n - n - - echo\n");
	suite_start(&s);
	c = connect_port(&s);
	greeted_by(c);
	start = tick_ms();
	kill(s.master, SIGQUIT);
	assert_int_equal(suite_wait(&s), 0);
	assert_true(tick_ms() - start < 5000);
	assert_null(ask(c, "anybody?"));
	conn_free(&c);
	assert_int_equal(processes_left(&s), 0);
	suite_end(&s);
}

/* When master itself is killed, its children finish and leave. */
static void
nobody_outlives_master(void **state)
{
	struct suite s;
	struct conn *c;

	(void)state;
	suite_make(&s, "PORT inet n - n - - echo\n");
	suite_start(&s);
	c = connect_port(&s);
	greeted_by(c);
	kill(s.master, SIGKILL);
	suite_wait(&s);
	assert_string_equal(ask(c, "one more"), "one more");
	assert_null(ask(c, "quit"));
	conn_free(&c);
	for (long end = tick_ms() + PATIENCE_MS; processes_left(&s) > 0 && tick_ms() < end;)
		pause_ms(50);
	suite_end(&s);
}

/* A process that has it until it is killed; not we, as every master that we start would inherit it. */
static pid_t
hold_port(const struct suite *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port) };
	int fd, on = 1;
	pid_t pid;

	if ((pid = fork()) == 0) {
		alarm(60);
		a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 1) == 0)
			write_file(s, "held", "+");
		pause();
		_exit(0);
	}
	wait_for(s, "held", "+", 1);
	return pid;
}

/* As the processes of a master that was killed, which notice a moment later; somebody else's port stays taken. */
static void
a_port_that_is_still_held(void **state)
{
	struct suite s;
	struct conn *c;
	pid_t holder;

	(void)state;
	suite_make(&s, "PORT inet n - n - - echo\n");
	holder = hold_port(&s);
	s.master = spawn_master(&s, "taken");
	assert_int_equal(WEXITSTATUS(suite_wait(&s)), EX_CONFIG);
	wait_for(&s, "taken", "Address already in use", 1);
	s.master = spawn_master(&s, "out");
	pause_ms(500);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	wait_for(&s, "log", "the mail system is ready", 1);
	assert_non_null(c = connect_port(&s));
	greeted_by(c);
	conn_free(&c);
	suite_end(&s);
}

static int
run_all(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reload_loses_no_session),
		cmocka_unit_test(a_bad_reload_changes_nothing), cmocka_unit_test(one_master_at_a_time),
		cmocka_unit_test(the_successor_waits), cmocka_unit_test(the_queue_manager_comes_back),
		cmocka_unit_test(a_start_that_fails_ends), cmocka_unit_test(stop_lets_sessions_finish),
		cmocka_unit_test(the_second_request_is_urgent), cmocka_unit_test(abort_does_not_wait),
		cmocka_unit_test(nobody_outlives_master), cmocka_unit_test(a_port_that_is_still_held) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
	return suite_main(argc, argv, run_all);
}
