/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipc - messages between daemons: named text fields over a Unix socket.
 *
 * A message is its name and its fields, each ended by a NUL, and an empty
 * string at the end ("cleanup_rcpt\0address=joe@example.com\0\0"): readable
 * with strace.  lib/ipc/NAME.def lists the messages of one service, once;
 * lib/ipc/NAME.h makes structs and functions of it (see message.h):
 *
 *	struct ipc *i = ipc_connect("private/cleanup", &cleanup_protocol, 60, &why);
 *	cleanup_mail_send(i, &(struct cleanup_mail){ .sender = "a@b.example" });
 *	struct cleanup_started started;
 *	if (!cleanup_started_read(i, &mem, &started))
 *		return later(&why, "4.3.0", "cleanup: %s", ipc_why(i));
 *
 * Both sides say hello with protocol name and version when they meet; rows
 * newer than the lower version are neither sent nor expected.  Errors stick:
 * after one, sends do nothing and reads fail.  Bulk data and descriptors go
 * through the conn below (ipc_conn), between messages.
 *
 * An ipc belongs to one thread at a time.  Limits: a message has at most
 * IPC_MESSAGE_MAX bytes and 64 fields.
 */
#ifndef IPC_IPC_H
#define IPC_IPC_H

#include "lib/base/field.h"
#include "lib/base/verdict.h"
#include "lib/io/conn.h"

enum { IPC_MESSAGE_MAX = 65000 };

struct msg { /* one kind of message; made by message.h */
	const char *name, *doc;
	const struct field *rows;
	size_t n, size; /* rows; bytes of the struct */
	int since;
};
struct protocol {
	const char *name;
	int version;
	const char *doc;
};

struct ipc;

/*
 * Connect to a service's socket, say hello, read the other's hello.
 * NULL: *why is FATE_LATER and says what was tried.  path is relative to the
 * queue directory (daemons work there) or absolute.
 */
struct ipc *ipc_connect(const char *path, const struct protocol *, long timeout, struct verdict *why);

/* The server's side: takes over the conn, sends hello; the first read checks the client's. */
struct ipc *ipc_serve(struct conn *, const struct protocol *);
void ipc_free(struct ipc **);

struct conn *ipc_conn(struct ipc *);
void ipc_timeout(struct ipc *, long seconds); /* for each following message */
bool ipc_ok(const struct ipc *);
const char *ipc_why(const struct ipc *); /* "lost connection", "unexpected message x", ... */
void ipc_fail(struct ipc *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void ipc_send(struct ipc *, const struct msg *, const void *rec);
bool ipc_flush(struct ipc *);

/*
 * The next message's name, waiting for it; NULL: end or error (a clean end
 * between messages is CONN_EOF in conn_error()).  The message stays current
 * until the next call; ipc_get() decodes it, once or not at all.
 */
const char *ipc_next(struct ipc *);
bool ipc_is(const struct ipc *, const struct msg *);			    /* the current one? */
bool ipc_get(struct ipc *, const struct msg *, struct arena *, void *rec);  /* false: it is not, or is bad: sticky */
bool ipc_read(struct ipc *, const struct msg *, struct arena *, void *rec); /* ipc_next and ipc_get */

/*
 * Poll loops: after conn_fill() on ipc_conn(), ipc_ready() gives the next
 * whole message's name without waiting; NULL: none yet, or error (ipc_ok()).
 * Output is sent by conn_drain().
 */
struct ipc *ipc_begin(int fd, const struct protocol *); /* client side of a fresh descriptor, no waiting */
bool ipc_met(const struct ipc *); /* has the other side said hello?  Before, nobody may have taken the connection */
const char *ipc_ready(struct ipc *);

#endif
