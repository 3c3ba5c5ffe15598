/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The history: records one after the other behind the trailer.
 *
 * A power failure can leave the last ones incomplete: the file ends within a
 * record, or sectors that were never written read as zeros.  That is told from
 * damage: no sector's part of a whole record is all zeros, since its head
 * begins with letters, its text has no two NULs in a row, and '\n' ends it.
 */
#include "lib/mail/qfile_inside.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 512, RECORD_TEXT_MAX = 4096, READ_MAX = QFILE_RECORD + QFILE_HISTORY_MAX };

/* Is any part that one sector has of bytes (which stand at that place) all zeros? */
static bool
has_hole(const char *bytes, size_t n, long at)
{
	while (n > 0) {
		size_t part = SECTOR - (size_t)(at % SECTOR), i = 0;

		if (part > n)
			part = n;
		while (i < part && bytes[i] == '\0')
			i++;
		if (i == part)
			return true;
		bytes += part;
		n -= part;
		at += (long)part;
	}
	return false;
}

enum checked { WHOLE, TORN, ALTERED };

/* The record at the start of left bytes at a place; whole ones give their length. */
static enum checked
check_record(const char *bytes, size_t left, long at, size_t *len)
{
	struct disk_record r;
	size_t n = left;

	if (left < QFILE_RECORD)
		return TORN;
	if (disk_record_get(&r, (const unsigned char *)bytes, (uint64_t)at)) {
		n = QFILE_RECORD + (size_t)r.len;
		if (n > left)
			return TORN;
		if (crc32c(0, bytes + QFILE_RECORD, r.len) == r.crc) {
			*len = n;
			return WHOLE;
		}
	}
	return has_hole(bytes, n, at) ? TORN : ALTERED;
}

const char *
qfile_history_check(struct qfile *q, const char *seen, long size, int *error)
{
	enum { WINDOW = 65536 };
	char *window = seen == NULL && q->history_at < size ? mem_alloc(WINDOW) : NULL;
	long at = q->history_at, from = at, have = seen != NULL ? size - at : 0;
	enum checked result = WHOLE;
	size_t len;

	*error = 0;
	q->nrecords = 0;
	while (at < size && result == WHOLE) {
		if (from + have < size && from + have - at < READ_MAX) {
			from = at;
			have = size - at < WINDOW ? size - at : WINDOW;
			if (!file_pread_all(q->fd, window, (size_t)have, at)) {
				*error = errno;
				break;
			}
		}
		result =
		    check_record((seen != NULL ? seen : window) + (at - from), (size_t)(from + have - at), at, &len);
		if (result == WHOLE) {
			at += (long)len;
			q->nrecords++;
		}
	}
	free(window);
	q->history_end = at;
	return *error != 0 ? "history cannot be read" : result == ALTERED ? "history is damaged" : NULL;
}

bool
qfile_record_read(const struct qfile *q, long at, struct buf *text, long *next)
{
	const size_t first = RECORD_TEXT_MAX;
	struct disk_record r;
	size_t n, more;
	char *to;

	buf_clear(text);
	if (at < q->history_at || at >= q->history_end || q->history_end - at < QFILE_RECORD)
		return false;
	n = (size_t)(q->history_end - at) < first ? (size_t)(q->history_end - at) : first;
	if ((to = buf_room(text, n)) == NULL || !qfile_bytes(q, to, n, at))
		return false;
	buf_grew(text, n);
	if (!disk_record_get(&r, (const unsigned char *)text->s, (uint64_t)at) ||
	    (long)r.len > q->history_end - at - QFILE_RECORD)
		return false;
	if (QFILE_RECORD + (size_t)r.len > n) {
		more = QFILE_RECORD + (size_t)r.len - n;
		if ((to = buf_room(text, more)) == NULL || !qfile_bytes(q, to, more, at + (long)n))
			return false;
		buf_grew(text, more);
	}
	*next = at + QFILE_RECORD + (long)r.len;
	return crc32c(0, text->s + QFILE_RECORD, r.len) == r.crc;
}

static bool
decode(const struct qfile *q, long at, struct arena *mem, struct history *out, long *next)
{
	const struct msg *m = history_msg();
	struct buf text = BUF(READ_MAX);
	struct history h;
	const char *wrong;
	bool ok = false;

	if (qfile_record_read(q, at, &text, next)) {
		/* Without the '\n' behind the last field. */
		size_t len = (size_t)(*next - at) - QFILE_RECORD - 1;

		ok = record_get(m->rows, m->n, text.s + QFILE_RECORD, len, (int)q->super.version, mem, &h, &wrong) &&
		    qfile_broken_field(m, &h) == NULL && h.number >= -1 && h.number < (long)q->places.nrcpts;
		if (ok)
			*out = h;
		else
			log_warn("%s: a history record at %ld makes no sense", q->path, at);
	}
	buf_free(&text);
	return ok;
}

bool
qfile_history(const struct qfile *q, struct qfile_cursor *c, struct arena *mem, struct history *out)
{
	return decode(q, c->at == 0 ? q->history_at : c->at, mem, out, &c->at);
}

bool
qfile_history_at(const struct qfile *q, uint64_t at, struct arena *mem, struct history *out)
{
	long next;

	return at != 0 && at < (uint64_t)q->history_end && decode(q, (long)at, mem, out, &next);
}

bool
qfile_history_due(const struct qfile *q, long limit)
{
	/* Two records a recipient stay; less than half of it gone is not worth a copy. */
	return q->history_end - q->history_at > limit && q->nrecords / 4 > q->places.nrcpts;
}
