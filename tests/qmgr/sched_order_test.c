/* SPDX-License-Identifier: Apache-2.0 */
/* Who goes first. */
#include "tests/qmgr/sched_letters.h"

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
	long now = 1;

	(void)state;
	settings.batch = 3;
	l = letter(s, '1', "abababababa", 0);
	for (; (b = sched_take(s, the_transport(s), now)) != NULL; now += 5000) {
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%zu%s ", sched_destination_name(b->to), b->rcpts.n,
		    sched_more(b) ? "+" : "");
		good(s, b, now);
	}
	assert_string_equal(got, "a3+ b3+ a3 b2 ");
	letter_free(s, l);
	/* What comes again at once is worth a connection that is kept. */
	l = letter(s, '2', "a", now);
	b = sched_take(s, the_transport(s), now);
	assert_false(sched_more(b));
	good(s, b, now);
	letter_free(s, l);
	l = letter(s, '3', "a", now + 500);
	b = sched_take(s, the_transport(s), now + 500);
	assert_true(sched_more(b));
	good(s, b, now + 500);
	letter_free(s, l);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(order_of_messages, fresh),
		cmocka_unit_test_setup(who_overtakes_can_be_overtaken, fresh),
		cmocka_unit_test_setup(destinations_of_a_message_take_turns, fresh),
		cmocka_unit_test_setup(recipients_of_one_destination_share_a_delivery, fresh),
		cmocka_unit_test_setup(small_mail_passes_a_mailing_to_the_same_full_destination, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
