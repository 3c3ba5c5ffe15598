/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/delivery.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "smtp/envelope.h"
#include "smtp/extra.h"
#include "smtp/generic.h"
#include "smtp/sites.h"

#include <string.h>
#include <sys/stat.h>

void
delivery_settle(struct delivery *d, size_t i, const struct verdict *v, bool last)
{
	struct open_recipient *r = &d->rcpts[i];

	if (r->settled)
		return;
	if (v->fate != FATE_LATER || last) {
		agent_verdict(d->a, i, v);
		r->settled = true;
		d->open--;
		return;
	}
	if (!d->last_try)
		log_info("%s: %s", d->a->request.queue_id, v->text);
	r->v.mem = d->a->mem;
	verdict_copy(&r->v, v);
	r->relay = d->a->relay;
}

void
delivery_settle_all(struct delivery *d, const struct verdict *v, bool last)
{
	bool quiet = d->last_try;

	for (size_t i = 0; i < d->a->n; i++) {
		bool was_open = !d->rcpts[i].settled;

		delivery_settle(d, i, v, last);
		/* One line for the message is enough. */
		d->last_try |= was_open;
	}
	d->last_try = quiet;
}

/* The places that qmgr names must lie in the file: what is shorter was damaged meanwhile. */
static bool
file_is_whole(const struct attempt *a, struct verdict *why)
{
	const struct deliver_request *r = &a->request;
	struct stat st;

	if (fstat(a->file, &st) == 0 && r->header_at >= 0 && r->header_len >= 0 && r->body_at >= 0 &&
	    r->body_len >= 0 && r->header_len <= st.st_size - r->header_at && r->body_len <= st.st_size - r->body_at)
		return true;
	later(why, "4.3.0", "queue file is shorter than it should be");
	return false;
}

/* What no server need be asked about. */
static void
refuse_beforehand(struct delivery *d)
{
	struct attempt *a = d->a;
	struct verdict v = VERDICT(a->mem);

	if (!file_is_whole(a, &v)) {
		delivery_settle_all(d, &v, true);
	} else if (d->s->needs_tls != NULL && !text_starts(a->request.nexthop, "unix:")) {
		later(&v, "4.7.4", "%s_%s demands TLS, which this version cannot do", d->s->lmtp ? "lmtp" : "smtp",
		    d->s->needs_tls);
		delivery_settle_all(d, &v, true);
	} else if (a->request.requiretls) {
		never(&v, "5.7.30", "REQUIRETLS support required");
		delivery_settle_all(d, &v, true);
	} else if (!envelope_address_ok(a->request.sender, true)) {
		never(&v, "5.1.7", "bad sender address syntax");
		delivery_settle_all(d, &v, true);
	}
	for (size_t i = 0; i < a->n; i++) {
		const char *address = a->rcpts[i].address;

		if (d->rcpts[i].settled)
			continue;
		if (*address == '\0' || !envelope_address_ok(address, true)) {
			never(&v, "5.1.3", "bad recipient address syntax");
			delivery_settle(d, i, &v, true);
		} else if ((d->w->client->flags & FLAG_DELIVERED_TO) && a->n == 1 &&
		    extra_delivered(a->file, &a->request, address)) {
			never(&v, "5.4.6", "mail forwarding loop for %s", address);
			delivery_settle(d, i, &v, true);
		}
	}
}

static bool
prepare(struct delivery *d)
{
	struct attempt *a = d->a;
	struct verdict v = VERDICT(a->mem);

	d->rcpts = arena_alloc(a->mem, a->n * sizeof(*d->rcpts));
	d->wire_rcpts = arena_alloc(a->mem, a->n * sizeof(*d->wire_rcpts));
	if (d->rcpts == NULL || d->wire_rcpts == NULL) {
		later(&v, "4.3.0", "out of memory for one delivery");
		agent_verdict_rest(a, &v);
		return false;
	}
	d->open = a->n;
	d->wire = a->request;
	memcpy(d->wire_rcpts, a->rcpts, a->n * sizeof(*d->wire_rcpts));
	refuse_beforehand(d);
	d->content = (struct content){ .file = a->file,
		.request = &a->request,
		.extra = extra_lines(d->w->client->flags, &a->request, a->rcpts, a->mem),
		.line_limit = d->s->line_length_limit };
	if (d->open > 0 && !generic_apply(d, &v))
		delivery_settle_all(d, &v, true);
	if (d->open > 0 && (d->size = content_size(&d->content)) < 0) {
		later(&v, "4.3.0", "read queue file: %m");
		delivery_settle_all(d, &v, true);
	}
	return d->open > 0;
}

/* All servers were tried: what was kept stands, and for the rest what is wrong with the destination. */
static void
finish(struct delivery *d)
{
	const char *relay = d->a->relay;

	if (!d->talked && d->why.fate == FATE_LATER && *d->why.text != '\0' && d->open > 0)
		agent_site_down(d->a, &d->why);
	for (size_t i = 0; i < d->a->n; i++) {
		struct open_recipient *r = &d->rcpts[i];

		if (r->settled)
			continue;
		d->a->relay = r->relay != NULL ? r->relay : relay;
		delivery_settle(d, i, r->relay != NULL ? &r->v : &d->why, true);
	}
}

void
delivery_run(struct attempt *a)
{
	struct worker *w = a->state;
	struct delivery d = { .a = a, .w = w, .s = &w->client->settings, .why = VERDICT(a->mem) };

	a->gather = true;
	if (prepare(&d)) {
		sites_try(&d);
		finish(&d);
	}
	generic_free(&d);
}
