/* SPDX-License-Identifier: Apache-2.0 */
#include "bounce/notify.h"

#include "bounce/report.h"
#include "lib/base/idn.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/mail/post.h"
#include "lib/mail/route.h"

#include <string.h>
#include <unistd.h>

enum { SLICE = 256, RCPTS_MAX = 100000 };

struct telling {
	const struct conf *cf;
	const struct templates *templates;
	const struct bounce_notify *ask;
	struct qfile *q;
	struct arena *mem;
	struct report report;
	const char *sender; /* of the notice */
};

static bool
in_list(const char *list, const char *word, struct arena *mem)
{
	char *cursor = arena_str(mem, list), *w;

	while ((w = text_word(&cursor, TEXT_LIST)) != NULL)
		if (text_same(w, word))
			return true;
	return false;
}

/* RFC 3461 4.1: without NOTIFY, a failure is told. */
static bool
wants_failure(const struct recipient *r, struct arena *mem)
{
	return r->notify[0] == '\0' || in_list(r->notify, "FAILURE", mem);
}

static bool
add_rcpt(struct telling *t, const struct slot *s, struct report_rcpt *to, struct verdict *why)
{
	if (!qfile_rcpt(t->q, s, t->mem, &to->rcpt, why))
		return false;
	if (!wants_failure(&to->rcpt, t->mem))
		return true;
	if (!qfile_history_at(t->q, s->history_at, t->mem, &to->last))
		to->last = (struct history){ .code = 550,
			.dsn = "5.0.0",
			.action = "failed",
			.text = "the reason is not on record",
			.mta = "",
			.mta_type = "",
			.diag = "",
			.diag_type = "" };
	t->report.n++;
	return true;
}

/* The recipients that owe a notice, with what became of them. */
static bool
gather(struct telling *t, struct report_rcpt *list, struct verdict *why)
{
	size_t n = qfile_nrcpts(t->q);
	struct slot slots[SLICE];

	for (size_t first = 0; first < n && t->report.n < RCPTS_MAX; first += SLICE) {
		size_t some = n - first < SLICE ? n - first : SLICE;

		if (!qfile_slots(t->q, first, some, slots)) {
			later(why, "4.3.0", "recipients cannot be read");
			return false;
		}
		for (size_t i = 0; i < some && t->report.n < RCPTS_MAX; i++)
			if (slots[i].state == SLOT_FAILED && (slots[i].flags & SLOT_NOTICE_OWED) &&
			    !add_rcpt(t, &slots[i], &list[t->report.n], why))
				return false;
	}
	t->report.rcpts = list;
	return true;
}

static void
put(void *ctx, const char *bytes, size_t n)
{
	post_bytes(ctx, bytes, n);
}

static void
put_original(struct telling *t, struct post *p)
{
	struct qfile_place header = qfile_header(t->q), body = qfile_body_place(t->q);

	if (!post_file(p, qfile_fd(t->q), header.at, (size_t)header.len) || t->report.header_only)
		return;
	post_bytes(p, "\r\n", 2);
	post_file(p, qfile_fd(t->q), body.at, (size_t)body.len);
}

/* NULL: the name is in the only form that there is. */
static const char *
unicode(const char *host, struct arena *mem)
{
	return text_ascii(host) ? idn_other_form(host, mem) : NULL;
}

/* The template's text, with host names as those read them who can; postmasters get none. */
static bool
choose_text(struct telling *t, struct verdict *why)
{
	struct template_values values = { .cf = t->cf };
	const struct template *text = &t->templates->of[TEMPLATE_FAILURE];
	struct buf out = BUF(TEMPLATE_EXPANDED), err = BUF(8192);
	bool ok = true;

	t->report.template = text;
	t->report.text = "";
	if (t->report.envelope->smtputf8) {
		values.myhostname = unicode(t->cf->myhostname, t->mem);
		values.mydomain = unicode(t->cf->mydomain, t->mem);
	}
	if (t->report.kind == REPORT_TO_SENDER && !(ok = template_expand(text, &values, &out, NULL, &err)))
		later(why, "4.3.5", "%s", buf_str(&err));
	else
		t->report.text = arena_strn(t->mem, buf_str(&out), out.len);
	buf_free(&out);
	buf_free(&err);
	return ok && arena_ok(t->mem);
}

static enum fate
post_notice(struct telling *t, const char **queue_id, struct verdict *why)
{
	const struct envelope *e = t->report.envelope;
	struct post *p = post_begin("public/cleanup",
	    &(struct cleanup_mail){ .sender = t->sender,
		.origin = "bounce",
		.uid = -1,
		.body = report_has_8bit(&t->report) ? "8BITMIME" : "",
		.rewrite = true, /* completes the template's From: */
		.smtputf8 = e->smtputf8,
		.service = "bounce" },
	    t->mem, why);

	if (p == NULL)
		return why->fate;
	post_rcpt(p, &(struct cleanup_rcpt){ .address = t->report.to, .original = t->report.to, .notify = "NEVER" });
	report_begin(&t->report, put, p);
	put_original(t, p);
	report_end(&t->report, put, p);
	return post_commit(&p, queue_id, why);
}

/* Who is told; false: nobody. */
static bool
choose_reader(struct telling *t, struct bounce_answer *say)
{
	const struct conf *cf = t->cf;
	const char *sender = t->report.envelope->sender, *double_sender;

	double_sender = route_complete(cf, cf->double_bounce_sender, cf->myorigin, t->mem);
	if (text_same(sender, double_sender)) {
		log_warn("%s: undeliverable postmaster notification discarded", t->ask->queue_id);
		return false;
	}
	if (sender[0] != '\0') {
		t->report.kind = REPORT_TO_SENDER;
		t->report.to = sender;
		t->sender = "";
		say->kind = "sender non-delivery notification";
		return true;
	}
	if (!in_list(cf->notify_classes, "2bounce", t->mem)) {
		log_info("%s: undeliverable bounce message discarded: notify_classes has no 2bounce", t->ask->queue_id);
		return false;
	}
	t->report.kind = REPORT_TO_POSTMASTER;
	t->report.to = route_complete(cf, cf->double_bounce_notice_recipient, cf->myorigin, t->mem);
	t->sender = double_sender;
	say->kind = "postmaster non-delivery notification";
	return true;
}

static enum fate
tell(struct telling *t, struct bounce_answer *say, struct verdict *why)
{
	const struct envelope *e = qfile_envelope(t->q);
	size_t n = qfile_nrcpts(t->q) < RCPTS_MAX ? qfile_nrcpts(t->q) : RCPTS_MAX;
	struct report_rcpt *list = arena_alloc(t->mem, (n + 1) * sizeof(*list));

	if (list == NULL)
		return later(why, "4.3.0", "out of memory");
	t->report = (struct report){ .myhostname = t->cf->myhostname,
		.mail_name = t->cf->mail_name,
		.queue_id = t->ask->queue_id,
		.now = now_us() / 1000000,
		.expired = t->ask->expired,
		.envelope = e };
	t->report.header_only =
	    text_same(e->ret, "HDRS") || e->requiretls || qfile_size(t->q) > t->cf->bounce_size_limit;
	if (!gather(t, list, why))
		return why->fate;
	if (t->report.n == 0 || !choose_reader(t, say))
		return FATE_OK;
	if (!choose_text(t, why))
		return why->fate;
	return post_notice(t, &say->queue_id, why);
}

void
notify(const struct conf *cf, const struct templates *templates, const struct bounce_notify *ask, int file,
    struct arena *mem, struct bounce_answer *say)
{
	struct telling t = { .cf = cf, .templates = templates, .ask = ask, .mem = mem };
	struct verdict why = VERDICT(mem);
	enum qfile_state state;

	*say = (struct bounce_answer){ .ok = false, .queue_id = "", .kind = "", .text = "" };
	if ((t.q = qfile_open_fd(file, QFILE_READ, &state, &why)) == NULL) {
		close(file);
		say->text = arena_fmt(mem, "queue file: %s", why.text);
	} else {
		say->ok = tell(&t, say, &why) == FATE_OK && arena_ok(mem);
		say->text = arena_ok(mem) ? why.text : "out of memory";
		qfile_free(&t.q);
	}
	if (!say->ok)
		log_warn("%s: no notification: %s", ask->queue_id, say->text);
}
