/* SPDX-License-Identifier: Apache-2.0 */
/*
 * post - a new message of our own (a forward, a bounce, a notice) through
 * cleanup, the only door into the queue.
 *
 *	struct post *p = post_begin("public/cleanup", &mail, mem, &why);
 *	if (p == NULL)
 *		return why.fate;
 *	post_rcpt(p, &(struct cleanup_rcpt){ .address = "joe@example.com" });
 *	post_bytes(p, "Subject: x\r\n\r\n", 14);
 *	fate = post_commit(&p, &queue_id, &why);	(durable when FATE_OK; p is gone)
 *	post_free(&p);					(not committed: nothing is left behind)
 *
 * Recipients come before the first bytes.  Content has CRLF lines, dots not
 * stuffed.  Errors stick and are told by post_commit().  One thread.
 */
#ifndef MAIL_POST_H
#define MAIL_POST_H

#include "lib/base/verdict.h"
#include "lib/ipc/cleanup.h"

struct post;
struct post *post_begin(const char *socket, const struct cleanup_mail *, struct arena *, struct verdict *why);
void post_rcpt(struct post *, const struct cleanup_rcpt *);
void post_bytes(struct post *, const void *, size_t n);
void post_fmt(struct post *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool post_file(struct post *, int file, off_t at, size_t n); /* false: the file could not be read */
enum fate post_commit(struct post **, const char **queue_id, struct verdict *why);
const char *post_queue_id(const struct post *);
void post_free(struct post **);

#endif
