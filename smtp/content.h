/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content - a message on its way from the queue file to the server.
 *
 *	struct content c = { .file = fd, .request = &r, .line_limit = 998, .stuff = true };
 *	conn_fmt(conn, "BDAT %ld LAST\r\n", content_size(&c));
 *	if (!content_send(&c, conn, 180)) ...
 *
 * What is sent: the extra header lines, header, CRLF, body, and a CRLF where
 * the body's last line has no end.  Lines longer than line_limit are broken
 * with CRLF and a blank (0: never), between characters of UTF-8.  With stuff
 * a dot at the start of a line is doubled (RFC 5321 4.5.2).  Where nothing is
 * to be changed the kernel copies the file.
 */
#ifndef SMTP_CONTENT_H
#define SMTP_CONTENT_H

#include "lib/io/conn.h"
#include "lib/ipc/deliver.h"

struct content {
	int file;
	const struct deliver_request *request;
	const char *header; /* instead of the one in the file; NULL: that one */
	size_t header_len;
	const char *extra; /* header lines that go first, with their CRLF; NULL: none */
	long line_limit;
	bool stuff;
	bool unreadable; /* content_send() or content_size(): the file could not be read, errno */
};

/* Octets without stuffing; -1: the file cannot be read (only asked where lines must be counted). */
long content_size(struct content *);
/* Seconds: for each piece of 64 KiB.  False: the conn's error, or unreadable. */
bool content_send(struct content *, struct conn *, long seconds);

#endif
