/* SPDX-License-Identifier: Apache-2.0 */
/* Files of tables: whatever they say, a look-up and a walk through them end, within the file. */
#include "lib/table/index.h"

#include <stdlib.h>

enum { ENTRIES_MAX = 100000 };

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const keys[] = { "a", "key1", "b@c.example" };
	/* A copy of the right size: the sanitizer sees who reads behind it. */
	uint8_t *copy = malloc(n > 0 ? n : 1);
	struct index ix = { .at = copy, .size = n };
	struct index_cursor at = { .begun = false };
	struct arena mem = ARENA(1 << 20);
	struct buf err = BUF(1000);
	struct span key, value;
	const char *why = NULL;

	memcpy(copy, bytes, n);
	if (n > 0 && index_load(&ix, &err)) {
		struct index_found found[NITEMS(keys)];
		struct span some[NITEMS(keys)];

		for (size_t i = 0; i < NITEMS(keys); i++)
			some[i] = (struct span){ (const uint8_t *)keys[i], strlen(keys[i]) };
		if (ix.format->get_some != NULL)
			ix.format->get_some(&ix, some, NITEMS(keys), found);
		for (size_t i = 0; i < NITEMS(keys); i++) {
			struct span k = { (const uint8_t *)keys[i], strlen(keys[i]) + 1 };

			ix.format->get(&ix, k, &mem, &value, &why);
			k.n--;
			ix.format->get(&ix, k, &mem, &value, &why);
			arena_reset(&mem);
		}
		for (int i = 0; i < ENTRIES_MAX && ix.format->next(&ix, &at, &mem, &key, &value, &why) == TABLE_FOUND;
		     i++)
			arena_reset(&mem);
	}
	arena_free(&mem);
	buf_free(&err);
	free(copy);
	return 0;
}
