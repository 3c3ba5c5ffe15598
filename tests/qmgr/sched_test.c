/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/sched.h"

#include "lib/base/mem.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct letter {
	struct sched_message m;
	int name;
	struct addressee *to;
	size_t n;
};
struct addressee {
	struct sched_rcpt rcpt;
	int number;
};

/* What the settings of all transports are in this test. */
static struct sched_settings settings;

static void
settings_of(void *ctx, const char *transport, struct sched_settings *out)
{
	(void)ctx;
	(void)transport;
	*out = settings;
}

static struct sched *
start(void)
{
	return sched_new(
	    &(struct sched_limits){ .rcpts = 1000, .rcpts_minimum = 10, .dead_ms = 300000, .destinations = 100 },
	    settings_of, NULL);
}

static int
fresh(void **state)
{
	(void)state;
	settings = (struct sched_settings){
		.window = { .initial = 5, .most = 20, .cohorts = 1, .up = { .amount = 1 }, .down = { .amount = 1 } },
		.batch = 50,
		.slot_cost = 5,
		.slot_loan = 3,
		.slot_discount = 50,
		.minimum_slots = 3,
		.rcpts = 20000,
		.extra_rcpts = 1000,
		.refill = 100,
		.refill_delay_ms = 5000,
	};
	return 0;
}

/* A message with one recipient for each name in the list, which is of single characters. */
static struct letter *
letter(struct sched *s, int name, const char *destinations, long now)
{
	struct letter *l = mem_zero(1, sizeof(*l));

	l->name = name;
	l->n = strlen(destinations);
	l->to = mem_zero(l->n, sizeof(*l->to));
	sched_message_add(s, &l->m, (long)l->n, now);
	sched_read(s, &l->m, (long)l->n, 0, now);
	for (size_t i = 0; i < l->n; i++) {
		char destination[] = { destinations[i], '\0' };

		l->to[i].number = (int)i;
		assert_null(sched_add(s, &l->m, "smtp", destination, &l->to[i].rcpt, now));
	}
	return l;
}

static void
letter_free(struct sched *s, struct letter *l)
{
	sched_message_remove(s, &l->m);
	free(l->to);
	free(l);
}

static size_t
settle_all(struct sched *s, struct sched_batch *b)
{
	size_t n = b->rcpts.n;

	for (struct list_link *link; (link = list_first(&b->rcpts)) != NULL;)
		sched_settle(s, b->message, LIST_OF(struct sched_rcpt, link, link));
	return n;
}

static int
name_of(const struct sched_batch *b)
{
	return LIST_OF(struct letter, m, b->message)->name;
}

static struct sched_transport *
the_transport(struct sched *s)
{
	return sched_transport_next(s, NULL);
}

static void
good(struct sched *s, struct sched_batch *b, long now)
{
	settle_all(s, b);
	sched_done(s, b, SCHED_GOOD, NULL, now);
}

static struct sched_trouble refused = { "4.4.1", (char *)"connect to mx[192.0.2.1]:25: Connection refused" };

static void
bad(struct sched *s, struct sched_batch *b, long now)
{
	settle_all(s, b);
	sched_done(s, b, SCHED_BAD, &refused, now);
}

/*
 * The order of deliveries with one worker: messages are named 1, 2, 3 ... and
 * come at once, in that order, each with so many recipients, a delivery for each.
 */
static const struct {
	const char *what;
	long cost, discount, loan, minimum;
	int sizes[8];
	const char *order;
} orders[] = {
	{ "first come, first served", 5, 50, 3, 3, { 2, 3, 1 }, "112223" },
	{ "one slot for two deliveries, all saved before", 2, 0, 0, 0, { 10, 2, 2 }, "11112211113311" },
	{ "half of it in advance", 2, 50, 0, 0, { 10, 2, 2 }, "11221111331111" },
	{ "a loan of two slots", 2, 0, 2, 0, { 10, 2, 2 }, "22111133111111" },
	{ "single ones pass now and then", 5, 0, 0, 0, { 15, 1, 1, 1, 1 }, "1111121111131111145" },
	{ "too small to be overtaken", 5, 50, 3, 3, { 19, 1 }, "11111111111111111112" },
	{ "just large enough", 5, 50, 3, 3, { 20, 1 }, "211111111111111111111" },
	{ "the best first, then the next", 2, 0, 0, 0, { 20, 6, 1 }, "113111111111111222222111111" },
	{ "the larger one is too large ever", 5, 0, 0, 0, { 10, 4, 1 }, "111113111112222" },
};

static void
order_of_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(orders); i++) {
		struct letter *letters[8] = { NULL };
		struct sched *s = start();
		struct sched_batch *b;
		char got[64] = "";
		size_t n = 0;

		settings.batch = 1;
		settings.slot_cost = orders[i].cost;
		settings.slot_discount = orders[i].discount;
		settings.slot_loan = orders[i].loan;
		settings.minimum_slots = orders[i].minimum;
		for (int k = 0; k < 8 && orders[i].sizes[k] > 0; k++) {
			char all[32] = "";

			memset(all, 'a' + k, (size_t)orders[i].sizes[k]);
			letters[k] = letter(s, '1' + k, all, 0);
		}
		while ((b = sched_take(s, the_transport(s), 1000)) != NULL) {
			got[n++] = (char)name_of(b);
			good(s, b, 1000);
		}
		if (strcmp(got, orders[i].order) != 0)
			fail_msg("%s: %s, wanted %s", orders[i].what, got, orders[i].order);
		for (int k = 0; k < 8 && letters[k] != NULL; k++)
			letter_free(s, letters[k]);
		sched_free(&s);
	}
}

static void
who_overtakes_can_be_overtaken(void **state)
{
	struct letter *letters[3] = { NULL };
	struct sched *s = start();
	struct sched_batch *b;
	char got[64] = "";
	size_t n = 0;

	(void)state;
	settings.batch = 1;
	settings.slot_cost = 2;
	settings.slot_discount = settings.slot_loan = settings.minimum_slots = 0;
	letters[0] = letter(s, '1', "aaaaaaaaaaaaaaaaaaaa", 0);
	letters[1] = letter(s, '2', "bbbbbb", 0);
	while ((b = sched_take(s, the_transport(s), 1000)) != NULL) {
		got[n++] = (char)name_of(b);
		if (n == 13)
			letters[2] = letter(s, '3', "c", 1000);
		good(s, b, 1000);
	}
	/* 2 waits for six slots; then 3 waits until 2 has earned one, and 1 pays for none of it again */
	assert_string_equal(got, "111111111111223222211111111");
	for (int k = 0; k < 3; k++)
		letter_free(s, letters[k]);
	sched_free(&s);
}

static void
destinations_of_a_message_take_turns(void **state)
{
	struct sched *s = start();
	struct letter *l;
	struct sched_batch *b;
	char got[32] = "";
	size_t n = 0;

	(void)state;
	settings.batch = 1;
	l = letter(s, '1', "aaabbcccc", 0);
	while ((b = sched_take(s, the_transport(s), 1)) != NULL) {
		got[n++] = sched_destination_name(b->to)[0];
		good(s, b, 1);
	}
	assert_string_equal(got, "abcabcacc");
	letter_free(s, l);
	sched_free(&s);
}

static void
recipients_of_one_destination_share_a_delivery(void **state)
{
	struct sched *s = start();
	struct letter *l;
	struct sched_batch *b;
	char got[64] = "";
	size_t n = 0;

	(void)state;
	settings.batch = 3;
	l = letter(s, '1', "abababababa", 0);
	while ((b = sched_take(s, the_transport(s), 1)) != NULL) {
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%zu%s ", sched_destination_name(b->to), b->rcpts.n,
		    sched_more(b) ? "+" : "");
		good(s, b, 1);
	}
	assert_string_equal(got, "a3+ b3+ a3 b2 ");
	letter_free(s, l);
	sched_free(&s);
}

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
small_mail_passes_a_mailing_to_the_same_full_destination(void **state)
{
	char many[201] = "";
	struct sched *s = start();
	struct letter *mailing, *small;
	struct sched_batch *b;
	int before = 0;

	(void)state;
	settings.batch = 1;
	settings.window.initial = settings.window.most = 1;
	memset(many, 'a', 200);
	mailing = letter(s, '1', many, 0);
	for (int i = 0; i < 20; i++)
		good(s, sched_take(s, the_transport(s), i), i);
	b = sched_take(s, the_transport(s), 20);
	small = letter(s, '2', "a", 20);
	assert_null(sched_take(s, the_transport(s), 20));
	good(s, b, 21);
	while (name_of(b = sched_take(s, the_transport(s), 22)) != '2') {
		before++;
		good(s, b, 22);
	}
	good(s, b, 22);
	assert_int_equal(before, 0);
	while ((b = sched_take(s, the_transport(s), 23)) != NULL)
		good(s, b, 23);
	letter_free(s, mailing);
	letter_free(s, small);
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
		cmocka_unit_test_setup(order_of_messages, fresh),
		cmocka_unit_test_setup(who_overtakes_can_be_overtaken, fresh),
		cmocka_unit_test_setup(destinations_of_a_message_take_turns, fresh),
		cmocka_unit_test_setup(recipients_of_one_destination_share_a_delivery, fresh),
		cmocka_unit_test_setup(the_window_holds, fresh),
		cmocka_unit_test_setup(small_mail_passes_a_mailing_to_the_same_full_destination, fresh),
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
