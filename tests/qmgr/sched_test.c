/* SPDX-License-Identifier: Apache-2.0 */
/* Windows, pauses, death of destinations and transports, and bounds. */
#include "tests/qmgr/sched_letters.h"

static void
the_window_holds(void **state)
{
	struct sched_batch *b[16];
	struct sched *s = start();
	struct letter *one, *two;

	(void)state;
	settings.batch = 1;
	settings.window.initial = 2;
	settings.window.most = 3;
	one = letter(s, '1', "aaaaaaaa", 0);
	two = letter(s, '2', "b", 0);
	b[0] = sched_take(s, the_transport(s), 1);
	b[1] = sched_take(s, the_transport(s), 1);
	assert_int_equal(name_of(b[1]), '1');
	b[2] = sched_take(s, the_transport(s), 1);
	assert_int_equal(name_of(b[2]), '2'); /* a is full: the message behind it goes on */
	assert_null(sched_take(s, the_transport(s), 1));
	assert_false(sched_wants(the_transport(s), 1));
	good(s, b[0], 2); /* and now a may have three */
	b[0] = sched_take(s, the_transport(s), 2);
	b[3] = sched_take(s, the_transport(s), 2);
	assert_non_null(b[3]);
	assert_null(sched_take(s, the_transport(s), 2));
	for (int i = 0; i < 4; i++)
		good(s, b[i], 3);
	while ((b[0] = sched_take(s, the_transport(s), 3)) != NULL)
		good(s, b[0], 3);
	assert_int_equal(sched_rcpts(s), 0);
	letter_free(s, one);
	letter_free(s, two);
	sched_free(&s);
}

static void
a_dead_destination(void **state)
{
	struct sched_trouble why;
	struct sched_batch *b[4];
	struct addressee late = { .number = 0 };
	struct sched *s = start();
	struct sched_counts n;
	struct letter *l, *other;
	struct sched_rcpt *r;
	int dropped = 0;

	(void)state;
	settings.batch = 1;
	settings.window.initial = 2;
	l = letter(s, '1', "aaaaaa", 0);
	other = letter(s, '2', "b", 0);
	b[0] = sched_take(s, the_transport(s), 0);
	b[1] = sched_take(s, the_transport(s), 0);
	bad(s, b[0], 10);
	assert_null(sched_dropped(s, &why));
	bad(s, b[1], 10); /* 1/2 + 1/1 is more than one round */
	while ((r = sched_dropped(s, &why)) != NULL) {
		assert_string_equal(why.text, refused.text);
		assert_string_equal(why.dsn, "4.4.1");
		sched_settle(s, r->message, r);
		dropped++;
	}
	assert_int_equal(dropped, 4);
	sched_read(s, &l->m, 1, 0, 20);
	assert_non_null(sched_add(s, &l->m, "smtp", "a", &late.rcpt, 20));
	sched_settle(s, &l->m, &late.rcpt);
	b[0] = sched_take(s, the_transport(s), 20);
	assert_int_equal(name_of(b[0]), '2'); /* others do not suffer */
	good(s, b[0], 20);
	sched_count(s, &n);
	assert_int_equal(n.dead, 1);
	/* 300 s later it is tried again, as at first */
	assert_int_equal(sched_tick(s, 10), 300000);
	assert_int_equal(sched_tick(s, 300010), -1);
	sched_read(s, &l->m, 1, 0, 300010);
	assert_null(sched_add(s, &l->m, "smtp", "a", &late.rcpt, 300010));
	b[0] = sched_take(s, the_transport(s), 300010);
	assert_non_null(b[0]);
	assert_int_equal(sched_window(b[0]->to), 2);
	good(s, b[0], 300011);
	letter_free(s, l);
	letter_free(s, other);
	sched_free(&s);
}

static void
flush_forgives(void **state)
{
	struct addressee late = { .number = 0 };
	struct sched *s = start();
	struct letter *l;

	(void)state;
	settings.window.initial = 1;
	l = letter(s, '1', "a", 0);
	bad(s, sched_take(s, the_transport(s), 0), 0);
	sched_read(s, &l->m, 1, 0, 1);
	assert_null(sched_add(s, &l->m, "smtp", "a", &late.rcpt, 1));
	bad(s, sched_take(s, the_transport(s), 1), 1);
	sched_read(s, &l->m, 1, 0, 2);
	assert_non_null(sched_add(s, &l->m, "smtp", "a", &late.rcpt, 2));
	sched_forgive(s, 2);
	assert_null(sched_add(s, &l->m, "smtp", "a", &late.rcpt, 2));
	good(s, sched_take(s, the_transport(s), 3), 3);
	letter_free(s, l);
	sched_free(&s);
}

static void
a_success_proves_that_it_lives(void **state)
{
	struct addressee late = { .number = 0 };
	struct sched_batch *b[3];
	struct sched *s = start();
	struct letter *l;

	(void)state;
	settings.batch = 1;
	settings.window.initial = 3;
	settings.window.down.amount = 0;
	l = letter(s, '1', "aaa", 0);
	for (int i = 0; i < 3; i++)
		b[i] = sched_take(s, the_transport(s), 0);
	bad(s, b[0], 1);
	bad(s, b[1], 1);
	for (int i = 0; i < 2; i++) { /* the fourth of three is more than a round */
		sched_read(s, &l->m, 1, 0, 2);
		assert_null(sched_add(s, &l->m, "smtp", "a", &late.rcpt, 2));
		bad(s, sched_take(s, the_transport(s), 2), 2);
	}
	sched_read(s, &l->m, 1, 0, 3);
	assert_non_null(sched_add(s, &l->m, "smtp", "a", &late.rcpt, 3));
	good(s, b[2], 4);
	assert_null(sched_add(s, &l->m, "smtp", "a", &late.rcpt, 5));
	good(s, sched_take(s, the_transport(s), 5), 5);
	letter_free(s, l);
	sched_free(&s);
}

static void
a_pause_between_deliveries(void **state)
{
	struct sched_batch *b;
	struct sched *s = start();
	struct letter *l;

	(void)state;
	settings.batch = 1;
	settings.rate_delay_ms = 1000;
	l = letter(s, '1', "aab", 0);
	b = sched_take(s, the_transport(s), 0);
	good(s, sched_take(s, the_transport(s), 0), 100); /* b */
	assert_null(sched_take(s, the_transport(s), 100));
	good(s, b, 200);
	assert_null(sched_take(s, the_transport(s), 500));
	sched_tick(s, 1199);
	assert_null(sched_take(s, the_transport(s), 1199));
	assert_int_equal(sched_tick(s, 1199), 1);
	sched_tick(s, 1200);
	b = sched_take(s, the_transport(s), 1200);
	assert_non_null(b);
	good(s, b, 1300);
	sched_tick(s, 5000);
	letter_free(s, l);
	sched_free(&s);
}

static void
a_pause_between_any_two(void **state)
{
	struct sched_batch *b;
	struct sched *s = start();
	struct letter *l;

	(void)state;
	settings.transport_rate_delay_ms = 1000;
	l = letter(s, '1', "ab", 0);
	b = sched_take(s, the_transport(s), 0);
	assert_false(sched_wants(the_transport(s), 999));
	assert_null(sched_take(s, the_transport(s), 999));
	assert_int_equal(sched_tick(s, 0), 1000);
	good(s, b, 10);
	good(s, sched_take(s, the_transport(s), 1000), 1001);
	letter_free(s, l);
	sched_free(&s);
}

static void
a_dead_transport(void **state)
{
	struct sched_trouble gone = { "4.3.0", (char *)"mail transport unavailable" }, why;
	struct addressee late = { .number = 0 };
	struct sched *s = start();
	struct sched_rcpt *r;
	struct letter *l;
	int dropped = 0;

	(void)state;
	l = letter(s, '1', "aabc", 0);
	sched_transport_down(s, the_transport(s), &gone, 60000, 0);
	while ((r = sched_dropped(s, &why)) != NULL) {
		assert_string_equal(why.text, gone.text);
		sched_settle(s, r->message, r);
		dropped++;
	}
	assert_int_equal(dropped, 4);
	sched_read(s, &l->m, 1, 0, 1);
	assert_string_equal(sched_add(s, &l->m, "smtp", "d", &late.rcpt, 1)->text, gone.text);
	assert_null(sched_add(s, &l->m, "local", "d", &late.rcpt, 1)); /* others do not suffer */
	sched_settle(s, &l->m, &late.rcpt);
	sched_tick(s, 60000);
	sched_read(s, &l->m, 1, 0, 60000);
	assert_null(sched_add(s, &l->m, "smtp", "d", &late.rcpt, 60000));
	good(s, sched_take(s, the_transport(s), 60000), 60000);
	letter_free(s, l);
	sched_free(&s);
}

static void
what_was_not_tried_goes_first(void **state)
{
	struct sched_batch *b;
	struct sched *s = start();
	struct letter *l;
	char got[8] = "";
	size_t n = 0;

	(void)state;
	settings.batch = 2;
	l = letter(s, '1', "aaaa", 0);
	b = sched_take(s, the_transport(s), 0);
	sched_settle(s, b->message, &l->to[0].rcpt); /* one has its verdict, then the worker went away */
	sched_done(s, b, SCHED_AGAIN, NULL, 0);
	assert_int_equal(sched_rcpts(s), 3);
	while ((b = sched_take(s, the_transport(s), 1)) != NULL) {
		LIST_EACH (struct sched_rcpt, r, link, &b->rcpts)
			got[n++] = (char)('0' + LIST_OF(struct addressee, rcpt, r)->number);
		good(s, b, 1);
	}
	assert_string_equal(got, "123");
	letter_free(s, l);
	sched_free(&s);
}

static void
one_that_waits_can_be_taken_out(void **state)
{
	struct sched_batch *b;
	struct sched *s = start();
	struct letter *l, *other;

	(void)state;
	settings.batch = 1;
	l = letter(s, '1', "aab", 0);
	other = letter(s, '2', "a", 0);
	assert_true(sched_waits(&l->to[1].rcpt));
	for (int i = 0; i < 3; i++)
		sched_settle(s, &l->m, &l->to[i].rcpt);
	assert_false(sched_waits(&l->to[1].rcpt));
	letter_free(s, l);
	b = sched_take(s, the_transport(s), 1);
	assert_int_equal(name_of(b), '2');
	assert_null(sched_take(s, the_transport(s), 1));
	good(s, b, 1);
	letter_free(s, other);
	sched_free(&s);
}

static void
idle_destinations_are_remembered_within_bounds(void **state)
{
	struct sched *s = start();
	struct sched_counts n;
	struct sched_batch *b;
	struct letter *l;

	(void)state;
	settings.window.initial = 2;
	for (int i = 0; i < 3; i++) {
		l = letter(s, '1', "a", 0);
		b = sched_take(s, the_transport(s), 0);
		assert_int_equal(sched_window(b->to), i < 1 ? 2 : 3); /* it was found good */
		good(s, b, 0);
		letter_free(s, l);
	}
	l = letter(s, '1', "a", 1000000);
	b = sched_take(s, the_transport(s), 1000000);
	assert_int_equal(sched_window(b->to), 2); /* long ago */
	good(s, b, 1000000);
	letter_free(s, l);
	for (int i = 0; i < 250; i++) {
		struct sched_message m;
		struct addressee to = { .number = 0 };
		char name[32];

		snprintf(name, sizeof(name), "d%d.example", i);
		sched_message_add(s, &m, 1, 0);
		sched_read(s, &m, 1, 0, 0);
		sched_add(s, &m, "smtp", name, &to.rcpt, 0);
		good(s, sched_take(s, the_transport(s), 0), 0);
		sched_message_remove(s, &m);
	}
	sched_count(s, &n);
	assert_int_equal(n.idle, 100);
	assert_int_equal(n.destinations, 100);
	assert_int_equal(n.jobs, 0);
	sched_free(&s);
}

/* How many recipients may be read, in the situations that matter. */
static void
room(void **state)
{
	struct sched *s = start(); /* 1000 in all at first, 10 at least */
	struct sched_message first, second, third;
	static struct addressee to[2000];

	(void)state;
	settings.rcpts = 500;
	sched_message_add(s, &first, 5000, 0);
	assert_int_equal(sched_room(s, &first, 0), 1000);
	sched_read(s, &first, 1000, 4000, 0);
	sched_message_add(s, &second, 7, 0);
	assert_int_equal(sched_room(s, &second, 0), 7); /* no more than it has */
	sched_message_add(s, &third, 400, 0);
	assert_int_equal(sched_room(s, &third, 0), 10); /* the minimum, always */
	sched_read(s, &third, 10, 390, 0);
	for (int i = 0; i < 1000; i++)
		assert_null(sched_add(s, &first, "smtp", "a", &to[i].rcpt, 0));
	for (int i = 1000; i < 1010; i++)
		assert_null(sched_add(s, &third, "smtp", "b", &to[i].rcpt, 0));
	assert_int_equal(sched_room(s, &first, 1), 0);
	for (int i = 0; i < 510; i++)
		sched_settle(s, &first, &to[i].rcpt);
	assert_int_equal(sched_room(s, &first, 2), 0); /* 500 are still there */
	for (int i = 510; i < 560; i++)
		sched_settle(s, &first, &to[i].rcpt);
	assert_int_equal(sched_room(s, &first, 3), 0);	   /* 50 would fit, but that is not worth the trouble */
	assert_int_equal(sched_room(s, &first, 6000), 50); /* after a while it is */
	for (int i = 560; i < 610; i++)
		sched_settle(s, &first, &to[i].rcpt);
	assert_int_equal(sched_room(s, &first, 4), 100);
	assert_int_equal(sched_room(s, &third, 4), 0); /* the older one comes first */
	for (int i = 1000; i < 1010; i++)
		sched_settle(s, &third, &to[i].rcpt);
	assert_int_equal(sched_room(s, &third, 4), 10); /* but nobody starves */
	sched_read(s, &first, 100, 0, 5);
	assert_int_equal(sched_room(s, &third, 5), 120); /* the older one is read: now it has the rest */
	for (int i = 610; i < 1000; i++)
		sched_settle(s, &first, &to[i].rcpt);
	for (int i = 0; i < 100; i++)
		sched_settle(s, &first, &to[1500 + i].rcpt);
	sched_message_remove(s, &first);
	sched_message_remove(s, &second);
	sched_message_remove(s, &third);
	assert_int_equal(sched_rcpts(s), 0);
	sched_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_window_holds, fresh),
		cmocka_unit_test_setup(a_dead_destination, fresh),
		cmocka_unit_test_setup(flush_forgives, fresh),
		cmocka_unit_test_setup(a_success_proves_that_it_lives, fresh),
		cmocka_unit_test_setup(a_pause_between_deliveries, fresh),
		cmocka_unit_test_setup(a_pause_between_any_two, fresh),
		cmocka_unit_test_setup(a_dead_transport, fresh),
		cmocka_unit_test_setup(what_was_not_tried_goes_first, fresh),
		cmocka_unit_test_setup(one_that_waits_can_be_taken_out, fresh),
		cmocka_unit_test_setup(idle_destinations_are_remembered_within_bounds, fresh),
		cmocka_unit_test_setup(room, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
