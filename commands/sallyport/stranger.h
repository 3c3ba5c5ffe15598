/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stranger - could a client whom nobody knows send mail to a domain that is not ours?
 *
 *	struct stranger_passed how = { 0 };
 *	if (stranger_try(cf, trial, &how, &err) == STRANGER_PASSED)
 *		... how.why: "smtpd_recipient_restrictions: permit" ...
 *	stranger_passed_free(&how);
 *
 * The lists of cf are evaluated by lib/access, as smtpd does it, for clients
 * from several corners of the Internet, with the names and senders that one
 * who wants to pass would try: foreign ones, none, and our own.  Strangers may
 * pass when all the corners of an address family may.  trial (table.h) keeps
 * the tables, for the next one.  Who knows the names in
 * an access table can do more than this finds out.
 */
#ifndef SALLYPORT_STRANGER_H
#define SALLYPORT_STRANGER_H

#include "lib/base/buf.h"
#include "lib/conf/conf.h"

enum stranger { STRANGER_REFUSED, STRANGER_PASSED, STRANGER_CANNOT }; /* CANNOT: *err; smtpd would not start */

struct table_trial;

/* How he did it; why: the lists that he met and what permitted in each. */
struct stranger_passed {
	char *address, *helo, *sender, *recipient, *why;
	bool permitted_networks; /* permit_mynetworks did it */
	bool relay_domain;	 /* to us it is a domain of relay_domains, which has any name there is */
};
enum stranger stranger_try(const struct conf *, struct table_trial *, struct stranger_passed *how, struct buf *err);
void stranger_passed_free(struct stranger_passed *);

#endif
