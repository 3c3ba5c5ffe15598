/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/qfile_disk.h"

#include "lib/base/text.h"

#include <limits.h>
#include <string.h>

#define TRAILER_MAGIC "SALLYEND"
#define RECORD_MAGIC  "hist"

/* A cursor over a fixed part. */
static void
put(unsigned char **p, uint64_t value, int bytes)
{
	for (; bytes > 0; bytes--, value >>= 8)
		*(*p)++ = value & 0xff;
}

static uint64_t
get(const unsigned char **p, int bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < bytes; i++)
		value |= (uint64_t) * (*p)++ << 8 * i;
	return value;
}

/* Every fixed part ends with the CRC of what precedes it. */
static void
seal(unsigned char *part, size_t size)
{
	unsigned char *p = part + size - 4;

	put(&p, crc32c(0, part, size - 4), 4);
}

static bool
sealed(const unsigned char *part, size_t size)
{
	const unsigned char *p = part + size - 4;

	return get(&p, 4) == crc32c(0, part, size - 4);
}

/* 8 magic, 4 version, 4 spare, 8 place of the trailer, 32 queue id, 4 spare, 4 CRC */
void
disk_super_put(unsigned char out[QFILE_SUPER], const struct disk_super *s)
{
	unsigned char *p = out + 8;

	memset(out, 0, QFILE_SUPER);
	memcpy(out, QFILE_MAGIC, 8);
	put(&p, s->version, 4);
	put(&p, 0, 4);
	put(&p, s->trailer_at, 8);
	memcpy(p, s->id, strnlen(s->id, QUEUEID_MAX - 1));
	seal(out, QFILE_SUPER);
}

enum qfile_state
disk_super_get(struct disk_super *s, const unsigned char in[QFILE_SUPER])
{
	const unsigned char *p = in + 8;

	if (memcmp(in, QFILE_MAGIC, 8) != 0 || !sealed(in, QFILE_SUPER))
		return QFILE_DAMAGED;
	s->version = (uint32_t)get(&p, 4);
	if (s->version > QFILE_VERSION)
		return QFILE_NEWER;
	p += 4;
	s->trailer_at = get(&p, 8);
	memcpy(s->id, p, QUEUEID_MAX);
	return s->version == 0 || memchr(s->id, '\0', QUEUEID_MAX) == NULL ? QFILE_DAMAGED : QFILE_GOOD;
}

bool
disk_super_begins(const unsigned char *in, size_t n)
{
	return memcmp(in, QFILE_MAGIC, n < 8 ? n : 8) == 0;
}

/* 8 magic, 13 words of 8, 16 spare, 5 words of 4, 8 spare, 4 CRC */
void
disk_trailer_put(unsigned char out[QFILE_TRAILER], const struct disk_trailer *t)
{
	const uint64_t places[] = { t->trailer_at, t->body_at, t->body_len, t->header_at, t->header_len, t->envelope_at,
		t->envelope_len, t->attributes_at, t->attributes_len, t->rcpts_at, t->rcpts_len, t->slots_at,
		t->nrcpts };
	const uint32_t words[] = { t->super_crc, t->header_crc, t->envelope_crc, t->body_crc, t->nattributes };
	unsigned char *p = out + 8;

	memset(out, 0, QFILE_TRAILER);
	memcpy(out, TRAILER_MAGIC, 8);
	for (size_t i = 0; i < NITEMS(places); i++)
		put(&p, places[i], 8);
	p += 16;
	for (size_t i = 0; i < NITEMS(words); i++)
		put(&p, words[i], 4);
	seal(out, QFILE_TRAILER);
}

bool
disk_trailer_get(struct disk_trailer *t, const unsigned char in[QFILE_TRAILER])
{
	uint64_t *const places[] = { &t->trailer_at, &t->body_at, &t->body_len, &t->header_at, &t->header_len,
		&t->envelope_at, &t->envelope_len, &t->attributes_at, &t->attributes_len, &t->rcpts_at, &t->rcpts_len,
		&t->slots_at, &t->nrcpts };
	uint32_t *const words[] = { &t->super_crc, &t->header_crc, &t->envelope_crc, &t->body_crc, &t->nattributes };
	const unsigned char *p = in + 8;

	if (memcmp(in, TRAILER_MAGIC, 8) != 0 || !sealed(in, QFILE_TRAILER))
		return false;
	for (size_t i = 0; i < NITEMS(places); i++)
		*places[i] = get(&p, 8);
	p += 16;
	for (size_t i = 0; i < NITEMS(words); i++)
		*words[i] = (uint32_t)get(&p, 4);
	return true;
}

const char *
disk_trailer_wrong(const struct disk_trailer *t, uint64_t at)
{
	/* Each at most the trailer's place, which the file's size bounds: so no sum below can overflow. */
	const uint64_t all[] = { t->body_at, t->body_len, t->header_at, t->header_len, t->envelope_at, t->envelope_len,
		t->attributes_at, t->attributes_len, t->rcpts_at, t->rcpts_len, t->slots_at };

	if (t->trailer_at != at || at > LONG_MAX)
		return "trailer is not where it says";
	for (size_t i = 0; i < NITEMS(all); i++)
		if (all[i] > at)
			return "a section lies beyond the trailer";
	if (t->nrcpts > QFILE_RCPTS_MAX || t->envelope_len > QFILE_ENVELOPE_MAX ||
	    t->attributes_len > QFILE_ENVELOPE_MAX || t->rcpts_len > QFILE_RCPT_BYTES_MAX)
		return "a section is too large";
	if (t->body_at < QFILE_SUPER || t->header_at < t->body_at || t->header_at - t->body_at != t->body_len ||
	    t->envelope_at < t->header_at || t->envelope_at - t->header_at != t->header_len ||
	    t->attributes_at < t->envelope_at || t->attributes_at - t->envelope_at != t->envelope_len ||
	    t->rcpts_at < t->attributes_at || t->rcpts_at - t->attributes_at != t->attributes_len ||
	    t->slots_at < t->rcpts_at || t->slots_at - t->rcpts_at != t->rcpts_len || t->slots_at % QFILE_SLOT != 0 ||
	    at - t->slots_at != (t->nrcpts + 1) * QFILE_SLOT)
		return "sections do not follow each other";
	return NULL;
}

/* 4 number, 1 state, 1 spare, 2 flags, 4 attempts, 4 record length, 8 record, 8 history, 8 time, 20 spare, 4 CRC */
void
disk_slot_put(unsigned char out[QFILE_SLOT], uint32_t number, const struct slot *s)
{
	unsigned char *p = out;

	memset(out, 0, QFILE_SLOT);
	put(&p, number, 4);
	put(&p, s->state, 1);
	put(&p, 0, 1);
	put(&p, s->flags, 2);
	put(&p, s->attempts, 4);
	put(&p, s->rcpt_len, 4);
	put(&p, s->rcpt_at, 8);
	put(&p, s->history_at, 8);
	put(&p, (uint64_t)s->attempt_us, 8);
	seal(out, QFILE_SLOT);
}

bool
disk_slot_get(struct slot *s, const unsigned char in[QFILE_SLOT], uint32_t number)
{
	const unsigned char *p = in;
	uint64_t state;

	if (!sealed(in, QFILE_SLOT) || get(&p, 4) != number || (state = get(&p, 1)) > SLOT_REMOVED)
		return false;
	p++;
	s->state = (enum slot_state)state;
	s->flags = (unsigned)get(&p, 2);
	s->attempts = (unsigned)get(&p, 4);
	s->rcpt_len = (uint32_t)get(&p, 4);
	s->rcpt_at = get(&p, 8);
	s->history_at = get(&p, 8);
	s->attempt_us = (long)get(&p, 8);
	return true;
}

/* The head's CRC covers its place too, so that bytes which were copied elsewhere are no record. */
static uint32_t
head_crc(const unsigned char head[QFILE_RECORD], uint64_t at)
{
	unsigned char place[8], *p = place;

	put(&p, at, 8);
	return crc32c(crc32c(0, head, QFILE_RECORD - 4), place, sizeof(place));
}

/* 4 magic, 4 length, 4 CRC of what follows, 4 CRC of the head */
void
disk_record_put(unsigned char out[QFILE_RECORD], const struct disk_record *r, uint64_t at)
{
	unsigned char *p = out + 4;

	memcpy(out, RECORD_MAGIC, 4);
	put(&p, r->len, 4);
	put(&p, r->crc, 4);
	put(&p, head_crc(out, at), 4);
}

bool
disk_record_get(struct disk_record *r, const unsigned char in[QFILE_RECORD], uint64_t at)
{
	const unsigned char *p = in + 4;

	r->len = (uint32_t)get(&p, 4);
	r->crc = (uint32_t)get(&p, 4);
	return memcmp(in, RECORD_MAGIC, 4) == 0 && get(&p, 4) == head_crc(in, at) && r->len > 0 &&
	    r->len <= QFILE_HISTORY_MAX;
}
