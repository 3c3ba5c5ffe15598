/* SPDX-License-Identifier: Apache-2.0 */
/* Which helpers are kept for whom, with a stub whose helpers are threads that change nobody's identity. */
#include "agents/local/helper.h"
#include "agents/local/helpers.h"

#include "tests/support/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct fake {
	pthread_mutex_t lock;
	int started, ended;
	int last; /* the newest helper's own end of its connection */
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct helpers *made[8];
static size_t nmade;
static volatile sig_atomic_t asked_to_stop;

static void
on_term(int signo)
{
	(void)signo;
	asked_to_stop = 1;
}

/* Says which one it is: "3 joe". */
static void *
helper(void *ctx)
{
	int fd = *(int *)ctx, mine;
	struct ipc *i = ipc_serve(conn_new(fd), &stub_protocol);
	struct arena mem = ARENA(1 << 20);
	struct stub_act act;

	pthread_mutex_lock(&fake.lock);
	mine = fake.started;
	fake.last = fd;
	pthread_mutex_unlock(&fake.lock);
	free(ctx);
	while (stub_act_read(i, &mem, &act)) {
		stub_result_send(i,
		    &(struct stub_result){
			.code = 250, .dsn = "2.0.0", .text = arena_fmt(&mem, "%d %s", mine, act.user) });
		ipc_flush(i);
		arena_reset(&mem);
	}
	/* The test writes to it from outside. */
	pthread_mutex_lock(&fake.lock);
	ipc_free(&i);
	pthread_mutex_unlock(&fake.lock);
	arena_free(&mem);
	return NULL;
}

static void
start(struct ipc *i, const char *user)
{
	struct stub_started r = { .code = 250, .dsn = "2.0.0", .text = "" };
	pthread_t thread;
	int pair[2], *fd;

	if (strcmp(user, "nobody") == 0) {
		stub_started_send(i, &(struct stub_started){ .code = 550, .dsn = "5.1.1", .text = "unknown user" });
		return;
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pthread_mutex_lock(&fake.lock);
	r.number = ++fake.started;
	pthread_mutex_unlock(&fake.lock);
	fd = mem_alloc(sizeof(*fd));
	*fd = pair[1];
	assert_int_equal(pthread_create(&thread, NULL, helper, fd), 0);
	pthread_detach(thread);
	stub_started_send(i, &r);
	conn_put_fd(ipc_conn(i), pair[0]);
	close(pair[0]);
}

static void *
stub(void *ctx)
{
	struct ipc *i = ipc_serve(conn_new(*(int *)ctx), &stub_protocol);
	struct arena mem = ARENA(1 << 20);
	struct stub_start ask;

	while (ipc_next(i) != NULL) {
		if (stub_start_is(i) && stub_start_get(i, &mem, &ask)) {
			if (strcmp(ask.user, "end of the stub") == 0)
				break;
			start(i, ask.user);
		} else {
			struct stub_end end;

			assert_true(stub_end_get(i, &mem, &end));
			pthread_mutex_lock(&fake.lock);
			fake.ended++;
			pthread_mutex_unlock(&fake.lock);
		}
		ipc_flush(i);
		arena_reset(&mem);
	}
	ipc_free(&i);
	arena_free(&mem);
	return NULL;
}

static struct helpers *
begin(int pair[2])
{
	pthread_t thread;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fake.started = fake.ended = 0;
	assert_int_equal(pthread_create(&thread, NULL, stub, &pair[1]), 0);
	pthread_detach(thread);
	/* They live as long as the process, as in local. */
	return made[nmade++] = helpers_new(pair[0]);
}

/* "3 joe", or why not. */
static const char *
ask(struct helpers *all, const char *user, const char *action, struct arena *mem)
{
	struct verdict why = VERDICT(mem);
	struct stub_result r;

	return helpers_ask(all, &(struct stub_act){ .user = user, .action = action }, -1, mem, &r, &why) ? r.text
													 : why.text;
}

static int
count(const int *which, int want)
{
	int n = -1;

	for (int i = 0; i < 200 && n != want; i++) {
		if (i > 0)
			usleep(10000);
		pthread_mutex_lock(&fake.lock);
		n = *which;
		pthread_mutex_unlock(&fake.lock);
	}
	return n;
}

static void
each_user_has_their_own(void **state)
{
	struct arena mem = ARENA(1 << 20);
	int pair[2];
	struct helpers *all = begin(pair);

	(void)state;
	assert_string_equal(ask(all, "joe", "read", &mem), "1 joe");
	assert_string_equal(ask(all, "ann", "maildir", &mem), "2 ann");
	assert_string_equal(ask(all, "joe", "maildir", &mem), "1 joe");
	assert_string_equal(ask(all, "ann", "read", &mem), "2 ann");
	assert_string_equal(ask(all, "nobody", "read", &mem), "unknown user");
	/* A command has one of its own, which nobody uses again. */
	assert_string_equal(ask(all, "joe", "command", &mem), "3 joe");
	assert_int_equal(count(&fake.ended, 1), 1);
	assert_string_equal(ask(all, "joe", "command", &mem), "4 joe");
	assert_int_equal(count(&fake.ended, 2), 2);
	assert_string_equal(ask(all, "joe", "maildir", &mem), "1 joe");
	assert_true(helpers_ok(all));
	arena_free(&mem);
}

static void
a_dead_one_is_replaced(void **state)
{
	struct arena mem = ARENA(1 << 20);
	int pair[2];
	struct helpers *all = begin(pair);

	(void)state;
	assert_string_equal(ask(all, "joe", "read", &mem), "1 joe");
	pthread_mutex_lock(&fake.lock);
	shutdown(fake.last, SHUT_RDWR);
	pthread_mutex_unlock(&fake.lock);
	assert_string_equal(ask(all, "joe", "read", &mem), "2 joe");
	assert_int_equal(count(&fake.ended, 1), 1);
	/* One that says something unasked is not used, either. */
	pthread_mutex_lock(&fake.lock);
	assert_int_equal(write(fake.last, "x", 1), 1);
	pthread_mutex_unlock(&fake.lock);
	assert_string_equal(ask(all, "joe", "read", &mem), "3 joe");
	assert_int_equal(count(&fake.ended, 2), 2);
	arena_free(&mem);
}

static void
not_too_many_are_kept(void **state)
{
	struct arena mem = ARENA(1 << 20);
	int pair[2];
	struct helpers *all = begin(pair);

	(void)state;
	for (int i = 0; i < HELPERS_KEPT + 5; i++) {
		assert_string_equal(
		    ask(all, arena_fmt(&mem, "u%d", i), "read", &mem), arena_fmt(&mem, "%d u%d", i + 1, i));
		ask(all, "u0", "read", &mem);
	}
	assert_int_equal(count(&fake.ended, 5), 5);
	/* The first one was asked all the time, the second for longest not. */
	assert_string_equal(ask(all, "u0", "read", &mem), "1 u0");
	assert_string_equal(ask(all, "u1", "read", &mem), arena_fmt(&mem, "%d u1", HELPERS_KEPT + 6));
	assert_int_equal(count(&fake.ended, 6), 6);
	arena_free(&mem);
}

static void
without_its_stub_the_process_retires(void **state)
{
	struct arena mem = ARENA(1 << 20);
	int pair[2];
	struct helpers *all = begin(pair);

	(void)state;
	signal(SIGTERM, on_term);
	signal(SIGPIPE, SIG_IGN);
	assert_string_equal(ask(all, "joe", "read", &mem), "1 joe");
	assert_string_equal(ask(all, "end of the stub", "read", &mem), "root stub: lost connection");
	assert_false(helpers_ok(all));
	assert_int_equal(asked_to_stop, 1);
	assert_string_equal(ask(all, "joe", "read", &mem), "1 joe");
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_user_has_their_own),
		cmocka_unit_test(a_dead_one_is_replaced),
		cmocka_unit_test(not_too_many_are_kept),
		cmocka_unit_test(without_its_stub_the_process_retires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
