/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that wait: used again while they are good, and no longer. */
#include "smtpd/cleanup_pool.h"

#include "lib/ipc/cleanup.h"
#include "lib/net/addr.h"
#include "tests/support/fakes.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
	char path[200];
	struct arena mem;
	struct verdict why;
	struct fake *fake;
	struct cleanup_pool *pool;
};

static struct place
begin(void)
{
	struct place p = { .mem = ARENA(1 << 20) };
	const char *base = getenv("TMPDIR");

	snprintf(p.path, sizeof(p.path), "%s/pool.%ld", base != NULL ? base : "/tmp", (long)getpid());
	p.fake = fake_cleanup_start(p.path, "");
	p.pool = cleanup_pool_new(p.path, 5);
	return p;
}

static void
end(struct place *p)
{
	cleanup_pool_free(&p->pool);
	assert_null(p->pool);
	fake_stop(&p->fake);
	unlink(p->path);
	arena_free(&p->mem);
}

static void
take(struct place *p, struct pooled *out)
{
	p->why = (struct verdict)VERDICT(&p->mem);
	assert_true(cleanup_pool_take(p->pool, out, &p->why));
}

/* A message that is taken back, so that both sides are between messages. */
static void
use(struct place *p, struct pooled *c)
{
	struct cleanup_started started;
	struct cleanup_done done;

	cleanup_mail_send(c->ipc, &(struct cleanup_mail){ .sender = "a@b.example" });
	cleanup_abort_send(c->ipc, &(struct cleanup_abort){});
	assert_true(cleanup_started_read(c->ipc, &p->mem, &started));
	assert_true(cleanup_done_read(c->ipc, &p->mem, &done));
}

static void
one_serves_many_messages(void **state)
{
	struct place p = begin();
	struct ipc *first = NULL;

	(void)state;
	for (int i = 0; i < POOL_MESSAGES + 5; i++) {
		struct pooled c;

		take(&p, &c);
		use(&p, &c);
		if (i == 0)
			first = c.ipc;
		assert_int_equal(c.messages, i % POOL_MESSAGES);
		if (i > 0 && i < POOL_MESSAGES)
			assert_ptr_equal(c.ipc, first);
		cleanup_pool_give(p.pool, &c, false);
		assert_null(c.ipc);
	}
	end(&p);
}

static void
nobody_there_is_told(void **state)
{
	struct place p = begin();
	struct pooled c;

	(void)state;
	fake_stop(&p.fake);
	p.why = (struct verdict)VERDICT(&p.mem);
	assert_false(cleanup_pool_take(p.pool, &c, &p.why));
	assert_int_equal(p.why.fate, FATE_LATER);
	assert_non_null(strstr(p.why.text, p.path));
	end(&p);
}

static void
a_broken_one_is_not_kept(void **state)
{
	struct place p = begin();
	struct pooled c;

	(void)state;
	take(&p, &c);
	ipc_fail(c.ipc, "nonsense");
	cleanup_pool_give(p.pool, &c, false);
	take(&p, &c);
	assert_int_equal(c.messages, 0);
	ipc_free(&c.ipc);
	end(&p);
}

static void
slow_is_what_was_said_last(void **state)
{
	struct place p = begin();
	struct pooled c;

	(void)state;
	assert_false(cleanup_pool_slow(p.pool));
	for (int i = 0; i < 2; i++) {
		take(&p, &c);
		use(&p, &c);
		cleanup_pool_give(p.pool, &c, i == 0);
		assert_int_equal(cleanup_pool_slow(p.pool), i == 0);
	}
	end(&p);
}

/* More connections than may wait. */
static void *
take_and_give(void *ctx)
{
	struct place *p = ctx;
	struct pooled many[POOL_IDLE];
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);

	for (int round = 0; round < 20; round++) {
		size_t n = (size_t)round * 3 + 1;

		for (size_t i = 0; i < n; i++)
			if (!cleanup_pool_take(p->pool, &many[i], &why))
				abort();
		for (size_t i = 0; i < n; i++)
			cleanup_pool_give(p->pool, &many[i], false);
	}
	arena_free(&mem);
	return NULL;
}

static void
threads_share_it(void **state)
{
	struct place p = begin();
	pthread_t threads[4];
	struct addr a;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	/* Nobody accepts: they are only there. */
	fake_stop(&p.fake);
	unlink(p.path);
	assert_true(addr_unix(&a, p.path));
	assert_int_equal(bind(listener, &a.sa, a.len), 0);
	assert_int_equal(listen(listener, 4096), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &p), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	close(listener);
	end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_serves_many_messages),
		cmocka_unit_test(nobody_there_is_told),
		cmocka_unit_test(a_broken_one_is_not_kept),
		cmocka_unit_test(slow_is_what_was_said_last),
		cmocka_unit_test(threads_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
