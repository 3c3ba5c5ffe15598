/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace - whoever asks what becomes of an address hears each step of it.
 *
 * The functions that rewrite and route take a struct trace; for the daemons
 * it is NULL, and costs a comparison.  "sallyport explain" has one, and
 * so runs what the daemons run.
 *
 *	static void print(struct trace *t, const struct trace_step *s) { ... }
 *	struct trace t = { .step = print };
 *	route_resolve(routes, &(struct route_query){ .address = a, .trace = &t }, ...);
 *
 * and in such a function
 *
 *	r = trace_lookup(q->trace, "transport_maps", list, key, true, mem, &value, why);
 *	trace_note(q->trace, "class", domain, "relay");
 *
 * Strings are good until step() returns.
 */
#ifndef MAIL_TRACE_H
#define MAIL_TRACE_H

#include "lib/table/table.h"

struct trace_step {
	const char *what; /* the parameter that had a say ("virtual_alias_maps"), or what was decided ("class") */
	const struct table *table; /* in which it was found; NULL: the parameter's value itself says so */
	const char *key;	   /* under which it was found; NULL without a table */
	const char *from, *to;	   /* an address, domain or sender; and what it gave, or why the table failed */
	bool failed;
};
struct trace {
	void (*step)(struct trace *, const struct trace_step *);
};

/* A step that no table took: from became to. */
void trace_note(struct trace *, const char *what, const char *from, const char *to);

/* table_list_find(), of which the trace hears what was found, or that a table failed. */
enum table_result trace_lookup(struct trace *, const char *what, struct table_list *, const char *key, bool whole,
    struct arena *, const char **value, struct verdict *why);

#endif
