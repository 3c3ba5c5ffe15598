/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/outcome.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "qmgr/early.h"
#include "qmgr/index.h"
#include "qmgr/sync.h"

#include <string.h>

static enum slot_state
slot_after(const struct history *h, unsigned *flags)
{
	*flags = h->code >= 500 ? SLOT_NOTICE_OWED : 0;
	return h->code >= 500 ? SLOT_FAILED : h->code >= 400 ? SLOT_OPEN : SLOT_DELIVERED;
}

/* soft_bounce: what would be returned is tried again. */
static void
soften(const struct conf *cf, struct history *h, char dsn[12])
{
	if (!cf->soft_bounce || h->code < 500)
		return;
	h->code -= 100;
	h->action = "delayed";
	strncpy(dsn, h->dsn, 11);
	dsn[11] = '\0';
	dsn[0] = '4';
	h->dsn = dsn;
}

bool
outcome_record(const struct conf *cf, struct qfile *file, size_t number, struct history *h)
{
	struct arena mem = ARENA(8192);
	struct verdict why = VERDICT(&mem);
	enum slot_state state;
	unsigned flags;
	char dsn[12];
	bool ok;

	soften(cf, h, dsn);
	h->number = (long)number;
	if (h->time_us == 0)
		h->time_us = now_us();
	state = slot_after(h, &flags);
	if (!(ok = qfile_mark(file, number, state, flags, h, &why)))
		log_error("recipient %zu: %s; it may be tried again", number, why.text);
	arena_free(&mem);
	return ok;
}

static uint64_t
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return index_domain(at != NULL ? at + 1 : "");
}

void
outcome(struct rcpt *r, struct history *h, bool record)
{
	struct message *m = r->message;
	bool told = true;
	char dsn[12];

	soften(m->q->cf, h, dsn);
	if (record && early_in_memory(m)) {
		h->number = r->number;
		if (h->time_us == 0)
			h->time_us = now_us();
		early_keep(m, h);
	} else if (record && !m->in_memory) {
		told = outcome_record(m->q->cf, m->file, (size_t)r->number, h);
		sync_marks(m);
	}
	if (h->code >= 500)
		early_refused(m, h);
	else if (h->code >= 400)
		early_ask(m);
	/* bounce reads the file: a failure that is not there would be told to nobody, so the recipient stays open. */
	if (h->code >= 500 && told)
		m->owed++;
	else if (h->code >= 400) {
		m->open++;
		m->domains |= domain_of(r->address);
	}
	rcpt_free(r);
	message_wake(m);
}

/* delay=all, delays=before qmgr/in qmgr/connecting/sending: the last two are an agent's. */
static void
log_own(const struct rcpt *r, const struct history *h)
{
	const struct message *m = r->message;
	bool renamed = r->original[0] != '\0' && !text_same(r->original, r->address);
	struct buf delays = BUF(128);

	time_delay(&delays, h->time_us - m->envelope->arrival_us);
	buf_puts(&delays, ", delays=");
	time_delay(&delays, m->active_us - m->envelope->arrival_us);
	buf_putc(&delays, '/');
	time_delay(&delays, h->time_us - m->active_us);
	buf_puts(&delays, "/0/0");
	log_info("%s: to=<%s>%s%s%s, relay=none, delay=%s, dsn=%s, status=%s (%s)", m->id, r->address,
	    renamed ? ", orig_to=<" : "", renamed ? r->original : "", renamed ? ">" : "", buf_str(&delays), h->dsn,
	    h->code >= 500	 ? "bounced"
		: h->code >= 400 ? "deferred"
				 : "sent",
	    h->text);
	buf_free(&delays);
}

void
outcome_own(struct rcpt *r, int code, const char *dsn, const char *text)
{
	struct history h = { .time_us = now_us(),
		.code = code,
		.dsn = dsn,
		.action = code >= 500 ? "failed"
		    : code >= 400     ? "delayed"
				      : "delivered",
		.text = text,
		.mta = "",
		.mta_type = "",
		.diag = "",
		.diag_type = "" };
	char soft[12];

	soften(r->message->q->cf, &h, soft);
	log_own(r, &h);
	outcome(r, &h, true);
}
