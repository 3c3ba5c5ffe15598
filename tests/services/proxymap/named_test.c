/* SPDX-License-Identifier: Apache-2.0 */
#include "services/proxymap/named.h"

#include "lib/base/mem.h"
#include "tests/support/test.h"

#include <string.h>

static const struct {
	const char *value;
	const char *specs[4];
} cases[] = {
	{ "", { NULL } },
	{ "tcp:127.0.0.1:25", { "tcp:127.0.0.1:25" } },
	{ "hash:/a,tcp:a:1\tunix:group.byname, socketmap:inet:b:2:n",
	    { "tcp:a:1", "socketmap:inet:b:2:n", "unix:group.byname" } },
	{ "permit_mynetworks, check_client_access tcp:a:1, reject", { "tcp:a:1" } },
	{ "{tcp:a:1}, !tcp:b:1", { "tcp:a:1", "tcp:b:1" } },
	{ "pipemap:{socketmap:unix:/a/b:n,texthash:/x}", { "socketmap:unix:/a/b:n" } },
	{ "debug:unionmap:{ debug:tcp:[::1]:1, {tcp:b:2} }", { "tcp:[::1]:1", "tcp:b:2" } },
	{ "proxy:tcp:a:1, debug:proxy:tcp:b:1", { NULL } },
	{ "xtcp:a:1 tcp socketmap x-tcp:b:1 /tcp:c:1 tcp", { NULL } },
};

static void
values(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct hash specs = HASH(false);
		size_t n = 0;

		named_in_value(cases[i].value, &specs);
		for (; n < NITEMS(cases[i].specs) && cases[i].specs[n] != NULL; n++)
			if (hash_get(&specs, cases[i].specs[n]) == NULL)
				fail_msg("%s: %s is missing", cases[i].value, cases[i].specs[n]);
		if (specs.n != n)
			fail_msg("%s: %zu tables, and not %zu", cases[i].value, specs.n, n);
		hash_free(&specs, NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
