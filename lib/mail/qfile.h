/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qfile - the queue file: one file is the whole truth about a message.
 *
 *	superblock	QFILE_SUPER bytes: magic, version, place of the trailer (0: never committed)
 *	body		as it goes over the wire: CRLF lines, dots not stuffed; contiguous
 *	header		likewise, each field with its CRLF, without the blank line
 *	envelope	record "envelope", then free attributes (name=value NUL ...)
 *	recipients	records "recipient", one after the other
 *	slots		QFILE_SLOT bytes each, one per recipient, overwritten in place
 *	trailer		QFILE_TRAILER bytes: places and lengths, CRC-32C of superblock, header,
 *			envelope with recipients, and body, and of itself
 *	history		appended: magic, length, CRC-32C, record "history"
 *
 * Integers are little-endian.  A slot carries its own CRC.  The slot decides,
 * the history explains.  A body replaced by an edit is written as a second run
 * behind the first; the trailer names the valid one.
 *
 * Who writes: cleanup creates (qfile_create .. qfile_commit); after that only
 * qmgr (and postsuper when qmgr does not run) marks slots and appends.
 *
 *	struct qfile_writer *w = qfile_create(incoming_fd, id, &why);
 *	qfile_body(w, bytes, n); ...
 *	if (qfile_commit(w, &content, &why) != FATE_OK)		(durable when FATE_OK)
 *		...
 *	qfile_writer_free(&w);			(not committed: the file is removed)
 *
 *	struct qfile *q = qfile_open(dirfd, "active/4g9x...", QFILE_WRITE, &state, &why);
 *	qfile_mark(q, 0, SLOT_DELIVERED, &history_record, &why);
 *	qfile_free(&q);
 *
 * Errors: full disk is FATE_LATER with 4.3.1, others FATE_LATER 4.3.0.
 */
#ifndef MAIL_QFILE_H
#define MAIL_QFILE_H

#include "lib/base/verdict.h"

#include <stdint.h>
#define MSG_DEF "lib/mail/qfile.def"
#include "lib/ipc/message.h"

enum { QFILE_VERSION = 1, QFILE_SUPER = 64, QFILE_SLOT = 48, QFILE_TRAILER = 160 };

enum slot_state { SLOT_OPEN, SLOT_DELIVERED, SLOT_FAILED, SLOT_NOTIFIED, SLOT_REMOVED };
enum slot_flags { SLOT_NOTICE_OWED = 1 }; /* set with SLOT_FAILED, and with SLOT_DELIVERED for NOTIFY=SUCCESS */

struct slot {
	enum slot_state state;
	unsigned flags, attempts;
	uint64_t rcpt_at; /* the recipient record */
	uint32_t rcpt_len;
	uint64_t history_at; /* the last history record of this recipient; 0: none */
	long attempt_us;     /* when the last attempt ended */
};
struct qfile_place {
	long at, len;
};
struct qfile_attribute {
	const char *name, *value;
};

/* What cleanup hands over at commit. */
struct qfile_content {
	const struct envelope *envelope;
	const struct qfile_attribute *attributes;
	size_t nattributes;
	const struct recipient *rcpts;
	size_t nrcpts;
	const char *header; /* bytes, or NULL: header_fd has them (spilled) */
	size_t header_len;
	int header_fd;
};

struct qfile_writer;
struct qfile_writer *qfile_create(int dir, const char *id, struct verdict *why); /* O_EXCL, exclusive flock */
bool qfile_body(struct qfile_writer *, const void *, size_t n); /* false: qfile_commit() will say why */
void qfile_body_again(struct qfile_writer *);			/* what follows replaces the body so far */
long qfile_body_len(const struct qfile_writer *);
enum fate qfile_commit(struct qfile_writer *, const struct qfile_content *, struct verdict *why);
void qfile_writer_free(struct qfile_writer **);

/* What stands in a file; the order is that of the checks. */
enum qfile_state {
	QFILE_GOOD,
	QFILE_UNREADABLE, /* could not be opened or read; why->text, errno-like: gone or a system error, not damage */
	QFILE_UNFINISHED, /* ends before its trailer: was never accepted */
	QFILE_NEWER,	  /* a later format version: leave it alone */
	QFILE_DAMAGED,	  /* to corrupt/ with it */
};
enum qfile_mode { QFILE_READ, QFILE_WRITE };

struct qfile;
/* NULL: *state and *why say what is wrong.  Checks all CRCs but the body's; a torn last history record is cut off in WRITE mode, ignored in READ mode. */
struct qfile *qfile_open(int dir, const char *path, enum qfile_mode, enum qfile_state *state, struct verdict *why);
struct qfile *
qfile_open_fd(int fd, enum qfile_mode, enum qfile_state *state, struct verdict *why); /* owns fd on success */
void qfile_free(struct qfile **);

int qfile_fd(const struct qfile *);
const struct envelope *qfile_envelope(const struct qfile *);
const struct qfile_attribute *qfile_attributes(const struct qfile *, size_t *n);
struct qfile_place qfile_header(const struct qfile *);
struct qfile_place qfile_body_place(const struct qfile *);
long qfile_size(const struct qfile *); /* octets of the message: header, blank line, body */
size_t qfile_nrcpts(const struct qfile *);
bool qfile_slot(const struct qfile *, size_t i, struct slot *out);		  /* false: slot damaged */
bool qfile_slots(const struct qfile *, size_t first, size_t n, struct slot *out); /* a slice, one read */
bool qfile_rcpt(const struct qfile *, const struct slot *, struct arena *, struct recipient *out, struct verdict *why);
bool qfile_body_ok(const struct qfile *); /* reads the body and checks its CRC */

/*
 * Put a slot into a state, attempts + 1 when the record has a verdict, and
 * append the record before that (rec may be NULL).  Not yet durable: see
 * qmgr's commit thread.
 */
bool
qfile_mark(struct qfile *, size_t i, enum slot_state, unsigned flags, const struct history *rec, struct verdict *why);
bool qfile_note(struct qfile *, const struct history *rec, struct verdict *why); /* message-wide history */
/* Overwrite the two mutable facts of the envelope, kept in the superblock's and trailer's spare words. */
bool qfile_set_forced_expire(struct qfile *, struct verdict *why);

/* The history from its start; false at its end (or at a torn record). */
struct qfile_cursor {
	long at;
};
bool qfile_history(const struct qfile *, struct qfile_cursor *, struct arena *, struct history *out);
bool qfile_history_at(const struct qfile *, uint64_t at, struct arena *, struct history *out);
/* history_size_limit: a compacted copy (first and last attempt of each recipient) replaces the file; fsync, rename. */
bool qfile_compact(struct qfile **, int dir, const char *path, struct verdict *why);

#endif
