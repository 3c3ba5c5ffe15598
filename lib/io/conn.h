/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn - a connection: a stack of layers with deadlines and a sticky error.
 *
 * Protocol code reads lines and writes replies; it never polls, never sees a
 * raw socket and asks for errors once, where it can do something about them:
 *
 *	struct conn *c = conn_new(fd);			(c owns fd now)
 *	conn_deadline(c, cf->smtpd_timeout);
 *	conn_fmt(c, "220 %s ESMTP\r\n", name);
 *	if (!conn_line(c, 2048, &line))			(flushes the greeting first)
 *		log_info("%s after greeting", conn_why(c));
 *	conn_free(&c);
 *
 * The lowest layer is the socket; a later layer (TLS, a transcript) is pushed
 * on top and everything above the stack goes through it, the buffers stay.
 * Reading flushes writing: what was put leaves in one write when we are about
 * to block for input, so that pipelining needs no code.
 *
 * Deadlines are absolute: conn_deadline() starts one for all that follows,
 * until it is set again.  The first error sticks: reads fail at once, writes
 * do nothing.  A conn is for one thread at a time.
 */
#ifndef IO_CONN_H
#define IO_CONN_H

#include "lib/base/buf.h"

#include <stdarg.h>
#include <sys/types.h>

struct conn;

/* A layer: read and write some bytes, like read(2) and write(2), or -1 with errno. */
struct conn_layer {
	ssize_t (*read)(struct conn_layer *, void *, size_t);
	ssize_t (*write)(struct conn_layer *, const void *, size_t);
	void (*close)(struct conn_layer *); /* frees the layer itself, too */
	struct conn_layer *under;	    /* set by conn_push() */
	struct conn *conn;		    /* set by conn_push() */
};

enum conn_error {
	CONN_OK,
	CONN_EOF,      /* the peer is gone: "lost connection" */
	CONN_TIMEOUT,  /* the deadline has passed: "timeout" */
	CONN_TOO_LONG, /* a line without end */
	CONN_BROKEN,   /* another system error; conn_errno() has it */
	CONN_PROTOCOL, /* what came is not the protocol; set by conn_fail() */
};

struct conn *conn_new(int fd);
struct conn *conn_new_two(int in, int out); /* a pair of pipes, such as standard input and output */
void conn_free(struct conn **);		    /* closes everything; NULL inside is fine; unsent output is dropped */
int conn_fd(const struct conn *);
int conn_take(struct conn **); /* the descriptor, the caller's again; the conn is gone */
void conn_push(struct conn *, struct conn_layer *);

void conn_deadline(struct conn *, long seconds); /* from now; 0: none */
void conn_deadline_ms(struct conn *, long ms);
/*
 * This peer may be silent for long, and there are many like it: while it is,
 * the thread that waits for it keeps as little memory as it can.
 */
void conn_idles(struct conn *);
enum conn_error conn_error(const struct conn *);
int conn_errno(const struct conn *);
const char *conn_why(const struct conn *); /* "lost connection", "timeout", strerror() */
void conn_fail(struct conn *, enum conn_error);
/* A time-out or an endless line is forgotten, so that last words can be written; other errors stay. */
void conn_forgive(struct conn *);

/*
 * One line, strictly: CRLF ends it.  What is not strict is told, never hidden;
 * the caller refuses or tolerates it as configured.
 */
enum {
	LINE_BARE_LF = 1, /* ended by LF alone */
	LINE_BARE_CR = 2, /* has a CR that no LF follows */
	LINE_NUL = 4,	  /* has a NUL byte (text is cut there for string functions, len is not) */
	LINE_LONG = 8,	  /* longer than the limit: s has the first part, the rest was dropped */
};
struct line {
	char *s; /* NUL-terminated, without its end; valid until the next read */
	size_t len;
	unsigned flags;
};
/*
 * False: end, timeout or error, see conn_error(); half a line before the end is not a line.
 * A line that goes on for more than 64 KiB past the limit is CONN_TOO_LONG.
 */
bool conn_line(struct conn *, size_t limit, struct line *out);

/*
 * Bytes as they come: conn_peek() gives what is buffered, or waits for some;
 * conn_eat() takes n of them.  conn_more() waits for more than is buffered
 * (false also when the buffer is full: eat first).  NULL: see conn_error().
 */
const char *conn_peek(struct conn *, size_t *n);
bool conn_more(struct conn *);
void conn_eat(struct conn *, size_t n);
/* So much input is on its way: room for it in one read; 0: little is, for some time, and memory is given back. */
void conn_expect(struct conn *, size_t n);
bool conn_read(struct conn *, void *, size_t n); /* exactly n bytes */
size_t conn_buffered(const struct conn *);	 /* input that is here already */
void conn_discard(struct conn *);		 /* drop buffered input (before a TLS handshake, RFC 3207) */

void conn_put(struct conn *, const void *, size_t n);
void conn_puts(struct conn *, const char *);
void conn_fmt(struct conn *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void conn_vfmt(struct conn *, const char *fmt, va_list) __attribute__((format(printf, 2, 0)));
bool conn_flush(struct conn *);
/* n bytes of file from off, after what is buffered; sendfile(2) when the stack is a bare socket. */
bool conn_sendfile(struct conn *, int file, off_t off, size_t n);

/*
 * Descriptors over a Unix socket (SCM_RIGHTS).  conn_put_fd() sends a
 * duplicate with the next bytes that are flushed, in order; conn_take_fd()
 * gives the oldest one that came (-1: none), the caller's to close.  Only a
 * conn that conn_accept_fds() was called for keeps any, at most CONN_FDS at a
 * time; more are closed.
 */
enum { CONN_FDS = 16 };
void conn_accept_fds(struct conn *);
void conn_put_fd(struct conn *, int fd);
void conn_give_fd(struct conn *, int fd); /* not a duplicate: the conn owns it from here on */
int conn_take_fd(struct conn *);

/*
 * For poll loops (qmgr, master): the same buffers without waiting.
 * conn_fill(): 1 something came, 0 nothing now, -1 error or end.
 * conn_drain(): 1 all sent, 0 some is left (poll for POLLOUT), -1 error.
 */
void conn_nonblocking(struct conn *);
int conn_fill(struct conn *);
int conn_drain(struct conn *);
size_t conn_unsent(const struct conn *);

/* The pair behind unit tests and children: two connected conns. */
bool conn_pair(struct conn *out[2]);

#endif
