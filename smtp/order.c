/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/order.h"

#include "lib/base/text.h"

/* xorshift64*: good enough to spread load, and repeatable in tests. */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t x = *state != 0 ? *state : 1;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1d;
}

static void
swap(struct target *a, struct target *b)
{
	struct target t = *a;

	*a = *b;
	*b = t;
}

static bool
goes_before(const struct target *a, const struct target *b, int family)
{
	if (a->preference != b->preference)
		return a->preference < b->preference;
	return family != 0 && a->addr.sa.sa_family == family && b->addr.sa.sa_family != family;
}

/* Few elements, and their order among equals is to stay: insertion. */
static void
sort(struct target *t, size_t n, int family)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && goes_before(&t[j], &t[j - 1], family); j--)
			swap(&t[j], &t[j - 1]);
}

void
order_targets(struct target *t, size_t n, const char *address_preference, bool shuffle, uint64_t *random)
{
	int family = text_same(address_preference, "ipv4") ? AF_INET
	    : text_same(address_preference, "ipv6")	   ? AF_INET6
							   : 0;

	if (shuffle)
		for (size_t i = n; i > 1; i--)
			swap(&t[i - 1], &t[next_random(random) % i]);
	sort(t, n, family);
}

size_t
order_limit(struct target *t, size_t n, size_t most, bool balance)
{
	size_t have[2] = { 0, 0 }, cap[2], kept = 0;

	if (most == 0 || n <= most)
		return n;
	for (size_t i = 0; i < n; i++)
		have[t[i].addr.sa.sa_family == AF_INET6]++;
	for (int six = 0; six < 2; six++)
		cap[six] = balance ? most - (have[!six] < most / 2 ? have[!six] : most / 2) : most;
	for (size_t i = 0; i < n && kept < most; i++) {
		int six = t[i].addr.sa.sa_family == AF_INET6;

		if (cap[six] == 0)
			continue;
		cap[six]--;
		t[kept++] = t[i];
	}
	return kept;
}
