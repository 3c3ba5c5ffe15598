/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain - how what is found out about an address is told: as text, or as JSON.
 *
 *	struct explain e = { .p = p, .json = true, ... };
 *	explain_begin(&e);
 *	... steps, through e.trace
 *	explain_route(&e, &to);
 *	explain_end(&e);
 */
#ifndef SALLYPORT_EXPLAIN_H
#define SALLYPORT_EXPLAIN_H

#include "commands/sallyport/sallyport.h"

#include "lib/base/json.h"
#include "lib/mail/route.h"

struct explain {
	const struct place *p;
	bool as_json;
	struct json json;
	bool in_steps; /* of the JSON's array */
	const char *address, *sender, *client, *login;
	struct trace trace; /* its steps are told */
};

void explain_begin(struct explain *);
/* What follows is about this: "rewriting", "a@example.com". */
void explain_part(struct explain *, const char *what, const char *address);
void explain_part_end(struct explain *);
void explain_step(struct trace *, const struct trace_step *);
/* The end of a part: what it came to, or why not. */
void explain_route(struct explain *, const struct route *);
void explain_trouble(struct explain *, const struct verdict *);
void explain_known(struct explain *, enum table_result, const struct verdict *);
void explain_end(struct explain *);

/* Where the entry of a key stands in the text of a table: file and line; false: nobody knows. */
bool explain_where(const struct table *, const char *key, const char **file, int *line);

#endif
