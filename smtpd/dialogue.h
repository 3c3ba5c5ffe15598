/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialogue - which command is welcome when; the one table of the protocol.
 *
 *	while (dialogue_step(c))
 *		;
 *
 * A verb's function does one thing and returns the next state.  refused[] has
 * the reply for each state in which the verb is not welcome; NULL: it is.
 * Tests of the order of commands are made from this table, so is the answer to
 * HELP.
 */
#ifndef SMTPD_DIALOGUE_H
#define SMTPD_DIALOGUE_H

#include "smtpd/smtpd.h"

enum {
	VERB_LAST = 1,	   /* must be the last of a pipelined group (RFC 2920 3.1) */
	VERB_JUNK = 2,	   /* counts against smtpd_junk_command_limit */
	VERB_HELO = 4,	   /* needs HELO or EHLO when smtpd_helo_required */
	VERB_ALWAYS = 8,   /* even for a client that was refused at connect */
	VERB_OFFERED = 16, /* we really have it: HELP tells */
	VERB_BYTES = 32,   /* what follows the line belongs to it */
	VERB_PLAIN = 64,   /* without encryption, even where that is demanded (RFC 3207 4) */
};
struct verb {
	const char *name;    /* upper case */
	const char *counter; /* in the line about the disconnect */
	/* args: without blanks around it, changeable. */
	enum state (*run)(struct client *, char *args);
	unsigned flags;
	const char *refused[STATES];
};
extern const struct verb dialogue_verbs[];
extern const size_t dialogue_nverbs;

/* One command; false: the session is over, and the log knows why. */
bool dialogue_step(struct client *);

/* The state of a client that is in no transaction. */
enum state dialogue_idle(const struct client *);

/* The handlers. */
enum state greeting_helo(struct client *, char *args);
enum state greeting_ehlo(struct client *, char *args);
enum state envelope_mail(struct client *, char *args);
enum state envelope_rcpt(struct client *, char *args);
enum state message_data(struct client *, char *args);
enum state message_bdat(struct client *, char *args);
enum state other_rset(struct client *, char *args);
enum state other_noop(struct client *, char *args);
enum state other_vrfy(struct client *, char *args);
enum state other_etrn(struct client *, char *args);
enum state other_help(struct client *, char *args);
enum state other_quit(struct client *, char *args);
enum state other_starttls(struct client *, char *args);
enum state other_auth(struct client *, char *args);
enum state other_privileged(struct client *, char *args);
enum state other_expn(struct client *, char *args);

#endif
