/* SPDX-License-Identifier: Apache-2.0 */
/* table_ask - what fuzz targets of tables share: no log, and a look-up whose answer must keep the contract of table.h. */
#ifndef TESTS_FUZZ_TABLE_ASK_H
#define TESTS_FUZZ_TABLE_ASK_H

#include "lib/base/log.h"
#include "lib/table/table.h"

static inline bool
silent(enum log_level level, const char *line)
{
	(void)level, (void)line;
	return true;
}

static inline void
ask(struct table *t, const char *key)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	const char *value = NULL;
	enum table_result r = table_get(t, key, &mem, &value, &why);

	must_hold(r != TABLE_FOUND || value != NULL);
	must_hold(r != TABLE_ERROR || (why.fate == FATE_LATER && why.text[0] != '\0'));
	arena_free(&mem);
}

#endif
