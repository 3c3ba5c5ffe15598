/* SPDX-License-Identifier: Apache-2.0 */
/* Restrictions that fit into any list, and those about the client. */
#include "lib/access/restrict_rows.h"
#include "lib/base/text.h"
#include "lib/conf/level.h"

#include <string.h>
#include <time.h>

enum opinion
restrict_permit(struct judging *j, const struct step *s)
{
	(void)j, (void)s;
	return OPINION_PERMIT;
}

enum opinion
restrict_no_opinion(struct judging *j, const struct step *s)
{
	(void)j, (void)s;
	return OPINION_NONE;
}

enum opinion
restrict_reject(struct judging *j, const struct step *s)
{
	(void)s;
	return judge_refuse(j, j->c->cf->reject_code, "5.7.1", j->subject, "Access denied");
}

enum opinion
restrict_defer(struct judging *j, const struct step *s)
{
	(void)s;
	return judge_refuse(j, j->c->cf->defer_code, "4.3.2", j->subject, "Try again later");
}

enum opinion
restrict_defer_if_permit(struct judging *j, const struct step *s)
{
	(void)s;
	return judge_defer_if_permit(j, 450, "4.7.0", j->subject, "defer_if_permit requested");
}

enum opinion
restrict_defer_if_reject(struct judging *j, const struct step *s)
{
	(void)s;
	return judge_defer_if_reject(j, 450, "4.7.0", j->subject, "defer_if_reject requested");
}

enum opinion
restrict_sleep(struct judging *j, const struct step *s)
{
	long seconds;

	if (!text_number(s->text, 0, j->c->cf->smtpd_timeout, &seconds))
		return judge_misconfigured(j, "restriction sleep: bad number of seconds: %.100s", s->text);
	if (!j->c->trial)
		nanosleep(&(struct timespec){ .tv_sec = seconds }, NULL);
	return OPINION_NONE;
}

enum opinion
restrict_unauth_pipelining(struct judging *j, const struct step *s)
{
	const struct restrict_client *c = j->c;

	(void)s;
	/* Whoever has sent text before DATA is answered does not know the rules either. */
	if (!c->pipelined && !(strcmp(j->about.command, "DATA") == 0 && c->ahead))
		return OPINION_NONE;
	return judge_refuse(j, 503, "5.5.0", j->subject, "Improper use of SMTP command pipelining");
}

enum opinion
restrict_multi_recipient_bounce(struct judging *j, const struct step *s)
{
	const char *sender = j->about.sender;
	bool another = strcmp(j->about.command, "RCPT") == 0;

	(void)s;
	if (sender == NULL || sender[0] != '\0' || j->c->nrcpts + another < 2)
		return OPINION_NONE;
	return judge_refuse(
	    j, j->c->cf->multi_recipient_bounce_reject_code, "5.5.3", j->subject, "Multi-recipient bounce");
}

/* ---- the client ---- */

enum opinion
restrict_permit_mynetworks(struct judging *j, const struct step *s)
{
	const struct conf *cf = j->c->cf;
	struct verdict why = VERDICT(j->mem);

	(void)s;
	switch (judge_in_mynetworks(j, &why)) {
	case TABLE_ERROR:
		return judge_lookup_failed(j, j->subject, &why);
	case TABLE_ABSENT:
		return OPINION_NONE;
	case TABLE_FOUND:
		break;
	}
	/* A neighbour, whom the new default does not trust. */
	if (!addr_set_has(j->c->own, j->c->addr) && !conf_dict_has(cf->dict, "mynetworks") &&
	    judge_old_default(j, "mynetworks_style"))
		level_notice("mynetworks_style", "permit request from client \"%s\"", j->c->shown);
	return OPINION_PERMIT;
}

enum opinion
restrict_permit_inet_interfaces(struct judging *j, const struct step *s)
{
	(void)s;
	return addr_set_has(j->c->own, j->c->addr) ? OPINION_PERMIT : OPINION_NONE;
}

enum opinion
restrict_unknown_client(struct judging *j, const struct step *s)
{
	const struct restrict_client *c = j->c;

	(void)s;
	if (c->name_code == 250)
		return OPINION_NONE;
	return judge_refuse_text(j, c->name_code == 450 ? 450 : c->cf->unknown_client_reject_code, "4.7.25",
	    "Client host rejected: cannot find your hostname, [%s]", c->host);
}

enum opinion
restrict_unknown_reverse_client(struct judging *j, const struct step *s)
{
	const struct restrict_client *c = j->c;

	(void)s;
	if (strcmp(c->reverse, "unknown") != 0)
		return OPINION_NONE;
	return judge_refuse_text(j, c->name_code == 450 ? 450 : c->cf->unknown_client_reject_code, "4.7.1",
	    "Client host rejected: cannot find your reverse hostname, [%s]", c->host);
}

enum opinion
restrict_plaintext_session(struct judging *j, const struct step *s)
{
	(void)s;
	return judge_refuse_text(j, j->c->cf->plaintext_reject_code, "4.7.1", "Session encryption is required");
}
