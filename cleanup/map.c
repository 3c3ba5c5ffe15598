/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tables make of an envelope: the sender, the recipients, who gets
 * copies.  Each recipient is looked up in memory of its own, so that a large
 * message costs no more than a small one; only what it became is kept.
 */
#include "cleanup/message.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <string.h>

enum { SCRATCH = 64 << 20 };

struct mapper {
	struct message *m;
	struct rewriter *r; /* NULL: there is nothing to map */
	bool copies;	    /* somebody may get one */
	struct rcpts out;
	struct rcpts extra; /* copies, as they were named */
	struct arena scratch;
	struct verdict why; /* for the log; in scratch */
};

/* Bounces and forwarded mail are no new mail: a copy of them could loop. */
static bool
is_new(const struct message *m)
{
	return strcmp(m->mail.origin, "network") == 0 || strcmp(m->mail.origin, "local") == 0;
}

/* receive_override_options */
static bool
wants_mappings(const struct message *m)
{
	return m->mail.overrides[0] == '\0' || !text_list_has(m->mail.overrides, "no_address_mappings");
}

struct rewriter *
message_rewriter(const struct message *m)
{
	return m->shared->rewriter != NULL && wants_mappings(m) ? m->shared->rewriter : NULL;
}

void
message_unmapped(struct message *m, const struct verdict *why)
{
	if (!message_good(m))
		return;
	log_warn("%s: %s -- message not accepted, try again later", m->id, why->text);
	/* Names of tables and what is in them are nobody else's business. */
	if (strcmp(why->dsn, "4.6.0") == 0)
		later(&m->why, "4.6.0", "Alias expansion error");
	else
		later(&m->why, "4.3.0", "Temporary lookup failure");
	message_failed(m);
}

static void
map_sender(struct mapper *p)
{
	const char *mapped;

	if (rewrite_address(p->r, REWRITE_ENVELOPE_SENDER, p->m->sender, NULL, &p->scratch, &mapped, &p->why) !=
	    FATE_OK)
		message_unmapped(p->m, &p->why);
	else if (mapped != p->m->sender)
		p->m->sender = arena_str(&p->m->mem, mapped);
}

/* One more for whom nobody asked: NOTIFY=NEVER, so that no sender hears of it. */
static void
add_copy(struct mapper *p, const char *address)
{
	struct message *m = p->m;
	const struct cleanup_rcpt copy = { arena_str(&m->mem, address), "", "", "NEVER" };

	if (message_good(m) && rcpts_add(&p->extra, m->cf, &copy, &m->mem, &m->why) != FATE_OK)
		message_failed(m);
}

static void
add_copy_of_recipient(struct mapper *p, const char *address)
{
	const char *copy;

	if (!p->copies)
		return;
	if (rewrite_recipient_copy(p->r, address, NULL, &p->scratch, &copy, &p->why) != FATE_OK)
		message_unmapped(p->m, &p->why);
	else if (copy != NULL)
		add_copy(p, copy);
}

static void
put(struct mapper *p, const struct recipient *given, const char *address)
{
	struct message *m = p->m;
	struct recipient one = *given;

	if (address[0] == '\0')
		address = route_complete(m->cf, m->cf->empty_address_recipient, m->cf->myorigin, &m->mem);
	if (strcmp(one.address, address) != 0)
		one.address = arena_str(&m->mem, address);
	if (message_good(m) && rcpts_put(&p->out, m->cf, &one, &m->mem, &m->why) != FATE_OK)
		message_failed(m);
}

/* asked: by the client, so that there may be a copy for it. */
static void
map_recipient(struct mapper *p, const struct recipient *given, bool asked)
{
	const char *mapped, **all;
	size_t n;

	if (rewrite_address(p->r, REWRITE_ENVELOPE_RECIPIENT, given->address, NULL, &p->scratch, &mapped, &p->why) !=
	    FATE_OK) {
		message_unmapped(p->m, &p->why);
		return;
	}
	if (asked)
		add_copy_of_recipient(p, mapped);
	if (rewrite_aliases(p->r, mapped, NULL, &p->scratch, &all, &n, &p->why) != FATE_OK) {
		message_unmapped(p->m, &p->why);
		return;
	}
	p->m->expanded |= n != 1 || strcmp(all[0], mapped) != 0;
	for (size_t i = 0; i < n && message_good(p->m); i++)
		put(p, given, all[i]);
	arena_reset(&p->scratch);
	p->why = (struct verdict)VERDICT(&p->scratch);
}

static void
map_recipients(struct mapper *p)
{
	struct message *m = p->m;
	const char *copy;

	for (size_t i = 0; i < m->rcpts.n && message_good(m); i++)
		map_recipient(p, &m->rcpts.list[i], true);
	if (p->copies && message_good(m)) {
		if (rewrite_sender_copy(p->r, m->sender, NULL, &p->scratch, &copy, &p->why) != FATE_OK)
			message_unmapped(m, &p->why);
		else if (copy != NULL)
			add_copy(p, copy);
		if (m->cf->always_bcc[0] != '\0')
			add_copy(p, m->cf->always_bcc);
	}
	m->expanded |= p->extra.n > 0;
	for (size_t i = 0; i < p->extra.n && message_good(m); i++)
		map_recipient(p, &p->extra.list[i], false);
}

static void
map_all(struct message *m)
{
	struct mapper p = { .m = m,
		.r = message_rewriter(m),
		.copies = is_new(m) && wants_mappings(m),
		.out = RCPTS,
		.extra = RCPTS,
		.scratch = ARENA(SCRATCH) };

	p.why = (struct verdict)VERDICT(&p.scratch);
	map_sender(&p);
	if (message_good(m))
		map_recipients(&p);
	rcpts_free(&m->rcpts);
	m->rcpts = p.out;
	rcpts_free(&p.extra);
	arena_free(&p.scratch);
}

void
message_map(struct message *m)
{
	if (m->redirect != NULL) {
		rcpts_clear(&m->rcpts);
		message_rcpt(m, &(struct cleanup_rcpt){ m->redirect, "", "", "" });
	}
	if (m->rcpts.n == 0 && message_good(m))
		verdict_code(&m->why, 554, "5.5.1", "Error: no recipients specified");
	if (message_good(m) && (message_rewriter(m) != NULL || (m->cf->always_bcc[0] != '\0' && is_new(m))))
		map_all(m);
	if (!m->cf->enable_original_recipient)
		for (size_t i = 0; i < m->rcpts.n; i++)
			m->rcpts.list[i].original = "";
}
