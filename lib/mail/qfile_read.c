/* SPDX-License-Identifier: Apache-2.0 */
/* What an open queue file says. */
#include "lib/mail/qfile_inside.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 65536, SLOT_TRIES = 5, SLOTS_AT_ONCE = 64 };

const char *const slot_state_names[] = { "open", "delivered", "failed", "notified", "removed" };

enum fate
qfile_trouble(struct verdict *why, int error, const char *path, const char *what)
{
	if (error != ENOENT)
		log_warn("%s: %s: %s", path, what, strerror(error));
	if (error == ENOSPC || error == EDQUOT)
		return later(why, "4.3.1", "Insufficient system storage");
	return later(why, "4.3.0", "%s: %s: %s", path, what, strerror(error));
}

const char *
qfile_broken_field(const struct msg *m, const void *rec)
{
	for (size_t i = 0; i < m->n; i++) {
		const char *s;

		if (m->rows[i].type != F_STR)
			continue;
		s = *(const char *const *)(const void *)((const char *)rec + m->rows[i].at);
		if (s != NULL && s[0] != '\0' && strpbrk(s, "\r\n") != NULL)
			return m->rows[i].name;
	}
	return NULL;
}

int
qfile_fd(const struct qfile *q)
{
	return q->fd;
}

int
qfile_version(const struct qfile *q)
{
	return (int)q->super.version;
}

const char *
qfile_id(const struct qfile *q)
{
	return q->super.id;
}

const struct envelope *
qfile_envelope(const struct qfile *q)
{
	return &q->envelope;
}

const struct qfile_attribute *
qfile_attributes(const struct qfile *q, size_t *n)
{
	*n = q->places.nattributes;
	return q->attributes;
}

struct qfile_place
qfile_header(const struct qfile *q)
{
	return (struct qfile_place){ (long)q->places.header_at, (long)q->places.header_len };
}

struct qfile_place
qfile_body_place(const struct qfile *q)
{
	return (struct qfile_place){ (long)q->places.body_at, (long)q->places.body_len };
}

long
qfile_size(const struct qfile *q)
{
	return (long)(q->places.header_len + 2 + q->places.body_len);
}

size_t
qfile_nrcpts(const struct qfile *q)
{
	return q->places.nrcpts;
}

long
qfile_slot_at(const struct qfile *q, uint32_t number)
{
	return (long)q->places.slots_at + (number == DISK_MESSAGE ? 0 : ((long)number + 1) * QFILE_SLOT);
}

long
qfile_modified(const struct qfile *q)
{
	return q->modified;
}

bool
qfile_bytes(const struct qfile *q, void *to, size_t n, long at)
{
	const struct qfile_seen *s = &q->seen;

	if (s->bytes == NULL || at < s->at || at > s->at + s->len || n > (size_t)(s->at + s->len - at))
		return file_pread_all(q->fd, to, n, at);
	memcpy(to, s->bytes + (at - s->at), n);
	return true;
}

static void
settle(const struct qfile *q, struct slot *s)
{
	if (s->history_at >= (uint64_t)q->history_end)
		s->history_at = 0;
}

bool
qfile_slot_read(const struct qfile *q, uint32_t number, struct slot *out)
{
	unsigned char in[QFILE_SLOT];
	struct slot slot;

	/* A reader may meet a slot that is just being overwritten. */
	for (int tries = 0; tries < SLOT_TRIES; tries++) {
		if (!file_pread_all(q->fd, in, sizeof(in), qfile_slot_at(q, number))) {
			log_warn("%s: read a slot: %s", q->path, strerror(errno));
			return false;
		}
		if (disk_slot_get(&slot, in, number)) {
			settle(q, &slot);
			*out = slot;
			return true;
		}
	}
	return false;
}

bool
qfile_slot(const struct qfile *q, size_t i, struct slot *out)
{
	must_hold(i < q->places.nrcpts);
	if (q->kept == NULL)
		return qfile_slot_read(q, (uint32_t)i, out);
	*out = q->kept[i];
	return true;
}

static bool
read_slots(const struct qfile *q, size_t first, size_t n, struct slot *out)
{
	unsigned char *in = mem_alloc(n * QFILE_SLOT);
	bool ok = file_pread_all(q->fd, in, n * QFILE_SLOT, qfile_slot_at(q, (uint32_t)first));

	if (!ok)
		log_warn("%s: read slots: %s", q->path, strerror(errno));
	for (size_t i = 0; ok && i < n; i++) {
		if (disk_slot_get(&out[i], in + i * QFILE_SLOT, (uint32_t)(first + i)))
			settle(q, &out[i]);
		else
			ok = qfile_slot_read(q, (uint32_t)(first + i), &out[i]);
	}
	free(in);
	return ok;
}

bool
qfile_slots(const struct qfile *q, size_t first, size_t n, struct slot *out)
{
	must_hold(first <= q->places.nrcpts && n <= q->places.nrcpts - first);
	if (n == 0)
		return true;
	if (q->kept == NULL)
		return read_slots(q, first, n, out);
	memcpy(out, q->kept + first, n * sizeof(*out));
	return true;
}

static bool
decode_rcpt(
    const struct qfile *q, const char *text, size_t n, struct arena *mem, struct recipient *out, struct verdict *why)
{
	const struct msg *m = recipient_msg();
	const char *wrong;

	if (!record_get(m->rows, m->n, text, n, (int)q->super.version, mem, out, &wrong)) {
		later(why, "4.3.0", "%s: recipient: %s", q->path, wrong);
		return false;
	}
	if ((wrong = qfile_broken_field(m, out)) != NULL) {
		later(why, "4.3.0", "%s: recipient: line break in %s", q->path, wrong);
		return false;
	}
	return true;
}

/* From the first record of the slice to its last; 0: a slot is not one of this file, or the slice is too long. */
static size_t
span(const struct qfile *q, const struct slot *s, size_t n, uint64_t *at)
{
	const uint64_t begin = q->places.rcpts_at, end = begin + q->places.rcpts_len;
	uint64_t first = end, last = begin;

	for (size_t i = 0; i < n; i++) {
		if (s[i].rcpt_at < begin || s[i].rcpt_at >= end || s[i].rcpt_len > end - s[i].rcpt_at)
			return 0;
		if (s[i].rcpt_at < first)
			first = s[i].rcpt_at;
		if (s[i].rcpt_at + s[i].rcpt_len > last)
			last = s[i].rcpt_at + s[i].rcpt_len;
	}
	*at = first;
	return last > first ? (size_t)(last - first) : 0;
}

bool
qfile_rcpts(const struct qfile *q, const struct slot *s, size_t n, struct arena *mem, struct recipient *out,
    struct verdict *why)
{
	bool ok = true;
	uint64_t at;
	size_t len;
	char *text;

	if (n == 0)
		return true;
	if ((len = span(q, s, n, &at)) == 0) {
		later(why, "4.3.0", "%s: a slot points outside the recipients", q->path);
		return false;
	}
	if ((text = malloc(len)) == NULL || !qfile_bytes(q, text, len, (long)at)) {
		qfile_trouble(why, errno, q->path, "read recipients");
		ok = false;
	}
	for (size_t i = 0; ok && i < n; i++)
		ok = decode_rcpt(q, text + (s[i].rcpt_at - at), s[i].rcpt_len, mem, &out[i], why);
	free(text);
	return ok;
}

bool
qfile_rcpt(const struct qfile *q, const struct slot *s, struct arena *mem, struct recipient *out, struct verdict *why)
{
	return qfile_rcpts(q, s, 1, mem, out, why);
}

bool
qfile_body_ok(const struct qfile *q)
{
	char *piece = mem_alloc(PIECE);
	uint64_t at = q->places.body_at, left = q->places.body_len;
	uint32_t crc = 0;
	bool ok = true;

	while (ok && left > 0) {
		size_t n = left < PIECE ? (size_t)left : PIECE;

		if ((ok = file_pread_all(q->fd, piece, n, (off_t)at)))
			crc = crc32c(crc, piece, n);
		else
			log_warn("%s: read the body: %s", q->path, strerror(errno));
		at += n;
		left -= n;
	}
	free(piece);
	return ok && crc == q->places.body_crc;
}
