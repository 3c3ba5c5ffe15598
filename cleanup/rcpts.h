/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rcpts - the recipients of one message: complete, each of them once, with a route.
 *
 *	struct rcpts r = RCPTS;
 *	if (rcpts_add(&r, cf, &(struct cleanup_rcpt){ .address = "joe", ... }, &mem, &why) != FATE_OK)
 *		...
 *	rcpts_route(&r, routes, &(struct route_query){ .sender = sender }, &mem);
 *	rcpts_free(&r);
 *
 * A recipient that was there already, with the same ORCPT and NOTIFY and (if
 * enable_original_recipient) first given as the same, is not added again; as
 * many as duplicate_filter_limit are remembered.  Strings live in the arena,
 * which bounds the whole.
 */
#ifndef CLEANUP_RCPTS_H
#define CLEANUP_RCPTS_H

#include "lib/base/hash.h"
#include "lib/ipc/cleanup.h"
#include "lib/mail/qfile.h"
#include "lib/mail/route.h"

struct rcpts {
	struct recipient *list;
	size_t n, cap;
	struct hash known; /* keys only */
};
/* clang-format off */
#define RCPTS { .known = HASH(true) }
/* clang-format on */

enum fate
rcpts_add(struct rcpts *, const struct conf *, const struct cleanup_rcpt *, struct arena *, struct verdict *why);
/* One that is complete, whose strings are the caller's (in that arena, which is asked whether they all had room). */
enum fate
rcpts_put(struct rcpts *, const struct conf *, const struct recipient *, const struct arena *, struct verdict *);
/* All whose address, as given or as completed, is this one; how many there were. */
size_t rcpts_remove(struct rcpts *, const struct conf *, const char *address, struct arena *);
void rcpts_clear(struct rcpts *);
/*
 * The query tells what is known of the message.  Where a route cannot be told now, none is stored, and qmgr asks
 * again later.
 */
void rcpts_route(struct rcpts *, struct routes *, const struct route_query *, struct arena *);
/* All of them to the error service, which returns them with this text. */
void rcpts_fail(struct rcpts *, const struct conf *, const char *text);
void rcpts_free(struct rcpts *);

/* For addresses and their options, which end up in protocols, files and the log: no byte that breaks a line. */
bool text_is_line(const char *);
/* An address as it may stand in an envelope, complete; NULL: it cannot. */
const char *envelope_address(const struct conf *, const char *address, struct arena *);

#endif
