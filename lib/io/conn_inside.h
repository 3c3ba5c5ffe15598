/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn_inside - what the files that make up conn share; nobody else includes it.
 *
 * Input lives in in[at .. at + have); output in out, of which sent bytes are gone.
 */
#ifndef IO_CONN_INSIDE_H
#define IO_CONN_INSIDE_H

#include "lib/io/conn.h"

enum {
	IN_LEAST = 1024,     /* what an idle session costs, where conn_expect() asked for no more */
	IN_FIRST = 4096,     /* others */
	IN_MOST = 65536,     /* and a busy one */
	OUT_FLUSH = 65536,   /* more than this is not gathered */
	OUT_MOST = 16 << 20, /* in poll loops, for a peer that does not read */
	REST_MS = 250,	     /* of silence, after which an idle session gives memory back */
	LINE_DROP = 65536,   /* how much of an endless line is read and thrown away */
};

struct conn {
	struct conn_layer *top;
	struct conn_layer socket; /* the lowest layer */
	int fd, out_fd;
	bool not_socket, nonblocking, accept_fds, idles;
	enum conn_error error;
	int sys_errno;
	long deadline;	  /* tick_ms(); 0: none */
	long timeouts[2]; /* ms that SO_RCVTIMEO and SO_SNDTIMEO are set to */
	char *in;
	size_t at, have, cap;
	bool full; /* the last read filled all the room that there was: more is coming than we thought */
	struct buf out;
	size_t sent;
	int fds_in[CONN_FDS], fds_out[CONN_FDS];
	int nfds_in, nfds_out;
};

/* The socket layer: waits no longer than the deadline.  -1 with errno (EAGAIN: the deadline passed). */
ssize_t socket_read(struct conn_layer *, void *, size_t);
ssize_t socket_write(struct conn_layer *, const void *, size_t);
/* The same for two pieces, one behind the other, while no descriptors wait; the first may be empty. */
ssize_t socket_write_two(struct conn_layer *, const void *, size_t, const void *, size_t);
bool socket_wait(struct conn *, bool writing); /* before sendfile: time-outs set, deadline not over */
bool socket_again(const struct conn *);	       /* after a call that failed: only interrupted, or too early? */

void conn_broke(struct conn *, int err); /* errno to conn_error */
bool conn_fill_wait(struct conn *);	 /* some input more, waiting; flushes first */

#endif
