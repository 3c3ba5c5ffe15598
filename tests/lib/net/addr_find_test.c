/* SPDX-License-Identifier: Apache-2.0 */
/* Names of hosts, with a system's resolver of our own that can be as slow as it likes. */
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/net/addr.h"

#include "tests/support/test.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { FINDERS_MAX = 100 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t opens;
	bool open;
	atomic_int inside;
} gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .opens = PTHREAD_COND_INITIALIZER };

static void
wait_at_gate(void)
{
	atomic_fetch_add(&gate.inside, 1);
	pthread_mutex_lock(&gate.lock);
	while (!gate.open)
		pthread_cond_wait(&gate.opens, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
	atomic_fetch_sub(&gate.inside, 1);
}

static struct addrinfo *
one(const char *number, struct addrinfo *next)
{
	struct addrinfo *a = mem_zero(1, sizeof(*a));
	struct addr *found = mem_zero(1, sizeof(*found));

	assert_true(addr_parse(found, number, 0));
	a->ai_addr = &found->sa;
	a->ai_next = next;
	return a;
}

/* In place of the C library's. */
int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	(void)service, (void)hints;
	*out = NULL;
	if (strcmp(host, "slow.example") == 0)
		wait_at_gate();
	if (strcmp(host, "none.example") == 0 || host[0] == '[')
		return EAI_NONAME;
	for (int i = 0; strcmp(host, "many.example") == 0 && i < 2 * ADDR_FIND_MAX; i++)
		*out = one("192.0.2.9", *out);
	*out = one("192.0.2.1", one("2001:db8::1", *out));
	return 0;
}

void
freeaddrinfo(struct addrinfo *list)
{
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;

		free(list->ai_addr);
		free(list);
		list = next;
	}
}

static void
found(void **state)
{
	static const struct {
		const char *host, *service, *first;
		size_t n;
		int port;
	} cases[] = {
		{ "two.example", "25", "192.0.2.1", 2, 25 },
		{ "many.example", "smtp", "192.0.2.1", ADDR_FIND_MAX, 25 },
		{ "[two.example]", "25", "192.0.2.1", 2, 25 },
		{ "192.0.2.7", "2525", "192.0.2.7", 1, 2525 },
		{ "[192.0.2.7]", "25", "192.0.2.7", 1, 25 },
		{ "[2001:db8::7]", "25", "2001:db8::7", 1, 25 },
		{ "none.example", "25", "look for host none.example: ", 0, 0 },
		{ "two.example", "no-such-port", "port no-such-port: neither a number nor", 0, 0 },
		{ "two.example", "", "port : neither a number nor", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		struct addr out[ADDR_FIND_MAX];
		char text[ADDR_TEXT];

		assert_int_equal(addr_find(cases[i].host, cases[i].service, 10000, out, &why), cases[i].n);
		if (cases[i].n == 0) {
			assert_int_equal(why.fate, FATE_LATER);
			assert_ptr_equal(strstr(why.text, cases[i].first), why.text);
		}
		for (size_t k = 0; k < cases[i].n; k++)
			assert_int_equal(addr_port(&out[k]), cases[i].port);
		if (cases[i].n > 0)
			assert_string_equal(addr_host(&out[0], text), cases[i].first);
		arena_free(&mem);
	}
}

/* Who asks waits no longer than he wants to, whatever the system's resolver does; those left behind are counted. */
static void
slow(void **state)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct addr out[ADDR_FIND_MAX];
	long began = tick_ms();

	(void)state;
	assert_int_equal(addr_find("slow.example", "25", 200, out, &why), 0);
	assert_int_equal(why.fate, FATE_LATER);
	assert_string_equal(why.text, "look for host slow.example: timeout");
	assert_in_range(tick_ms() - began, 190, 5000);
	for (int i = 1; i < FINDERS_MAX; i++)
		assert_int_equal(addr_find("slow.example", "25", 1, out, &why), 0);
	assert_int_equal(addr_find("two.example", "25", 10000, out, &why), 0);
	assert_string_equal(why.text, "look for host two.example: 100 look-ups are under way already");
	assert_int_equal(addr_find("192.0.2.7", "25", 1, out, &why), 1);

	pthread_mutex_lock(&gate.lock);
	gate.open = true;
	pthread_cond_broadcast(&gate.opens);
	pthread_mutex_unlock(&gate.lock);
	for (began = tick_ms(); addr_find("two.example", "25", 10000, out, &why) == 0;)
		assert_true(tick_ms() - began < 10000);
	while (gate.inside > 0)
		assert_true(tick_ms() - began < 10000);
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found),
		cmocka_unit_test(slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
