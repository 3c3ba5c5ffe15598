/* SPDX-License-Identifier: Apache-2.0 */
/* A cleanup that is away, slow, overrun or ends in the middle: nothing is lost, and nothing taken twice. */
#include "tests/services/pickup/place.h"

static void
without_cleanup(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, NULL);
	DROP("A: 1\n\n");
	DROP("A: 2\n\n");
	scan(&p);
	assert_int_equal(count("maildrop"), 2);
	/* It comes, and they go. */
	start_cleanup(&p);
	scan(&p);
	assert_int_equal(count("maildrop"), 0);
	pickup_free(&p.pickup);
	stop_cleanup(&p);
	assert_int_equal(p.committed, 2);
	place_close(&p);
}

static void
too_large_now(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, "message_size_limit=10");
	start_cleanup(&p);
	DROP("Subject: hi\n\nbody\n");
	scan(&p);
	assert_int_equal(count("corrupt"), 1);
	pickup_free(&p.pickup);
	stop_cleanup(&p);
	assert_int_equal(p.began, 0);
	place_close(&p);
}

static void
many_files(void **state)
{
	enum { FILES = 2500 };
	struct place p;

	(void)state;
	place_open(&p, NULL);
	start_cleanup(&p);
	for (int i = 0; i < FILES; i++)
		DROP("A: 1\n\n");
	scan(&p);
	assert_int_equal(count("maildrop"), 0);
	pickup_free(&p.pickup);
	stop_cleanup(&p);
	assert_int_equal(p.committed, FILES);
	place_close(&p);
}

static void
slow(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, NULL);
	p.slow = true;
	start_cleanup(&p);
	DROP("A: 1\n\n");
	DROP("A: 2\n\n");
	pickup_scan(p.pickup);
	assert_int_equal(pickup_step(p.pickup), PICKUP_SLOW);
	assert_int_equal(count("maildrop"), 1);
	while (pickup_step(p.pickup) != PICKUP_IDLE)
		;
	assert_int_equal(count("maildrop"), 0);
	pickup_free(&p.pickup);
	stop_cleanup(&p);
	place_close(&p);
}

/* One that cannot be had holds up nobody; a cleanup that takes nothing is not bothered with all of them. */
static void
failures(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, NULL);
	p.code = 451;
	start_cleanup(&p);
	for (int i = 0; i < 30; i++)
		DROP("A: 1\n\n");
	scan(&p);
	assert_int_equal(count("maildrop"), 30);
	pickup_free(&p.pickup);
	stop_cleanup(&p);
	assert_in_range(p.committed, 2, 10);
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_cleanup),
		cmocka_unit_test(too_large_now),
		cmocka_unit_test(many_files),
		cmocka_unit_test(slow),
		cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
