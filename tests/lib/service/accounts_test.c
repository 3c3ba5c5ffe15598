/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/accounts.h"
#include "lib/service/service.h"
#include "tests/support/test.h"

static const struct accounts separated = {
	.separated = true, .self = { 0, 0 }, .queue = { 10, 110 }, .net = { 20, 120 }, .key = { 30, 130 }, .drop = 140
};
static const struct accounts together = {
	.self = { 1000, 1000 }, .queue = { 1000, 1000 }, .net = { 1000, 1000 }, .key = { 1000, 1000 }, .drop = 1000
};

static const struct {
	const char *what;
	const struct accounts *a;
	unsigned peers;
	uid_t uid;
	gid_t gid;
	bool may;
} cases[] = {
	{ "root may always", &separated, 0, 0, 0, true },
	{ "nobody is named", &separated, 0, 10, 110, false },
	{ "the queue's owner", &separated, PEER_QUEUE, 10, 110, true },
	{ "and not the network's", &separated, PEER_QUEUE, 20, 120, false },
	{ "nor one who has the group", &separated, PEER_QUEUE, 20, 110, false },
	{ "the network's", &separated, PEER_NET, 20, 120, true },
	{ "the keys'", &separated, PEER_KEY, 30, 130, true },
	{ "the keys' are not the network's", &separated, PEER_NET, 30, 130, false },
	{ "two of them", &separated, PEER_QUEUE | PEER_NET, 20, 120, true },
	{ "a set-gid command", &separated, PEER_DROP, 1000, 140, true },
	{ "a user without it", &separated, PEER_DROP, 1000, 1000, false },
	{ "a user may not talk to daemons", &separated, PEER_QUEUE | PEER_NET | PEER_KEY, 1000, 1000, false },
	{ "but to what is for users", &separated, PEER_USERS, 1000, 1000, true },
	{ "and to what is for everybody", &separated, PEER_ANY, 1000, 1000, true },
	{ "one user for all", &together, PEER_QUEUE, 1000, 1000, true },
	{ "who needs no right of his own", &together, 0, 1000, 5, true },
	{ "and root", &together, PEER_NET, 0, 0, true },
	{ "another user may not", &together, PEER_QUEUE | PEER_DROP, 1001, 1000, false },
	{ "but where everybody may", &together, PEER_USERS, 1001, 1001, true },
};

static void
peers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("# %s\n", cases[i].what);
		assert_int_equal(
		    accounts_may_connect(cases[i].a, cases[i].peers, cases[i].uid, cases[i].gid), cases[i].may);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(peers) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
