/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qfile_disk - the fixed parts of a queue file as bytes, and back.
 *
 * Inside of qfile only.  Pure functions: no file, no clock.  What get
 * functions return has been checked by its CRC and by bounds; nothing from a
 * file is used before.
 */
#ifndef MAIL_QFILE_DISK_H
#define MAIL_QFILE_DISK_H

#include "lib/mail/qfile.h"
#include "lib/mail/queueid.h"

#define QFILE_MAGIC "SALLYQF\n"

enum { DISK_MESSAGE = 0xffffffff /* number of the slot of the message as a whole */ };
enum { DISK_FORCED_EXPIRE = 1 }; /* flag of that slot; its attempt_us is the time of the delay notice */

struct disk_super {
	uint32_t version;
	uint64_t trailer_at; /* 0: never committed */
	char id[QUEUEID_MAX];
};
void disk_super_put(unsigned char out[QFILE_SUPER], const struct disk_super *);
/* GOOD, NEWER or DAMAGED; the form of the superblock is the same in all versions. */
enum qfile_state disk_super_get(struct disk_super *, const unsigned char in[QFILE_SUPER]);
/* n < QFILE_SUPER bytes: could they be the start of a superblock? */
bool disk_super_begins(const unsigned char *in, size_t n);

/* Places in the order in which they stand in the file, without gaps but the one before a second body. */
struct disk_trailer {
	uint64_t trailer_at;
	uint64_t body_at, body_len;
	uint64_t header_at, header_len;
	uint64_t envelope_at, envelope_len;
	uint64_t attributes_at, attributes_len;
	uint64_t rcpts_at, rcpts_len; /* with the NULs behind them */
	uint64_t slots_at, nrcpts;    /* nrcpts + 1 slots, the message's first */
	uint32_t super_crc;	      /* without its own CRC: with that, any would give the same */
	uint32_t header_crc, envelope_crc, body_crc;
	uint32_t nattributes;
};
void disk_trailer_put(unsigned char out[QFILE_TRAILER], const struct disk_trailer *);
bool disk_trailer_get(struct disk_trailer *, const unsigned char in[QFILE_TRAILER]); /* CRC, magic, spare words */
/* Do the places fit each other, the trailer's place and the limits?  Says why not, NULL if they do. */
const char *disk_trailer_wrong(const struct disk_trailer *, uint64_t at);

void disk_slot_put(unsigned char out[QFILE_SLOT], uint32_t number, const struct slot *);
bool disk_slot_get(struct slot *, const unsigned char in[QFILE_SLOT], uint32_t number);

/* Head of a history record at a place of the file; len counts what follows: text and one '\n'. */
struct disk_record {
	uint32_t len, crc;
};
void disk_record_put(unsigned char out[QFILE_RECORD], const struct disk_record *, uint64_t at);
bool disk_record_get(struct disk_record *, const unsigned char in[QFILE_RECORD], uint64_t at);

#endif
