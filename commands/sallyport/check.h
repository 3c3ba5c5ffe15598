/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check - is everything as it must be?  For each fault: what is wrong, where, and what to do.
 *
 *	struct findings f = FINDINGS;
 *	check_all(p, CHECK_COMMAND, &f);
 *	report_text(stdout, p->dir, &f);
 *
 * The kinds of findings are in findings.def.  Nothing outside of this host is asked but the
 * resolver service, within some seconds, and nothing is changed.
 */
#ifndef SALLYPORT_CHECK_H
#define SALLYPORT_CHECK_H

#include "commands/sallyport/finding.h"
#include "commands/sallyport/sallyport.h"

enum check_purpose {
	CHECK_COMMAND,
	CHECK_START,  /* master follows, and refuses by itself what it does not accept */
	CHECK_RELOAD, /* only what the configuration says; DNS is not asked */
};

/* The findings are sorted. */
void check_all(const struct place *, enum check_purpose, struct findings *);

#endif
