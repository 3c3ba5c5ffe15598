/* SPDX-License-Identifier: Apache-2.0 */
/* transcript_inside - what the files that make up transcript share; nobody else includes it. */
#ifndef TESTS_SUPPORT_TRANSCRIPT_INSIDE_H
#define TESTS_SUPPORT_TRANSCRIPT_INSIDE_H

#include "lib/base/mem.h"
#include "tests/support/fakes.h"
#include "tests/support/transcript.h"

enum { INPUT = 1 << 20, TEXT = 64 << 20, LINE = 1 << 16 };

struct play {
	const struct transcript_daemon *daemon;
	const char *name;
	int line;
	char folder[200];
	struct buf conf, dns, cleanup;
	const char *peer;
	struct fake *fake_cleanup, *fake_resolver;
	pid_t child;
	int fd;
	struct buf in; /* from the server; what is before in_at was looked at */
	size_t in_at;
	char *reply[100]; /* the lines that S- looks at */
	size_t nreply;
	size_t log_at; /* L: lines before it are used */
	long sent;     /* when the client last said something, tick_ms() */
	bool over;
};

/* The test has failed; says where. */
_Noreturn void play_wrong(const struct play *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* transcript_session.c: the child with the session, its folder and its fakes. */
void play_begin(struct play *); /* once; more calls do nothing */
void play_clean_up(struct play *);

/* transcript_wire.c: lines and bytes. */
char *play_line(struct play *); /* the server's next, without its end, the caller's; NULL: it has closed */
void play_forget_reply(struct play *);
void play_expect(struct play *, const char *pattern);
void play_expect_within(struct play *, const char *pattern);
void play_expect_delay(struct play *, const char *ms);
void play_send_line(struct play *, const char *text);
void play_send_escaped(struct play *, const char *text);

#endif
