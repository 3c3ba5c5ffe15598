/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the name of a table that is made of others, or of its own text (the first byte chooses), and some keys. */
#include "lib/base/text.h"
#include "tests/fuzz/table_ask.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What asks nobody else: no file but of this folder, no server, no user database. */
static bool
stays_here(const char *name)
{
	static const char *const others[] = { ":/", "../", "tcp:", "socketmap:", "unix:" };

	for (size_t i = 0; i < NITEMS(others); i++)
		if (strstr(name, others[i]) != NULL)
			return false;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = { "randmap", "pipemap", "unionmap", "debug", "inline", "static", "fail",
		"internal" };
	static const char *const keys[] = { "a", "joe+x@Example.com", "192.0.2.1", "\xff" };
	const struct table_env env = { 0 };
	struct buf err = BUF(1 << 16);
	struct table *t;
	char *spec;

	if (size < 1 || size > 2000)
		return 0;
	log_open("", "fuzz", silent);
	spec = mem_fmt("%s:%.*s", types[data[0] % NITEMS(types)], (int)(size - 1), (const char *)data + 1);
	if (stays_here(spec)) {
		t = table_open(spec, TABLE_FOLD | TABLE_REGEXP_OK, &env, &err);
		must_hold(t != NULL || err.len > 0);
		for (size_t i = 0; t != NULL && i < NITEMS(keys); i++)
			ask(t, keys[i]);
		table_free(&t);
	}
	buf_free(&err);
	free(spec);
	return 0;
}
