/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fakes - daemons for tests: a thread that listens on a Unix socket and plays cleanup or the resolver.
 *
 *	struct fake *f = fake_cleanup_start("/tmp/x/public/cleanup", "done 451 4.3.0 later");
 *	... a client talks to it ...
 *	fake_next(f, 5000)	"cleanup_mail sender=a@b.example origin=network ..."
 *	fake_stop(&f);
 *
 * What a fake is told comes out as text, one string for each message: its name
 * and the fields that differ from their defaults (times and ports left out).
 * cleanup's content is one string, "content 12 octets in 1 chunks: a: b\r\n..."
 * with at most FAKE_SHOWN bytes, and a connection that ends within a message is
 * "gone".
 *
 * The fake cleanup obeys these words, several apart by ";":
 *	done CODE STATUS TEXT	the answer to each commit, instead of 250
 *	no-id			it cannot store: cleanup_started has no queue id
 *	mute			it never answers a commit, and closes
 *	leaves			it closes after each answer, and takes a new connection
 *	slow			it asks for in_flow_delay
 *	absent			nobody listens
 *	forget			what it is told is counted, not kept
 *
 * The fake resolver gets lines "name TYPE value"; the value "-" is no data,
 * "servfail" a temporary error, a name without lines does not exist.
 */
#ifndef TESTS_SUPPORT_FAKES_H
#define TESTS_SUPPORT_FAKES_H

#include <stdbool.h>
#include <stddef.h>

enum { FAKE_SHOWN = 400 };

struct fake;
struct fake *fake_cleanup_start(const char *socket, const char *words);
struct fake *fake_resolver_start(const char *socket, const char *records);
void fake_stop(struct fake **); /* NULL inside is fine */

/* The next string, valid until fake_stop(); NULL: none came within ms. */
const char *fake_next(struct fake *, long ms);
/* All content of the messages that were committed, one after the other. */
const char *fake_content(struct fake *, size_t *len);
long fake_committed(struct fake *);

#endif
