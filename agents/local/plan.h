/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan - everything that is to be done for one recipient, found out before
 * anything is done: aliases and .forward files are followed to their ends.
 *
 * So trouble with a table or a file delivers nothing, and not half.  Most mail
 * is for a user without a .forward file, and then the one question is asked together with the one step: when a
 * plan's only step has "unless", what its files say makes another plan, with plan_forward().
 */
#ifndef LOCAL_PLAN_H
#define LOCAL_PLAN_H

#include "agents/local/local.h"

enum { PLAN_DEEP = 50, PLAN_MAX = 20000 };
enum step_kind { STEP_FORWARD, STEP_MAILBOX, STEP_COMMAND };
struct step {
	enum step_kind kind;
	const char *user;     /* who does it; STEP_FORWARD: nobody */
	const char *argument; /* address, mailbox, command */
	const char *extension;
	const char *unless; /* STEP_MAILBOX: .forward files apart by line ends that decide otherwise; NULL: none does */
};
struct plan {
	struct arena *mem;
	struct step *steps;
	size_t n;
	const char *sender; /* for forwards: owner-alias, or the message's */
};

bool step_is_maildir(const char *mailbox); /* other ones are not available here */

/* Where mail for this local part goes.  FATE_NEVER: unknown user; FATE_LATER: could not be found out. */
enum fate plan_make(struct local *, struct plan *, const char *local, struct verdict *why);
/* Instead of the one step that p has: what this .forward file of that step's user says. */
enum fate plan_forward(struct local *, struct plan *p, const char *text, struct verdict *why);

#endif
