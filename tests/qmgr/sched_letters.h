/* SPDX-License-Identifier: Apache-2.0 */
/* sched_letters - messages of a few recipients for the scheduler's tests. */
#ifndef TESTS_QMGR_SCHED_LETTERS_H
#define TESTS_QMGR_SCHED_LETTERS_H

#include "lib/base/mem.h"
#include "qmgr/sched.h"
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

static inline void
settings_of(void *ctx, const char *transport, struct sched_settings *out)
{
	(void)ctx;
	(void)transport;
	*out = settings;
}

static inline struct sched *
start(void)
{
	return sched_new(
	    &(struct sched_limits){ .rcpts = 1000, .rcpts_minimum = 10, .dead_ms = 300000, .destinations = 100 },
	    settings_of, NULL);
}

static inline int
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
static inline struct letter *
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

static inline void
letter_free(struct sched *s, struct letter *l)
{
	sched_message_remove(s, &l->m);
	free(l->to);
	free(l);
}

static inline size_t
settle_all(struct sched *s, struct sched_batch *b)
{
	size_t n = b->rcpts.n;

	for (struct list_link *link; (link = list_first(&b->rcpts)) != NULL;)
		sched_settle(s, b->message, LIST_OF(struct sched_rcpt, link, link));
	return n;
}

static inline int
name_of(const struct sched_batch *b)
{
	return LIST_OF(struct letter, m, b->message)->name;
}

static inline struct sched_transport *
the_transport(struct sched *s)
{
	return sched_transport_next(s, NULL);
}

static inline void
good(struct sched *s, struct sched_batch *b, long now)
{
	settle_all(s, b);
	sched_done(s, b, SCHED_GOOD, NULL, now);
}

static struct sched_trouble refused
    __attribute__((unused)) = { "4.4.1", (char *)"connect to mx[192.0.2.1]:25: Connection refused" };

static inline void
bad(struct sched *s, struct sched_batch *b, long now)
{
	settle_all(s, b);
	sched_done(s, b, SCHED_BAD, &refused, now);
}

#endif
