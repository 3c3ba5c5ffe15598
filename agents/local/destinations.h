/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destinations - what stands on the right side of an alias, or in a .forward
 * file: aliases(5).  Pure.
 *
 *	joe, "|/usr/bin/procmail -f-", /var/mail/archive, :include:/etc/list, \joe
 *
 * Items stand apart by commas and line ends; # at the start of a line is a
 * comment.  At most DESTINATIONS_MAX items.
 */
#ifndef LOCAL_DESTINATIONS_H
#define LOCAL_DESTINATIONS_H

#include "lib/base/mem.h"

enum { DESTINATIONS_MAX = 10000 };
enum destination_kind { TO_ADDRESS, TO_MAILBOX /* \user */, TO_COMMAND, TO_FILE, TO_INCLUDE };
struct destination {
	enum destination_kind kind;
	const char *text; /* address, user, command, path */
};

/* False: *why is a sentence; nothing of it should be delivered to. */
bool destinations_parse(const char *text, struct arena *, struct destination **, size_t *n, const char **why);

#endif
