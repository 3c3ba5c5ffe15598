/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restrict - who may send what: smtpd_*_restrictions.
 *
 * At start the lists become programs, arrays of (restriction, argument), and
 * their tables are opened; an unknown name is an error then.  smtpd asks at
 * each command, with what it knows about the client so far:
 *
 *	if (restrict_rcpt(&who, "RCPT", address, &why) != FATE_OK)
 *		reply_verdict(c, &why);
 *
 * and the refusal has been told to who.log already, as Postfix words it.  With
 * smtpd_delay_reject the lists of client, HELO and sender are evaluated with
 * the recipient; restrict_connect(), _helo() and _mail() say yes then.
 *
 * "sallyport check" asks the same for a stranger who is not there.
 *
 * SMTPD_ACCESS_README, postconf(5), access(5).
 */
#ifndef ACCESS_RESTRICT_H
#define ACCESS_RESTRICT_H

#include "lib/net/addr.h"
#include "lib/net/dns.h"
#include "lib/table/match_list.h"

struct restrict_set;
struct routes;

/* NULL: *err names the parameter and the nearest word that would do. */
struct restrict_set *restrict_open(const struct conf *, const struct table_env *, struct buf *err);
bool restrict_changed(struct restrict_set *);
void restrict_free(struct restrict_set **);

/* What a log line is about; members that do not apply are NULL. */
struct occasion {
	const char *command; /* "RCPT", "END-OF-MESSAGE", ... */
	const char *sender, *recipient;
};

/* What an access table wants done with a message, beyond yes and no. */
enum wish { WISH_HOLD, WISH_DISCARD, WISH_FILTER, WISH_REDIRECT, WISH_BCC, WISH_PREPEND };
struct edit {
	enum wish wish;
	const char *text; /* PREPEND: the whole header line */
	struct edit *next;
};
enum { EDITS_MAX = 1000 };
struct edits {
	struct edit *first, *last;
	size_t n;
};

/* What is known about who asks; all of it is the caller's. */
struct restrict_client {
	const struct conf *cf;
	struct restrict_set *set; /* NULL: everything is allowed */
	struct routes *routes;
	struct match_list *mynetworks;
	const struct addr_set *own;
	struct dns *dns;
	struct arena *mem; /* of the command at hand; verdicts live there */

	const struct addr *addr;
	const char *name, *reverse; /* "unknown" if there is none */
	int name_code;		    /* as in dns.h: 250 450 550 */
	const char *host, *shown;   /* "192.0.2.1", "name[192.0.2.1]" */
	const char *helo;	    /* NULL: not said */
	bool pipelined;		    /* commands came ahead of their time */
	bool ahead;		    /* more has come than was asked for */

	const char *sender, *only_rcpt; /* of the transaction; NULL: none yet, or several */
	long nrcpts;
	struct edits *edits; /* what access tables want is put there, in edits_mem */
	struct arena *edits_mem;

	/* "reject", "reject_warning", "hold", "warn", ... */
	void (*log)(void *ctx, const char *event, const struct occasion *, const char *text);
	void *ctx;

	/*
	 * Nobody is there: nothing waits, nothing outside of this process is asked, nothing is logged
	 * (so log and edits are not used), every name exists, and restrictions that this version has not have no opinion.
	 */
	bool trial;
	/* NULL: not wanted.  Each list that did not refuse, and what permitted ("permit_mynetworks", ""; NULL: it just ended). */
	void (*passed)(void *ctx, const char *list, const char *restriction, const char *argument);
};

/* All of them: FATE_OK, or *why is the answer for the client and the log knows. */
enum fate restrict_connect(const struct restrict_client *, struct verdict *why);
enum fate restrict_helo(const struct restrict_client *, const char *command, struct verdict *why);
enum fate restrict_mail(const struct restrict_client *, const char *sender, struct verdict *why);
enum fate
restrict_rcpt(const struct restrict_client *, const char *command, const char *recipient, struct verdict *why);
enum fate restrict_data(const struct restrict_client *, const char *command, struct verdict *why);
enum fate restrict_end_of_data(const struct restrict_client *, struct verdict *why);
enum fate restrict_etrn(const struct restrict_client *, const char *domain, struct verdict *why);

/* Is it one of local_header_rewrite_clients?  Later: a table failed. */
enum fate restrict_rewrites(const struct restrict_client *, bool *out, struct verdict *why);

#endif
