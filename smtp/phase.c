/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/phase.h"

#include <string.h>

#define TIMEOUT(member) offsetof(struct settings, member)

static const struct {
	const char *doing, *request;
	size_t timeout;
} phases[] = {
	[PHASE_GREETING] = { "receiving the initial server greeting", NULL, TIMEOUT(helo_timeout) },
	[PHASE_EHLO] = { "performing the EHLO handshake", "EHLO command", TIMEOUT(helo_timeout) },
	[PHASE_HELO] = { "performing the HELO handshake", "HELO command", TIMEOUT(helo_timeout) },
	[PHASE_LHLO] = { "performing the LHLO handshake", "LHLO command", TIMEOUT(helo_timeout) },
	[PHASE_RSET] = { "sending RSET command", "RSET command", TIMEOUT(rset_timeout) },
	[PHASE_MAIL] = { "sending MAIL FROM", "MAIL FROM command", TIMEOUT(mail_timeout) },
	[PHASE_RCPT] = { "sending RCPT TO", "RCPT TO command", TIMEOUT(rcpt_timeout) },
	[PHASE_DATA] = { "sending DATA command", "DATA command", TIMEOUT(data_init_timeout) },
	[PHASE_BODY] = { "sending message body", "message body", TIMEOUT(data_xfer_timeout) },
	[PHASE_END] = { "sending end of data -- message may be sent more than once", "end of DATA command",
	    TIMEOUT(data_done_timeout) },
	[PHASE_QUIT] = { "sending QUIT", "QUIT command", TIMEOUT(quit_timeout) },
};

long
phase_timeout(enum phase p, const struct settings *s)
{
	long seconds;

	memcpy(&seconds, (const char *)s + phases[p].timeout, sizeof(seconds));
	return seconds;
}

enum fate
phase_lost(enum phase p, const struct conn *c, const struct reply *r, const char *peer, struct verdict *why)
{
	const char *doing = phases[p].doing;

	switch (conn_error(c)) {
	case CONN_TIMEOUT:
		return later(why, "4.4.2", "conversation with %s timed out while %s", peer, doing);
	case CONN_PROTOCOL:
		return later(
		    why, "4.5.0", "host %s sent no valid reply while %s: %.200s", peer, doing, reply_text(r, why->mem));
	case CONN_TOO_LONG:
		return later(why, "4.5.0", "host %s sent a line without end while %s", peer, doing);
	case CONN_EOF:
	case CONN_OK:
		return later(why, "4.4.2", "lost connection with %s while %s", peer, doing);
	case CONN_BROKEN:
		break;
	}
	return later(why, "4.4.2", "connection with %s broke while %s: %s", peer, doing, conn_why(c));
}

enum fate
phase_refused(enum phase p, const struct reply *r, const char *host, const char *peer, struct verdict *why)
{
	const char *text = reply_text(r, why->mem);
	bool no = r->code >= 400;

	if (p <= PHASE_LHLO)
		verdict_code(
		    why, no ? r->code : 451, no ? r->dsn : "4.5.0", "host %s refused to talk to me: %s", peer, text);
	else
		verdict_code(why, no ? r->code : 451, no ? r->dsn : "4.5.0", "host %s said: %s (in reply to %s)", peer,
		    text, phases[p].request);
	why->mta = arena_str(why->mem, host);
	why->mta_type = "dns";
	why->diag = text;
	why->diag_type = "smtp";
	return why->fate;
}
