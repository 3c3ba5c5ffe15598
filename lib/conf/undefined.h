/* SPDX-License-Identifier: Apache-2.0 */
/*
 * undefined - names that values mention, and nobody has set: "smtpd_banner = $myhostnme ESMTP".
 *
 *	undefined_each(cf, master, tell, ctx);
 *
 * The -o values of each service come first, then the lines of main.cf, for which a name that some
 * service sets is defined.  Each name is told once for a service, and once for main.cf.
 */
#ifndef CONF_UNDEFINED_H
#define CONF_UNDEFINED_H

#include "lib/conf/conf.h"
#include "lib/conf/mastercf.h"

struct undefined {
	const char *name, *parameter;		/* $name stands in the value of parameter */
	const struct mastercf_service *service; /* in a -o of it; NULL: in main.cf */
	int line;
};

/* master may be NULL. */
void undefined_each(
    const struct conf *, const struct mastercf *, void (*tell)(void *ctx, const struct undefined *), void *ctx);

#endif
