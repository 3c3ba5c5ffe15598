/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict - what became of something, told once for everybody who asks.
 *
 * Every failure in a mail system is one of two: try again, or give up.  The
 * same verdict goes to the log, to the SMTP client, into the history of the
 * queue file and into the bounce, so it carries what each of them needs.
 *
 *	struct verdict why = VERDICT(&mem);
 *	if (size > limit)
 *		return never(&why, "5.3.4", "message has %ld bytes, the limit is %ld", size, limit);
 *
 * Strings live in why->mem, the arena of the message or session.  text is
 * printable (other bytes become '?'), one line, at most VERDICT_TEXT bytes.
 * RFC 3463 (status codes), RFC 3464 (action, remote MTA, diagnostic).
 */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

#include "lib/base/mem.h"

enum fate { FATE_OK, FATE_LATER, FATE_NEVER };
enum { VERDICT_TEXT = 2048 };

struct verdict {
	struct arena *mem;
	enum fate fate;
	int code;	       /* SMTP reply code: 250, 451, 550, ... */
	char dsn[12];	       /* "4.3.0" */
	const char *text;      /* never NULL once filled */
	const char *action;    /* RFC 3464 2.3.3: "failed" "delayed" "delivered" "relayed" "expanded" */
	const char *mta;       /* who said so: "mx.example.com"; "" when it was us */
	const char *mta_type;  /* "dns", "unix", "" */
	const char *diag;      /* diagnostic as received: "550 5.1.1 unknown user"; "" when ours */
	const char *diag_type; /* "smtp", "x-unix", "" */
};
/* clang-format off */
#define VERDICT(arena) { .mem = (arena), .dsn = "2.0.0", .code = 250, .text = "", .action = "", \
	.mta = "", .mta_type = "", .diag = "", .diag_type = "" }
/* clang-format on */

/* Fill a verdict; code and action follow from fate, the rest is emptied. */
enum fate later(struct verdict *, const char *dsn, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
enum fate never(struct verdict *, const char *dsn, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
enum fate fine(struct verdict *, const char *dsn, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same, with the SMTP reply code chosen: its first digit decides the fate. */
enum fate
verdict_code(struct verdict *, int code, const char *dsn, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A deep copy into to->mem. */
void verdict_copy(struct verdict *to, const struct verdict *from);

/* "4.7.1" from a text that starts with an enhanced status code; false when it does not (RFC 2034). */
bool dsn_parse(const char *text, char dsn[12]);

#endif
