/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/sink.h"

struct sink *
sink_open(struct client *c, struct verdict *why)
{
	return c->server->pool != NULL ? sink_cleanup_open(c, why) : sink_postdrop_open(c, why);
}

void
sink_rcpt(struct sink *s, const struct recipient *r)
{
	s->kind->rcpt(s, r);
}

void
sink_content(struct sink *s)
{
	s->kind->content(s);
}

void
sink_put(struct sink *s, const char *bytes, size_t n)
{
	s->kind->put(s, bytes, n);
}

void
sink_flush(struct sink *s)
{
	s->kind->flush(s);
}

const char *
sink_id(struct sink *s)
{
	return s->kind->id(s);
}

enum fate
sink_commit(struct sink *s, const struct edit *edits, struct verdict *why)
{
	return s->kind->commit(s, edits, why);
}

void
sink_free(struct sink **sp)
{
	if (*sp != NULL)
		(*sp)->kind->free(*sp);
	*sp = NULL;
}
