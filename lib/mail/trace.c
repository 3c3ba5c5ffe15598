/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/trace.h"

void
trace_note(struct trace *t, const char *what, const char *from, const char *to)
{
	if (t != NULL)
		t->step(t, &(struct trace_step){ .what = what, .from = from, .to = to });
}

enum table_result
trace_lookup(struct trace *t, const char *what, struct table_list *l, const char *key, bool whole, struct arena *mem,
    const char **value, struct verdict *why)
{
	const struct table *which = NULL;
	enum table_result found = table_list_find(l, key, whole, mem, value, &which, why);

	if (t != NULL && found != TABLE_ABSENT)
		t->step(t,
		    &(struct trace_step){ .what = what,
			.table = which,
			.key = key,
			.from = key,
			.to = found == TABLE_FOUND ? *value : why->text,
			.failed = found == TABLE_ERROR });
	return found;
}
