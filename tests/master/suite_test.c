/* SPDX-License-Identifier: Apache-2.0 */
/* What master does with real processes; as root, and again as an ordinary user. */
#include "tests/master/suite.h"

#include <sys/prctl.h>

static void
starts_on_demand(void **state)
{
	struct suite s;
	struct conn *c;

	(void)state;
	suite_make(&s, "PORT inet n - n - - echo first\n");
	suite_start(&s);
	assert_int_equal(processes_left(&s), 0); /* master itself is the test's program */
	c = connect_port(&s);
	assert_true(greeted_by(c) > 0);
	assert_int_equal(atoi(ask(c, "uid")), geteuid() == 0 ? NOBODY : geteuid());
	assert_string_equal(ask(c, "state"), "sentinel closed, secret gone, arguments first");
	assert_int_equal(processes_left(&s), 1);
	conn_free(&c);
	suite_end(&s);
}

static void
counts_sessions(void **state)
{
	struct suite s;
	struct conn *c[6];
	struct pollfd p = { .events = POLLIN };
	int pid[6], processes = 0;

	(void)state;
	suite_make(&s, "PORT inet n - n - 5 echo -o sessions_per_process=2\n");
	suite_start(&s);
	for (int i = 0; i < 5; i++) {
		c[i] = connect_port(&s);
		pid[i] = greeted_by(c[i]);
		processes++;
		for (int k = 0; k < i; k++)
			if (pid[k] == pid[i]) {
				processes--;
				break;
			}
	}
	assert_int_equal(processes, 3); /* 2, 2, and the last one */
	wait_for(&s, "log", "has reached its process limit \"5\"", 1);
	c[5] = connect_port(&s);
	p.fd = conn_fd(c[5]);
	assert_int_equal(poll(&p, 1, 300), 0); /* nobody serves it */
	assert_null(ask(c[2], "quit"));
	pid[5] = greeted_by(c[5]);
	assert_int_equal(pid[5], pid[2]);
	for (int i = 0; i < 6; i++)
		conn_free(&c[i]);
	suite_end(&s);
}

/* The greeting, if it was not read before, is there. */
static void
leave(struct conn **c, bool was_greeted)
{
	const char *first = ask(*c, "quit");

	if (was_greeted) {
		assert_null(first);
	} else {
		if (first == NULL)
			print_error("not greeted: %s\n", conn_why(*c));
		assert_non_null(first);
		assert_null(ask(*c, NULL));
	}
	conn_free(c);
}

/* Processes come and go under their clients' hands; every client is served, and nobody dies of it. */
static void
processes_retire_unnoticed(void **state)
{
	struct suite s;
	struct conn *c[16] = { NULL };

	(void)state;
	suite_make(&s, "PORT inet n - n - 16 echo -o sessions_per_process=4 -o max_use=3 -o max_idle=1\n");
	suite_start(&s);
	for (size_t i = 0; i < 600; i++) {
		struct conn **mine = &c[i % NITEMS(c)];

		if (*mine != NULL)
			leave(mine, i % 2 == 0);
		*mine = connect_port(&s);
		if (i % 2 == 0)
			greeted_by(*mine);
	}
	for (size_t i = 0; i < NITEMS(c); i++)
		leave(&c[i], (600 + i) % 2 == 0);
	for (long end = tick_ms() + PATIENCE_MS; processes_left(&s) > 0 && tick_ms() < end;)
		pause_ms(20); /* max_idle */
	assert_int_equal(processes_left(&s), 0);
	assert_int_equal(wait_for(&s, "log", "exit status", 0), 0);
	assert_int_equal(wait_for(&s, "log", "killed by", 0), 0);
	suite_end(&s);
}

/* One hostile packet costs its own process, and the service goes on. */
static void
crashes_do_not_close_the_service(void **state)
{
	struct suite s;
	struct conn *c, *other;

	(void)state;
	suite_make(&s, "PORT inet n - n - - echo\n");
	suite_start(&s);
	for (int i = 0; i < 3; i++) {
		c = connect_port(&s);
		greeted_by(c);
		assert_null(ask(c, "crash"));
		conn_free(&c);
	}
	wait_for(&s, "log", "killed by fatal signal 6", 3);
	wait_for(&s, "log", "crashes repeatedly", 1);
	c = connect_port(&s);
	other = connect_port(&s);
	assert_int_not_equal(greeted_by(c), greeted_by(other)); /* one session a process now */
	assert_int_equal(wait_for(&s, "log", "throttling", 0), 0);
	conn_free(&c);
	conn_free(&other);
	suite_end(&s);
}

static void
start_up_failures_are_throttled(void **state)
{
	struct suite s;
	struct conn *c, *bad, *missing;
	int tries;

	(void)state;
	suite_make(&s,
	    "PORT inet n - n - - echo\nbad unix n - n - - bad\nmissing unix n - n - - no-such-program\n"
	    "early unix n - n 1 1 early\n");
	suite_start(&s);
	bad = connect_unix(&s, "public/bad");
	missing = connect_unix(&s, "public/missing");
	wait_for(&s, "log", "libexec/bad: bad command startup -- throttling (exit status 78 before it was ready", 1);
	wait_for(&s, "log", "no-such-program: No such file or directory", 1);
	wait_for(&s, "log", "libexec/early: bad command startup -- throttling", 1);
	tries = wait_for(&s, "log", "libexec/bad pid", 2); /* once more, after a second */
	assert_true(tries < 5);
	c = connect_port(&s);
	greeted_by(c);
	conn_free(&c);
	conn_free(&bad);
	conn_free(&missing);
	suite_end(&s);
}

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

static void
wakes_up(void **state)
{
	struct suite s;
	struct conn *c;

	(void)state;
	suite_make(&s, "waker unix n - n 1 1 waker\n");
	suite_start(&s);
	wait_for(&s, "queue/incoming/woken", "w", 1); /* at start */
	c = connect_unix(&s, "public/waker");
	assert_non_null(c);
	conn_free(&c);
	wait_for(&s, "queue/incoming/woken", "w", 2); /* by whoever connects */
	wait_for(&s, "queue/incoming/woken", "w", 4); /* and by the clock */
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

static void
refuses_strangers(void **state)
{
	struct suite s;
	int status;
	pid_t pid;

	(void)state;
	suite_make(&s, "single unix n - n - - single\n");
	suite_start(&s);
	if (geteuid() != 0) {
		suite_end(&s);
		skip();
	}
	fflush(NULL);
	if ((pid = fork()) == 0) {
		struct conn *c;

		_exit(setresgid(12345, 12345, 12345) == 0 && setresuid(12345, 12345, 12345) == 0 &&
			    (c = connect_unix(&s, "public/single")) != NULL && ask(c, NULL) == NULL
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	wait_for(&s, "out", "refused a connection from uid 12345", 1);
	suite_end(&s);
}

static int
run_all(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(starts_on_demand), cmocka_unit_test(counts_sessions),
		cmocka_unit_test(processes_retire_unnoticed), cmocka_unit_test(crashes_do_not_close_the_service),
		cmocka_unit_test(start_up_failures_are_throttled), cmocka_unit_test(reload_loses_no_session),
		cmocka_unit_test(a_bad_reload_changes_nothing), cmocka_unit_test(one_master_at_a_time),
		cmocka_unit_test(wakes_up), cmocka_unit_test(the_successor_waits),
		cmocka_unit_test(a_start_that_fails_ends), cmocka_unit_test(stop_lets_sessions_finish),
		cmocka_unit_test(abort_does_not_wait), cmocka_unit_test(nobody_outlives_master),
		cmocka_unit_test(refuses_strangers) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
	int status = dummy_main(argc, argv);

	if (status >= 0)
		return status;
	status = run_all();
	if (geteuid() != 0)
		return status;
	/* And again, as somebody who is not root. */
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return 1;
	prctl(PR_SET_DUMPABLE, 1); /* the leak sanitizer looks into us */
	return run_all() | status;
}
