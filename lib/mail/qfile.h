/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qfile - the queue file: one file is the whole truth about a message.
 *
 *	superblock	QFILE_SUPER bytes: magic, version, queue id, place of the trailer (0: never committed)
 *	body		as it goes over the wire: CRLF lines, dots not stuffed; contiguous
 *	header		likewise, each field with its CRLF, without the blank line
 *	envelope	record "envelope"
 *	attributes	free ones, name=value NUL ...
 *	recipients	records "recipient", one after the other; NULs up to a multiple of QFILE_SLOT
 *	slots		QFILE_SLOT bytes each, overwritten in place: one for the message as a whole, one per recipient
 *	trailer		QFILE_TRAILER bytes: places and lengths, CRC-32C of superblock, header,
 *			envelope with attributes and recipients, and body, and of itself
 *	history		appended: magic, length, CRC-32C of text and head, text of the record "history"
 *
 * sallyport-queue(5) has every byte.  Integers are little-endian.  A slot
 * carries its number and a CRC and never crosses a disk sector.  The slot
 * decides, the history explains.  A body replaced by an edit is written as a
 * second run behind the first; the trailer names the valid one.
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
 *	qfile_mark(q, 0, SLOT_DELIVERED, 0, &history_record, &why);
 *	qfile_free(&q);
 *
 * Errors: full disk (or quota) is FATE_LATER with 4.3.1, others FATE_LATER
 * 4.3.0, and the log has the system's words.  What can never be stored (more
 * than the limits below, a line break inside an address) is FATE_NEVER.
 *
 * A qfile or writer belongs to one thread at a time; there is nothing shared.
 */
#ifndef MAIL_QFILE_H
#define MAIL_QFILE_H

#include "lib/base/verdict.h"

#include <stdint.h>
#define MSG_DEF "lib/mail/qfile.def"
#include "lib/ipc/message.h"

enum { QFILE_VERSION = 1, QFILE_SUPER = 64, QFILE_SLOT = 64, QFILE_TRAILER = 160, QFILE_RECORD = 16 /* its head */ };

/* Limits of one file. */
enum {
	QFILE_RCPTS_MAX = 1 << 20,	/* recipients */
	QFILE_RCPT_MAX = 65536,		/* bytes of one recipient record */
	QFILE_ENVELOPE_MAX = 1 << 20,	/* bytes of the envelope record and, apart from that, of all attributes */
	QFILE_HISTORY_MAX = 16384,	/* bytes of one history record; longer texts are shortened */
	QFILE_RCPT_BYTES_MAX = 1 << 30, /* bytes of all recipient records */
};

enum slot_state { SLOT_OPEN, SLOT_DELIVERED, SLOT_FAILED, SLOT_NOTIFIED, SLOT_REMOVED };
enum slot_flags {
	SLOT_NOTICE_OWED = 1, /* set with SLOT_FAILED, and with SLOT_DELIVERED for NOTIFY=SUCCESS */
};
extern const char *const slot_state_names[]; /* "open" ... */

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
	const char *header; /* bytes, or NULL: header_fd has them (spilled), from its offset 0 */
	size_t header_len;
	int header_fd;
};

/*
 * O_EXCL, mode 0600, exclusive flock until qfile_writer_free(): free the
 * writer before you tell qmgr.  EEXIST is reported like any error (4.3.0):
 * make another id.  A small body stays in memory, and all of the file is one
 * write; a large one is streamed.
 */
struct qfile_writer;
struct qfile_writer *qfile_create(int dir, const char *id, struct verdict *why);
/* The same, but there is no file before something must be written: by qfile_finish(), or when the body outgrows memory. */
struct qfile_writer *qfile_begin(int dir, const char *id);
bool qfile_body(struct qfile_writer *, const void *, size_t n); /* false: qfile_commit() will say why */
void qfile_body_again(struct qfile_writer *);			/* what follows replaces the body so far */
long qfile_body_len(const struct qfile_writer *);
/* Once.  After anything but FATE_OK the file is worth nothing: free the writer. */
enum fate qfile_commit(struct qfile_writer *, const struct qfile_content *, struct verdict *why);
/*
 * The same in its parts, for who has something to do before the flush.
 * qfile_finish() writes everything; qfile_show() makes the lock a shared one,
 * so that agents may hold it, too; then either qfile_flush() makes it durable,
 * or, once somebody else has removed the file because all is done,
 * qfile_leave() leaves it to him.
 *
 * A small one can do without a file for as long: after qfile_in_memory()
 * qfile_finish() writes to memory that nobody can change afterwards, whose
 * descriptor is qfile_writer_fd(), and only qfile_flush() makes the file.  What
 * qfile_in_memory() cannot do (false) goes to the disk as ever.
 */
bool qfile_in_memory(struct qfile_writer *);
int qfile_writer_fd(const struct qfile_writer *); /* -1: it is a file of the queue */
enum fate qfile_finish(struct qfile_writer *, const struct qfile_content *, struct verdict *why);
void qfile_show(struct qfile_writer *);
enum fate qfile_flush(struct qfile_writer *, struct verdict *why);
void qfile_leave(struct qfile_writer *);
void qfile_writer_free(struct qfile_writer **);

/* What stands in a file; the order is that of the checks. */
enum qfile_state {
	QFILE_GOOD,
	QFILE_UNREADABLE, /* could not be opened or read: gone or a system error, not damage */
	QFILE_UNFINISHED, /* ends before its trailer: was never accepted (in other queues than incoming: damage) */
	QFILE_NEWER,	  /* a later format version: leave it alone */
	QFILE_DAMAGED,	  /* to corrupt/ with it */
};
enum qfile_mode { QFILE_READ, QFILE_WRITE };

/*
 * NULL: *state and *why say what is wrong.  Checks all CRCs but the body's,
 * slots and history included.  A torn last history record (power loss) is cut
 * off in WRITE mode, ignored in READ mode.
 *
 * Neither looks at locks.  A file whose lock somebody holds (qfile_busy()) is
 * still being written, in incoming/ even when it is GOOD, or an agent has it.
 */
struct qfile;
struct qfile *qfile_open(int dir, const char *path, enum qfile_mode, enum qfile_state *state, struct verdict *why);
struct qfile *
qfile_open_fd(int fd, enum qfile_mode, enum qfile_state *state, struct verdict *why); /* owns fd on success */
void qfile_free(struct qfile **);
bool qfile_busy(const struct qfile *); /* a writer or an agent holds its flock; takes no lock itself */

/*
 * A file that qfile_open() called UNFINISHED goes away, unless its writer
 * still holds the lock or has finished it meanwhile: false then, or on a
 * system error, with *why.
 */
bool qfile_remove_unfinished(int dir, const char *path, struct verdict *why);

int qfile_fd(const struct qfile *);
int qfile_version(const struct qfile *);
const char *qfile_id(const struct qfile *); /* as it was created; a file in lost+found still has it */
const struct envelope *qfile_envelope(const struct qfile *);
const struct qfile_attribute *qfile_attributes(const struct qfile *, size_t *n);
struct qfile_place qfile_header(const struct qfile *);
struct qfile_place qfile_body_place(const struct qfile *);
long qfile_size(const struct qfile *);	   /* octets of the message: header, blank line, body */
long qfile_modified(const struct qfile *); /* its mtime when it was opened: a deferred message's next attempt */
size_t qfile_nrcpts(const struct qfile *);
bool qfile_slot(const struct qfile *, size_t i, struct slot *out); /* false: slot damaged since, or I/O error */
bool qfile_slots(const struct qfile *, size_t first, size_t n, struct slot *out); /* a slice, one read */
bool qfile_rcpt(const struct qfile *, const struct slot *, struct arena *, struct recipient *out, struct verdict *why);
/* The recipients of a slice of slots as qfile_slots() gave it, one read: what qmgr takes up large messages with. */
bool qfile_rcpts(
    const struct qfile *, const struct slot *, size_t n, struct arena *, struct recipient *out, struct verdict *why);
bool qfile_body_ok(const struct qfile *); /* reads the body and checks its CRC */

/*
 * Put a slot into a state, attempts + 1 when the record has a verdict (code
 * not 0), and append the record before that (rec may be NULL; its number is
 * i whatever it says).  When there is no room for the record the slot is
 * marked all the same: it decides; the log tells.  Not yet durable: see
 * qmgr's commit thread.
 */
bool
qfile_mark(struct qfile *, size_t i, enum slot_state, unsigned flags, const struct history *rec, struct verdict *why);
bool qfile_note(struct qfile *, const struct history *rec, struct verdict *why); /* message-wide: number -1 */

/*
 * The two facts of the envelope that change; they are kept in the slot of the
 * message as a whole, and qfile_envelope() shows them.
 */
bool qfile_set_forced_expire(struct qfile *, struct verdict *why);
bool qfile_set_delay_notice(struct qfile *, long us, struct verdict *why);

/* The history from its start; false at its end, or when a record cannot be read or decoded. */
struct qfile_cursor {
	long at; /* 0: the start; then the place behind the last record */
};
bool qfile_history(const struct qfile *, struct qfile_cursor *, struct arena *, struct history *out);
/* The record that a slot's history_at names; false: none, or lost in a power failure. */
bool qfile_history_at(const struct qfile *, uint64_t at, struct arena *, struct history *out);

/* Is the history larger than history_size_limit, and would qfile_compact() make it much smaller? */
bool qfile_history_due(const struct qfile *, long limit);
/*
 * A compacted copy (first and last record of each recipient, and of the
 * message as a whole) replaces the file, with its owner, mode and mtime:
 * fsync, rename, fsync of the folder.  Only while no agent has the file.  On
 * failure *q and the file stay as they were.  The copy is made as
 * path + QFILE_COMPACT_SUFFIX: no queue id, to be removed by who finds one.
 */
#define QFILE_COMPACT_SUFFIX ".compact"
bool qfile_compact(struct qfile **, int dir, const char *path, struct verdict *why);

#endif
