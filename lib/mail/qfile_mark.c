/* SPDX-License-Identifier: Apache-2.0 */
/* Changing a queue file: a record at its end, a slot in its place. */
#include "lib/mail/qfile_inside.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 4096, NAME_MAX_ = 1024 };

static const char *
shortened(const char *s, size_t most, struct arena *mem)
{
	char *copy = arena_strn(mem, s != NULL ? s : "", strnlen(s != NULL ? s : "", most));

	text_printable(copy);
	return copy;
}

/* A verdict must be recorded whatever a remote host said: control characters become '?', long texts shorter. */
static struct history
tamed(const struct history *rec, long number, struct arena *mem)
{
	return (struct history){
		.time_us = rec->time_us,
		.number = number,
		.code = rec->code,
		.dsn = shortened(rec->dsn, 16, mem),
		.action = shortened(rec->action, 64, mem),
		.text = shortened(rec->text, TEXT_MAX, mem),
		.mta = shortened(rec->mta, NAME_MAX_, mem),
		.mta_type = shortened(rec->mta_type, 64, mem),
		.diag = shortened(rec->diag, TEXT_MAX, mem),
		.diag_type = shortened(rec->diag_type, 64, mem),
	};
}

/* Head, text and '\n' in one write; the place of the record, 0: it could not be written. */
static uint64_t
append(struct qfile *q, const struct history *given, long number)
{
	struct buf b = BUF(QFILE_RECORD + QFILE_HISTORY_MAX);
	struct arena mem = ARENA(2 * QFILE_HISTORY_MAX);
	const struct history rec = tamed(given, number, &mem);
	const struct msg *m = history_msg();
	uint64_t at = (uint64_t)q->history_end;
	struct disk_record head;
	char *start = buf_room(&b, QFILE_RECORD);

	must_hold(start != NULL && arena_ok(&mem));
	memset(start, 0, QFILE_RECORD);
	buf_grew(&b, QFILE_RECORD);
	record_put(&b, m->rows, m->n, &rec, (int)q->super.version);
	buf_putc(&b, '\n');
	must_hold(buf_ok(&b));
	head.len = (uint32_t)(b.len - QFILE_RECORD);
	head.crc = crc32c(0, b.s + QFILE_RECORD, head.len);
	disk_record_put((unsigned char *)b.s, &head, at);
	if (file_pwrite_all(q->fd, b.s, b.len, (off_t)at)) {
		q->history_end += (long)b.len;
		q->nrecords++;
	} else {
		log_warn("%s: a history record is lost: %s: %s", q->path, strerror(errno), rec.text);
		/* Half a record would be cut off later anyway. */
		if (ftruncate(q->fd, q->history_end) < 0)
			log_warn("%s: cut off half a history record: %s", q->path, strerror(errno));
		at = 0;
	}
	buf_free(&b);
	arena_free(&mem);
	return at;
}

bool
qfile_slot_write(struct qfile *q, uint32_t number, const struct slot *s, struct verdict *why)
{
	unsigned char out[QFILE_SLOT];

	disk_slot_put(out, number, s);
	if (!file_pwrite_all(q->fd, out, sizeof(out), qfile_slot_at(q, number))) {
		qfile_trouble(why, errno, q->path, "write a slot");
		return false;
	}
	if (number == DISK_MESSAGE)
		q->message = *s;
	else if (q->kept != NULL)
		q->kept[number] = *s;
	return true;
}

bool
qfile_mark(
    struct qfile *q, size_t i, enum slot_state state, unsigned flags, const struct history *rec, struct verdict *why)
{
	struct slot slot;
	uint64_t at;

	must_hold(q->mode == QFILE_WRITE && i < q->places.nrcpts && flags <= USHRT_MAX);
	if (!qfile_slot(q, i, &slot)) {
		later(why, "4.3.0", "%s: slot %zu cannot be read", q->path, i);
		return false;
	}
	if (rec != NULL && (at = append(q, rec, (long)i)) != 0)
		slot.history_at = at;
	if (rec != NULL && rec->code != 0) {
		slot.attempts += slot.attempts < UINT_MAX;
		slot.attempt_us = rec->time_us;
	}
	slot.state = state;
	slot.flags = flags;
	return qfile_slot_write(q, (uint32_t)i, &slot, why);
}

bool
qfile_note(struct qfile *q, const struct history *rec, struct verdict *why)
{
	struct slot slot = q->message;

	must_hold(q->mode == QFILE_WRITE);
	if ((slot.history_at = append(q, rec, -1)) == 0) {
		later(why, "4.3.0", "%s: the note could not be written", q->path);
		return false;
	}
	return qfile_slot_write(q, DISK_MESSAGE, &slot, why);
}

bool
qfile_set_forced_expire(struct qfile *q, struct verdict *why)
{
	struct slot slot = q->message;

	must_hold(q->mode == QFILE_WRITE);
	slot.flags |= DISK_FORCED_EXPIRE;
	if (!qfile_slot_write(q, DISK_MESSAGE, &slot, why))
		return false;
	q->envelope.forced_expire = true;
	return true;
}

bool
qfile_set_delay_notice(struct qfile *q, long us, struct verdict *why)
{
	struct slot slot = q->message;

	must_hold(q->mode == QFILE_WRITE);
	slot.attempt_us = us;
	if (!qfile_slot_write(q, DISK_MESSAGE, &slot, why))
		return false;
	q->envelope.delay_notice_us = us;
	return true;
}
