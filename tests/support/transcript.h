/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript - a dialogue from a file, played with a daemon's own session function.
 *
 *	static const struct transcript_daemon smtpd = {
 *		.open = open_server, .session = smtpd_session, .conf = "myhostname = mx.test.example\n",
 *	};
 *	int main(void) { return transcript_run_all(&smtpd, "tests/smtpd"); }
 *
 * Each NAME.t of the folder is one test.  The session runs in a child on one
 * end of a socketpair, with a configuration of its own; daemons behind it are
 * fakes on Unix sockets, told by the same file what to answer.
 *
 *	conf: name = value	main.cf, before the first line of dialogue
 *	peer: 192.0.2.1		the client's address
 *	dns: name TYPE value	a record of the fake resolver ("-": no data, "servfail"); NXDOMAIN else
 *	cleanup: ...		what the fake cleanup does, see fake_cleanup.h
 *	C: text			the client sends the line, with CRLF
 *	X: bytes		the client sends these bytes: \r \n \t \0 \\ \xHH, and {n*bytes} n times
 *	S: pattern		the server's next line; * stands for anything; {n*pattern}: n such lines
 *	S- pattern		one of the lines of the server's next reply, which is read to its end;
 *				further S- lines look at the same reply
 *	T: ms			that took so many milliseconds at the least, from what the client said last
 *	S: <EOF>		the server closes
 *	C: <EOF>		the client has no more to say
 *	L: pattern		a line that is in the log, behind the one of the L: before it
 *	L! pattern		a line that is not in the log, once the session is over
 *	Q: pattern		the next thing that the fake cleanup was told
 *	# text			nothing
 *
 * Lines that the server sends and nobody expects are a failure, at the latest
 * at the end.  Nothing waits for more than TRANSCRIPT_SECONDS in which nothing happens.
 */
#ifndef TESTS_SUPPORT_TRANSCRIPT_H
#define TESTS_SUPPORT_TRANSCRIPT_H

#include "lib/service/service.h"

enum { TRANSCRIPT_SECONDS = 10 };

struct transcript_daemon {
	bool (*open)(const struct conf *, void **state, struct buf *err);
	void (*session)(struct session *);
	const char *conf;    /* main.cf of all transcripts */
	const char *service; /* its name in master.cf */
};

/* The status for main(). */
int transcript_run_all(const struct transcript_daemon *, const char *folder);

/* The same for a text, within a test; fails the test with the line that was wrong. */
void transcript_play(const struct transcript_daemon *, const char *name, const char *text);

/* Does the text fit the pattern, whose only special character is "*"? */
bool transcript_fits(const char *pattern, const char *text);

#endif
