/* SPDX-License-Identifier: Apache-2.0 */
/* Programs are run, and refusals put into words. */
#include "lib/access/restrict_inside.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/level.h"

#include <stdio.h>
#include <string.h>

enum { DEEPEST = 100 };

/* ---- words ---- */

const char *const judge_kinds[] = {
	[SUBJECT_CLIENT] = "Client host",
	[SUBJECT_HELO] = "Helo command",
	[SUBJECT_SENDER] = "Sender address",
	[SUBJECT_RECIPIENT] = "Recipient address",
	[SUBJECT_DATA] = "Data command",
	[SUBJECT_END] = "End-of-data",
	[SUBJECT_ETRN] = "Etrn command",
};

/* The code as soft_bounce wants it, and the status to go with it. */
static void
verdict_for(struct judging *j, struct verdict *out, long code, const char *dsn, const char *text)
{
	char status[sizeof(out->dsn)];

	if (j->c->cf->soft_bounce && code >= 500)
		code -= 100;
	snprintf(status, sizeof(status), "%s", dsn);
	status[0] = (char)('0' + code / 100);
	*out = (struct verdict)VERDICT(j->mem);
	verdict_code(out, (int)code, status, "%s", text);
}

bool
judge_old_default(const struct judging *j, const char *parameter)
{
	return !j->c->trial && level_decides(j->c->cf, parameter);
}

void
judge_log(struct judging *j, const char *event, const char *text)
{
	if (!j->c->trial)
		j->c->log(j->c->ctx, event, &j->about, text);
}

static void
log_verdict(struct judging *j, const char *event, const struct verdict *v)
{
	judge_log(j, event, arena_fmt(j->mem, "%d %s %s", v->code, v->dsn, v->text));
}

static enum opinion
refuse(struct judging *j, long code, const char *dsn, const char *text)
{
	struct verdict v;

	verdict_for(j, &v, code, dsn, text);
	if (j->warn) {
		log_verdict(j, "reject_warning", &v);
		return OPINION_NONE;
	}
	j->why = v;
	return OPINION_REFUSE;
}

static const char *
rejected(struct judging *j, struct subject s, const char *text)
{
	return arena_fmt(j->mem, "<%s>: %s rejected: %s", s.name, judge_kinds[s.kind], text);
}

enum opinion
judge_refuse(struct judging *j, long code, const char *dsn, struct subject s, const char *fmt, ...)
{
	va_list ap;
	const char *text;

	va_start(ap, fmt);
	text = arena_vfmt(j->mem, fmt, ap);
	va_end(ap);
	return refuse(j, code, dsn, rejected(j, s, text));
}

enum opinion
judge_refuse_text(struct judging *j, long code, const char *dsn, const char *fmt, ...)
{
	va_list ap;
	const char *text;

	va_start(ap, fmt);
	text = arena_vfmt(j->mem, fmt, ap);
	va_end(ap);
	return refuse(j, code, dsn, text);
}

/* The first one counts. */
static enum opinion
put_off(struct judging *j, struct deferral *d, long code, const char *dsn, struct subject s, const char *text)
{
	struct verdict v;

	verdict_for(j, &v, code, dsn, rejected(j, s, text));
	if (j->warn) {
		log_verdict(j, "reject_warning", &v);
	} else if (!d->set) {
		d->set = true;
		d->why = v;
	}
	return OPINION_NONE;
}

enum opinion
judge_defer_if_permit(struct judging *j, long code, const char *dsn, struct subject s, const char *text)
{
	return put_off(j, &j->if_permit, code, dsn, s, text);
}

enum opinion
judge_defer_if_reject(struct judging *j, long code, const char *dsn, struct subject s, const char *text)
{
	return put_off(j, &j->if_reject, code, dsn, s, text);
}

enum opinion
judge_tempfail(struct judging *j, const char *action, long code, const char *dsn, struct subject s, const char *text)
{
	if (strcmp(action, "defer") == 0)
		return judge_refuse(j, code, dsn, s, "%s", text);
	return judge_defer_if_permit(j, code, dsn, s, text);
}

enum opinion
judge_misconfigured(struct judging *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!j->c->trial)
		log_warn("%s", arena_vfmt(j->mem, fmt, ap));
	va_end(ap);
	return judge_refuse_text(j, 451, "4.3.5", "Server configuration error");
}

/* ---- what is known ---- */

static bool
known(const char *name, enum subject_kind kind, struct subject *out)
{
	if (name == NULL)
		return false;
	*out = (struct subject){ kind, name };
	return true;
}

bool
judge_sender(const struct judging *j, struct subject *out)
{
	return known(j->about.sender, SUBJECT_SENDER, out);
}

bool
judge_recipient(const struct judging *j, struct subject *out)
{
	return known(j->about.recipient, SUBJECT_RECIPIENT, out);
}

bool
judge_helo(const struct judging *j, struct subject *out)
{
	return known(j->c->helo, SUBJECT_HELO, out);
}

enum table_result
judge_in_mynetworks(struct judging *j, struct verdict *why)
{
	return match_list_get_client(j->c->mynetworks, j->c->name, j->c->addr, j->mem, why);
}

struct subject
judge_client(const struct judging *j)
{
	return (struct subject){ SUBJECT_CLIENT, j->c->shown };
}

/* ---- running ---- */

static void
log_permit(struct judging *j, const char *name)
{
	struct verdict why = VERDICT(j->mem);

	enum table_result wanted = match_list_get(j->set->permits, name, j->mem, &why);

	if (wanted == TABLE_ERROR)
		log_warn("%s", why.text);
	if (wanted != TABLE_ABSENT) /* rather a line too many than one too few */
		judge_log(j, "permit",
		    arena_fmt(j->mem, "action=%s for %s=%s ", name, judge_kinds[j->subject.kind], j->subject.name));
}

static enum opinion
run_step(struct judging *j, const struct step *s)
{
	enum opinion o;

	if (s->program != NULL)
		return judge_program(j, s->program);
	if (s->what->run == NULL && j->c->trial)
		return OPINION_NONE;
	if (s->what->run == NULL)
		return judge_misconfigured(j, "restriction %s is not available in this version", s->what->name);
	if ((o = s->what->run(j, s)) == OPINION_PERMIT) {
		j->permitted = s;
		log_permit(j, s->what->name);
	}
	return o;
}

enum opinion
judge_program(struct judging *j, const struct program *p)
{
	enum opinion o = OPINION_NONE;

	if (++j->depth > DEEPEST)
		return judge_misconfigured(j, "restriction classes name each other too deeply");
	for (size_t i = 0; i < p->n && o == OPINION_NONE; i++) {
		bool before = j->warn;

		j->warn = before || p->steps[i].warn;
		o = run_step(j, &p->steps[i]);
		j->warn = before;
	}
	j->depth--;
	return o;
}

static void
tell_passed(const struct judging *j, enum list list)
{
	const struct step *by = j->permitted;

	if (j->c->passed != NULL)
		j->c->passed(j->c->ctx, j->set->lists[list].name, by != NULL ? by->what->name : NULL,
		    by != NULL && by->text != NULL ? by->text : "");
}

/* One of the lists; false: it refused. */
static bool
run_list(struct judging *j, enum list list, struct subject subject)
{
	j->subject = subject;
	j->if_reject.set = false;
	j->depth = 0;
	j->permitted = NULL;
	if (judge_program(j, &j->set->lists[list]) != OPINION_REFUSE) {
		tell_passed(j, list);
		return true;
	}
	if (j->if_reject.set)
		j->why = j->if_reject.why;
	return false;
}

static struct judging
begin(const struct restrict_client *c, const char *command)
{
	const char *only = c->nrcpts == 1 ? c->only_rcpt : NULL;

	return (struct judging){ .c = c, .set = c->set, .mem = c->mem, .about = { command, c->sender, only } };
}

/* The end of an evaluation: what was put off comes due. */
static enum fate
end(struct judging *j, bool permitted, struct verdict *why)
{
	if (!arena_ok(j->mem)) /* what was looked up may not have been what was meant */
		return later(why, "4.3.0", "Error: too much to consider");
	if (permitted && !j->if_permit.set)
		return FATE_OK;
	if (permitted)
		j->why = j->if_permit.why;
	log_verdict(j, "reject", &j->why);
	verdict_copy(why, &j->why);
	return why->fate;
}

/* The lists that a command before RCPT would have run, were they not delayed. */
static bool
run_delayed(struct judging *j)
{
	struct subject s;

	return !j->c->cf->smtpd_delay_reject ||
	    (run_list(j, LIST_CLIENT, judge_client(j)) && (!judge_helo(j, &s) || run_list(j, LIST_HELO, s)));
}

static bool
run_sender(struct judging *j)
{
	struct subject s;

	if (!judge_sender(j, &s))
		return true;
	return run_list(j, LIST_SENDER, s) &&
	    (!j->c->cf->smtpd_reject_unlisted_sender || judge_unlisted_sender(j, NULL) != OPINION_REFUSE);
}

enum fate
restrict_connect(const struct restrict_client *c, struct verdict *why)
{
	struct judging j = begin(c, "CONNECT");

	if (j.set == NULL || c->cf->smtpd_delay_reject)
		return FATE_OK;
	return end(&j, run_list(&j, LIST_CLIENT, judge_client(&j)), why);
}

enum fate
restrict_helo(const struct restrict_client *c, const char *command, struct verdict *why)
{
	struct judging j = begin(c, command);
	struct subject s;

	if (j.set == NULL || c->cf->smtpd_delay_reject || !judge_helo(&j, &s))
		return FATE_OK;
	return end(&j, run_list(&j, LIST_HELO, s), why);
}

enum fate
restrict_mail(const struct restrict_client *c, const char *sender, struct verdict *why)
{
	struct judging j = begin(c, "MAIL");

	if (j.set == NULL || c->cf->smtpd_delay_reject)
		return FATE_OK;
	j.about.sender = sender;
	return end(&j, run_sender(&j), why);
}

/* In the old order, a relay restriction might have permitted what a recipient restriction refuses. */
static void
note_order(struct judging *j, const char *recipient)
{
	if (judge_old_default(j, "smtpd_relay_before_recipient_restrictions") && j->set->lists[LIST_RELAY].n > 0)
		level_notice("smtpd_relay_before_recipient_restrictions", "reject recipient \"%s\" from client \"%s\"",
		    recipient, j->c->shown);
}

/* Without the old default, strangers would be refused. */
static void
note_relaying(struct judging *j, const char *recipient)
{
	struct verdict why = VERDICT(j->mem);

	if (judge_old_default(j, "smtpd_relay_restrictions") && judge_in_mynetworks(j, &why) == TABLE_ABSENT &&
	    judge_foreign(j))
		level_notice("smtpd_relay_restrictions",
		    "avoid \"Relay access denied\" error for recipient \"%s\" from client \"%s\"", recipient,
		    j->c->shown);
}

/* Who may relay, and who may send to this recipient, in the order that is configured. */
static bool
run_recipient(struct judging *j, struct subject s)
{
	bool relay_first = j->c->cf->smtpd_relay_before_recipient_restrictions;

	if (relay_first && !run_list(j, LIST_RELAY, s))
		return false;
	if (!run_list(j, LIST_RECIPIENT, s)) {
		note_order(j, s.name);
		return false;
	}
	return relay_first || run_list(j, LIST_RELAY, s);
}

enum fate
restrict_rcpt(const struct restrict_client *c, const char *command, const char *recipient, struct verdict *why)
{
	struct judging j = begin(c, command);
	const struct subject s = { SUBJECT_RECIPIENT, recipient };
	bool ok;

	/* RFC 5321 4.5.1: without a domain it must be accepted. */
	if (j.set == NULL || text_same(recipient, "postmaster"))
		return FATE_OK;
	j.about.recipient = recipient;
	ok = run_delayed(&j) && (!c->cf->smtpd_delay_reject || run_sender(&j)) && run_recipient(&j, s) &&
	    (!c->cf->smtpd_reject_unlisted_recipient || judge_unlisted_recipient(&j, NULL) != OPINION_REFUSE);
	if (ok)
		note_relaying(&j, recipient);
	return end(&j, ok, why);
}

enum fate
restrict_data(const struct restrict_client *c, const char *command, struct verdict *why)
{
	struct judging j = begin(c, command);

	if (j.set == NULL)
		return FATE_OK;
	return end(&j, run_list(&j, LIST_DATA, (struct subject){ SUBJECT_DATA, "DATA" }), why);
}

enum fate
restrict_end_of_data(const struct restrict_client *c, struct verdict *why)
{
	struct judging j = begin(c, "END-OF-MESSAGE");

	if (j.set == NULL)
		return FATE_OK;
	return end(&j, run_list(&j, LIST_END_OF_DATA, (struct subject){ SUBJECT_END, "END-OF-MESSAGE" }), why);
}

enum fate
restrict_etrn(const struct restrict_client *c, const char *domain, struct verdict *why)
{
	struct judging j = begin(c, "ETRN");

	if (j.set == NULL)
		return FATE_OK;
	j.etrn = domain;
	return end(&j, run_delayed(&j) && run_list(&j, LIST_ETRN, (struct subject){ SUBJECT_ETRN, domain }), why);
}

enum fate
restrict_rewrites(const struct restrict_client *c, bool *out, struct verdict *why)
{
	struct judging j = begin(c, "RCPT");
	enum opinion o;

	if (j.set == NULL) {
		*out = true;
		return FATE_OK;
	}
	j.subject = judge_client(&j);
	o = judge_program(&j, &j.set->lists[LIST_REWRITE]);
	if (o == OPINION_REFUSE) /* only what could not be asked does that here */
		return end(&j, false, why);
	*out = o == OPINION_PERMIT;
	return FATE_OK;
}
