/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drop - one submission from a pipe into maildrop/, whole and durable, or not at all.
 *
 *	struct drop d = { .dir = maildrop_fd, .limit = message_size_limit, .verp = "-=+" };
 *	maildrop_open(&r, read_it, ctx);
 *	if (drop_message(&d, &r, &why) == FATE_OK)
 *		... d.id
 *
 * What comes is checked and written anew, record by record: nothing of the
 * sender's making reaches the file but values that lib/mail/maildrop.h lets
 * pass, and the content.  The arrival time is ours.  FATE_NEVER: the
 * submission is at fault; FATE_LATER: the system is.
 */
#ifndef POSTDROP_DROP_H
#define POSTDROP_DROP_H

#include "lib/mail/maildrop.h"
#include "lib/mail/queueid.h"

struct drop {
	int dir;
	long limit;	  /* octets of content with CRLF line ends; 0: none */
	const char *verp; /* verp_delimiter_filter */
	char id[QUEUEID_MAX];
};
enum fate drop_message(struct drop *, struct maildrop_reader *, struct verdict *why);

#endif
