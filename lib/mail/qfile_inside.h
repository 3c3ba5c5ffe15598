/* SPDX-License-Identifier: Apache-2.0 */
/* qfile_inside - what the files of qfile share; for nobody else. */
#ifndef MAIL_QFILE_INSIDE_H
#define MAIL_QFILE_INSIDE_H

#include "lib/mail/qfile_disk.h"

enum { QFILE_SLOTS_KEPT = 64 }; /* so many slots of an open file are held in memory */

/* Bytes of the file as they were read when it was opened: good for what never changes afterwards. */
struct qfile_seen {
	char *bytes;
	long at, len;
};

struct qfile {
	int fd;
	enum qfile_mode mode;
	char *path; /* for messages */
	struct disk_super super;
	struct disk_trailer places;
	long history_at, history_end;
	size_t nrecords; /* in the history */
	bool stale;	 /* slots name records that are not there */
	struct envelope envelope;
	struct qfile_attribute *attributes;
	struct slot message;
	long modified;
	struct qfile_seen seen; /* for readers */
	struct slot *kept;	/* all slots, when there are at most QFILE_SLOTS_KEPT */
	struct arena mem;
};

/* The system's error as a verdict: 4.3.1 for a full disk; logged with what was tried ("active/4g9x: append"). */
enum fate qfile_trouble(struct verdict *, int error, const char *path, const char *what);

/* A string of the record that has a line break: its field's name; NULL: none. */
const char *qfile_broken_field(const struct msg *, const void *rec);

/* Slot number i of the file, DISK_MESSAGE is the message's. */
long qfile_slot_at(const struct qfile *, uint32_t number);
/* history_at is 0 when it names what is not there. */
bool qfile_slot_read(const struct qfile *, uint32_t number, struct slot *out);
bool qfile_slot_write(struct qfile *, uint32_t number, const struct slot *, struct verdict *why);

/* n bytes at a place where nothing is overwritten: not for slots. */
bool qfile_bytes(const struct qfile *, void *to, size_t n, long at);

/* What follows a history record's head, and its checks. */
bool qfile_record_read(const struct qfile *, long at, struct buf *text, long *next);

/*
 * Walks the history of a file whose size is size: sets history_end and nrecords.  seen: all of it, if it was read
 * already; else NULL.  NULL: good; else what is wrong.
 */
const char *qfile_history_check(struct qfile *, const char *seen, long size, int *error);

#endif
