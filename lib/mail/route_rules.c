/* SPDX-License-Identifier: Apache-2.0 */
/* routing_maps: all that is known about a recipient's message is one key; routing(5). */
#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/mail/route_inside.h"

#include <string.h>

enum { KEY_MAX = 4096 };

/* " name=value", in which a blank is %20 and a % is %25: nobody can put a field into another one. */
static void
add(struct buf *b, const char *name, const char *value)
{
	buf_fmt(b, "%s%s=", b->len > 0 ? " " : "", name);
	for (; *value != '\0'; value++)
		if ((unsigned char)*value <= ' ' || *value == '%')
			buf_fmt(b, "%%%02x", (unsigned char)*value);
		else
			buf_add(b, value, 1);
}

enum table_result
route_by_rule(struct routes *r, const struct route_query *q, const char *address, struct arena *mem, const char **value,
    struct verdict *why)
{
	const char *sender = q->sender != NULL ? q->sender : "";
	struct buf key = BUF(KEY_MAX);
	enum table_result found;

	add(&key, "sender", sender[0] != '\0' ? sender : "<>");
	add(&key, "recipient", address);
	add(&key, "client", q->client != NULL ? q->client : "");
	add(&key, "login", q->login != NULL ? q->login : "");
	if (buf_ok(&key)) {
		found = trace_lookup(
		    q->trace, r->maps_name[MAPS_ROUTING], r->maps[MAPS_ROUTING], key.s, true, mem, value, why);
	} else {
		later(why, "4.3.0", "%s: the key is too long", r->maps_name[MAPS_ROUTING]);
		found = TABLE_ERROR;
	}
	buf_free(&key);
	if (found == TABLE_FOUND && text_same(*value, "DUNNO"))
		found = TABLE_ABSENT;
	return found;
}
