/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restrict_inside - what the restrict files share; nobody else includes it.
 *
 * A restriction is a function of what is known so far (struct judging) and its
 * argument.  It has no opinion, permits, or refuses through judge_refuse(),
 * which knows about warn_if_reject.  Adding one is a row in restrict_table.c.
 */
#ifndef ACCESS_RESTRICT_INSIDE_H
#define ACCESS_RESTRICT_INSIDE_H

#include "lib/access/restrict.h"
#include "lib/mail/route.h"

enum opinion { OPINION_NONE, OPINION_PERMIT, OPINION_REFUSE };
enum list {
	LIST_CLIENT,
	LIST_HELO,
	LIST_SENDER,
	LIST_RELAY,
	LIST_RECIPIENT,
	LIST_DATA,
	LIST_END_OF_DATA,
	LIST_ETRN,
	LIST_REWRITE, /* local_header_rewrite_clients */
	LISTS
};

struct judging;
struct program;

/* What follows a restriction's name in a list. */
enum argument { ARGUMENT_NONE, ARGUMENT_TABLE, ARGUMENT_TEXT };

struct step {
	const struct restriction *what; /* NULL: a restriction class, in program */
	bool warn;			/* warn_if_reject stands before it */
	const char *text;
	struct table *table;
	const struct program *program;
};
struct program {
	const char *name; /* of the parameter or class */
	size_t n;
	struct step *steps;
};

struct restriction {
	const char *name;
	enum argument argument;
	/* NULL: Postfix has it, and we do not yet: the answer is 451. */
	enum opinion (*run)(struct judging *, const struct step *);
};
extern const struct restriction restrict_table[];
extern const size_t restrict_ntable;

struct restrict_set {
	const struct conf *cf;
	struct program lists[LISTS];
	struct program **classes; /* smtpd_restriction_classes */
	size_t nclasses;
	struct table **tables; /* owned; steps point to them */
	size_t ntables;
	struct match_list *permits; /* smtpd_log_access_permit_actions */
	struct arena mem;
};

/* "Client host", "Recipient address", ... as in "<x>: Client host rejected: why". */
enum subject_kind {
	SUBJECT_CLIENT,
	SUBJECT_HELO,
	SUBJECT_SENDER,
	SUBJECT_RECIPIENT,
	SUBJECT_DATA,
	SUBJECT_END,
	SUBJECT_ETRN
};
struct subject {
	enum subject_kind kind;
	const char *name;
};
extern const char *const judge_kinds[];

struct deferral { /* defer_if_permit, defer_if_reject */
	bool set;
	struct verdict why;
};

/* One evaluation, of all lists that the command at hand is subject to. */
struct judging {
	const struct restrict_client *c;
	struct restrict_set *set;
	struct arena *mem;
	struct occasion about; /* what is known, also for the log */
	const char *etrn;
	struct subject subject;	      /* what generic restrictions of the list at hand speak about */
	const struct step *permitted; /* by which the list at hand was left; NULL: none */
	bool warn;
	int depth;
	struct verdict why; /* after OPINION_REFUSE */
	struct deferral if_permit, if_reject;
	struct route route; /* of the recipient, once somebody asked; transport is NULL before */
};

/* Is there a word to log about a default that depends on compatibility_level?  Not if nobody is there. */
bool judge_old_default(const struct judging *, const char *parameter);

/* To the client's log, unless nobody is there. */
void judge_log(struct judging *, const char *event, const char *text);

/* Run a program: restrict_run.c. */
enum opinion judge_program(struct judging *, const struct program *);

/* "<name>: Client host rejected: text"; soft_bounce and the status' first digit are seen to. */
enum opinion judge_refuse(struct judging *, long code, const char *dsn, struct subject, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* The same with the whole text given. */
enum opinion judge_refuse_text(struct judging *, long code, const char *dsn, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* 451 4.3.0: a table that would know could not be asked; the log has the reason. */
enum opinion judge_lookup_failed(struct judging *, struct subject, const struct verdict *);

/* A refusal that waits: for the end of a permit, or for another refusal. */
enum opinion judge_defer_if_permit(struct judging *, long code, const char *dsn, struct subject, const char *text);
enum opinion judge_defer_if_reject(struct judging *, long code, const char *dsn, struct subject, const char *text);
/* As unknown_address_tempfail_action and its relatives say: "defer", or "defer_if_permit". */
enum opinion
judge_tempfail(struct judging *, const char *action, long code, const char *dsn, struct subject, const char *text);

/* 451 4.3.5: the configuration is at fault; the log has the reason. */
enum opinion judge_misconfigured(struct judging *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What restrictions of senders, recipients, ... speak about; false: it is not known. */
bool judge_sender(const struct judging *, struct subject *);
bool judge_recipient(const struct judging *, struct subject *);
bool judge_helo(const struct judging *, struct subject *);
struct subject judge_client(const struct judging *);
enum table_result judge_in_mynetworks(struct judging *, struct verdict *why);

/* Does the recipient belong neither to us nor to a domain that we relay to? */
bool judge_foreign(struct judging *);

/* What the value in an access table, whose name is for the log, comes to: restrict_action.c. */
enum opinion judge_value(struct judging *, struct subject, const char *value, const char *table);

/* Also as the last step of RCPT: smtpd_reject_unlisted_recipient and _sender. */
enum opinion judge_unlisted_recipient(struct judging *, const struct step *);
enum opinion judge_unlisted_sender(struct judging *, const struct step *);

/*
 * A list from an access table becomes a program in the session's memory;
 * NULL: it cannot be, and *why is the reason.
 */
const struct program *restrict_parse(struct restrict_set *, const char *text, struct arena *, const char **why);

const struct restriction *restrict_find(const char *name);

#endif
