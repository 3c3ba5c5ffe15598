/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client - connections to a table's server, kept and shared between threads.
 *
 * A look-up takes an idle connection out of a list under a mutex, or makes a
 * new one, and brings it back.  A kept one on which the server has hung up
 * meanwhile is replaced by a fresh one, once.
 */
#ifndef TABLE_CLIENT_H
#define TABLE_CLIENT_H

#include "lib/base/verdict.h"
#include "lib/io/conn.h"

enum { CLIENT_SECONDS = 100 }; /* for a look-up, from the host's name to the last byte of the answer */

struct client;
/* host is a name, or a number with or without [], port a number or a name; or path and NULL.  who is for messages, seconds for each look-up. */
struct client *client_new(const char *host_or_path, const char *port, const char *who, long seconds);
const char *client_who(const struct client *);
void client_free(struct client **);

/*
 * One question and its answer.  exchange() is called with a connection whose
 * deadline is set, and again with a new one when a kept one was dead; false:
 * conn_error() says why, or *why is filled.
 */
typedef bool client_exchange(void *ctx, struct conn *, struct verdict *why);
bool client_ask(struct client *, client_exchange *, void *ctx, struct verdict *why);

#endif
