/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content - the bytes of a message as a client sends them, made into what cleanup wants.
 *
 *	struct content in = { .dots = true, .bare = BARE_REJECT };
 *	while (!in.ended && (s = conn_peek(c, &n)) != NULL)
 *		conn_eat(c, content_feed(&in, s, n, pass_on, ctx));
 *
 * What comes out has CRLF line ends and no stuffed dots.  It leaves in the
 * longest possible runs, pointing into the input: a run is broken only where
 * a dot goes or a line end is mended.  Input may be cut anywhere.
 *
 * DATA ends with CRLF.CRLF and with nothing else (RFC 5321 4.1.1.4), unless
 * bare line feeds are fully tolerated.  A dot between other line ends is text.
 */
#ifndef SMTPD_CONTENT_H
#define SMTPD_CONTENT_H

#include "lib/io/conn.h"

enum bare {		/* smtpd_forbid_bare_newline */
	BARE_NO,	/* LF is as good as CRLF */
	BARE_NOTE,	/* so it is, and is logged */
	BARE_NORMALIZE, /* LF ends a line, but has no part in the final dot */
	BARE_REJECT,	/* the message is refused */
};

struct content {
	bool dots; /* DATA: dots are stuffed, and one ends it; BDAT: no */
	enum bare bare;
	unsigned found; /* LINE_BARE_LF, LINE_BARE_CR, LINE_NUL */
	bool ended;	/* the final dot was seen */
	long size;	/* octets that came out */
	/* Where in a line the next byte stands; a CR and a dot are held back until what follows is known. */
	enum { AT_START, AT_MIDDLE, AT_CR, AT_DOT, AT_DOT_CR } at;
	bool after_bare; /* the line before ended with LF alone */
};

typedef void content_out(void *ctx, const char *, size_t);

/* How many bytes were used: all of them, or those to the final dot. */
size_t content_feed(struct content *, const char *, size_t, content_out *, void *ctx);

/* The last BDAT chunk has come: nothing is held back any more. */
void content_finish(struct content *, content_out *, void *ctx);

/* "<LF>", "<CR>" or "<NUL>": the worst that was found; NULL: nothing. */
const char *content_fault(unsigned found);

#endif
