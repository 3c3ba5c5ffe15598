/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maildrop - mail from a local user: what sendmail pipes into postdrop, and the file in maildrop/.
 *
 * Both are the records of lib/ipc/submission.def and then the content, LF
 * lines: in a file to its end, in the pipe as chunks (four bytes, most
 * significant first, with a length, and that many bytes; length 0 ends them).
 * Whoever reads them reads something hostile:
 *
 *	struct maildrop_reader r;
 *	maildrop_open(&r, read_it, &fd);
 *	if (maildrop_read(&r, &mem, &s, &why) != FATE_OK)	(records, checked)
 *		...
 *	while ((n = maildrop_content(&r, &bytes)) > 0)		(content)
 *		...
 *	if (n < 0 || !maildrop_whole(&r, &s))
 *		...
 *	maildrop_free(&s);
 *	maildrop_close(&r);
 *
 * A file grows with mode MAILDROP_GROWING, which lets nobody but its owner
 * read it.  Once all is written, size and CRC are put into submission_end,
 * the mode becomes MAILDROP_READY, and one flush makes all that durable; so a
 * file that is cut short by a power failure shows itself, whatever of it had
 * reached the disk.  Only the owner's x bit tells pickup that it may have it.
 *
 * Limits: a record has at most MAILDROP_RECORD_MAX bytes, a message at most
 * MAILDROP_RCPTS_MAX recipients and what the arena takes.
 */
#ifndef MAIL_MAILDROP_H
#define MAIL_MAILDROP_H

#include "lib/base/verdict.h"
#include "lib/ipc/submission.h"

#include <stdint.h>
#include <sys/types.h>

enum { MAILDROP_VERSION = 1, MAILDROP_RECORD_MAX = 32768, MAILDROP_RCPTS_MAX = 200000 };
enum { MAILDROP_GROWING = 0600, MAILDROP_READY = 0744 };
enum { MAILDROP_ENVID_MAX = 100 /* RFC 3461 4.4 */, MAILDROP_NAME_MAX = 1000 };

struct maildrop {
	struct submission_mail mail;
	struct submission_rcpt *rcpts;
	size_t nrcpts, cap;
	struct submission_end end;
};

struct maildrop_reader {
	ssize_t (*read)(void *ctx, void *, size_t); /* like read(2): -1 with errno */
	void *ctx;
	char *in; /* records are looked at here, content passes through */
	size_t at, have, looked;
	int error;     /* errno of a failed read, sticky */
	uint32_t crc;  /* of what submission_end counts */
	long received; /* octets of content so far */
	bool chunked;  /* to be set after maildrop_open(): it is a pipe */
	bool ended;    /* the chunk of length 0 has come */
	size_t chunk;  /* what is left of the current one */
};

void maildrop_open(struct maildrop_reader *, ssize_t (*read)(void *ctx, void *, size_t), void *ctx);
void maildrop_close(struct maildrop_reader *);

/* FATE_LATER: a read failed; FATE_NEVER: malformed, *why says how.  *out is to be freed in any case. */
enum fate maildrop_read(struct maildrop_reader *, struct arena *, struct maildrop *out, struct verdict *why);
void maildrop_free(struct maildrop *);

/* Some content, valid until the next call; 0: the end, -1: errno (EPIPE: the pipe ends before its last chunk). */
ssize_t maildrop_content(struct maildrop_reader *, const char **bytes);
/* At the end: are content and records what submission_end says? */
bool maildrop_whole(const struct maildrop_reader *, const struct maildrop *);

/* NULL, or what is wrong with the values of a record, as a reason ("sender address is too long"). */
const char *maildrop_mail_wrong(const struct submission_mail *);
const char *maildrop_rcpt_wrong(const struct submission_rcpt *);

/* A record as bytes. */
void maildrop_put(struct buf *, const struct msg *, const void *rec);
/* The head of a chunk. */
void maildrop_chunk(unsigned char out[4], size_t len);
enum { MAILDROP_CHUNK_MAX = 1 << 20 };
/* submission_end with a fixed width, to be overwritten when size and CRC are known. */
void maildrop_put_end(struct buf *, long size, uint32_t crc);

#endif
