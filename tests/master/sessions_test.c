/* SPDX-License-Identifier: Apache-2.0 */
/* What master does with the processes of a service; as root, and again as an ordinary user. */
#include "tests/master/suite.h"

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

enum { SESSIONS = 150 };

/* Processes come and go under their clients' hands; every client is served, and nobody dies of it. */
static void
processes_retire_unnoticed(void **state)
{
	struct suite s;
	struct conn *c[16] = { NULL };

	(void)state;
	suite_make(&s, "PORT inet n - n - 16 echo -o sessions_per_process=4 -o max_use=3 -o max_idle=1\n");
	suite_start(&s);
	for (size_t i = 0; i < SESSIONS; i++) {
		struct conn **mine = &c[i % NITEMS(c)];

		if (*mine != NULL)
			leave(mine, i % 2 == 0);
		*mine = connect_port(&s);
		if (i % 2 == 0)
			greeted_by(*mine);
	}
	for (size_t i = 0; i < NITEMS(c); i++)
		leave(&c[i], (SESSIONS + i) % 2 == 0);
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
	wait_for(&s, "log", "killed by signal 6", 3);
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
		cmocka_unit_test(start_up_failures_are_throttled), cmocka_unit_test(wakes_up),
		cmocka_unit_test(refuses_strangers) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
	return suite_main(argc, argv, run_all);
}
