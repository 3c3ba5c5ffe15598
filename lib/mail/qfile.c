/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a queue file: nothing in it is believed before its CRC and its
 * bounds have been checked.  The file is read through a window, so that a
 * small one takes one read.
 */
#include "lib/mail/qfile_inside.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW = 16384, ARENA_MAX = 12 << 20 };

struct window {
	int fd;
	long size; /* of the file */
	long at, len;
	int error; /* errno of the first failed read */
	char *bytes;
	size_t room;
};

/* n (at most WINDOW) bytes at a place, which must lie within the file; NULL: error. */
static const void *
look(struct window *w, uint64_t place, size_t n)
{
	long at = (long)place;

	must_hold(n <= w->room && at >= 0 && at <= w->size && (long)n <= w->size - at);
	if (at < w->at || (long)n > w->at + w->len - at) {
		w->at = at;
		w->len = w->size - at < (long)w->room ? w->size - at : (long)w->room;
		if (!file_pread_all(w->fd, w->bytes, (size_t)w->len, at)) {
			w->error = errno;
			w->len = 0;
			return NULL;
		}
	}
	return w->bytes + (at - w->at);
}

static bool
crc_of(struct window *w, uint64_t at, uint64_t len, uint32_t *crc)
{
	const void *bytes;
	size_t n;

	for (*crc = 0; len > 0; at += n, len -= n) {
		n = len < WINDOW ? (size_t)len : WINDOW;
		if ((bytes = look(w, at, n)) == NULL)
			return false;
		*crc = crc32c(*crc, bytes, n);
	}
	return true;
}

/*
 * The checks, in the order of enum qfile_state.  Each says what is wrong, or
 * NULL; *state is DAMAGED unless the check sets it, UNREADABLE after a failed read.
 */
static const char *
check_super(struct qfile *q, struct window *w, enum qfile_state *state)
{
	size_t n = w->size < QFILE_SUPER ? (size_t)w->size : QFILE_SUPER;
	const unsigned char *in = look(w, 0, n);

	if (in == NULL)
		return "superblock cannot be read";
	if (!disk_super_begins(in, n))
		return "this is no queue file";
	if (n < QFILE_SUPER) {
		*state = QFILE_UNFINISHED;
		return "ends within its superblock";
	}
	*state = disk_super_get(&q->super, in);
	if (*state == QFILE_NEWER)
		return "has a newer format than this program knows";
	if (*state != QFILE_GOOD)
		return "superblock is damaged";
	*state = QFILE_DAMAGED;
	if (q->super.trailer_at == 0 || q->super.trailer_at > (uint64_t)w->size ||
	    (uint64_t)w->size - q->super.trailer_at < QFILE_TRAILER) {
		*state = QFILE_UNFINISHED;
		return "ends before its trailer";
	}
	return NULL;
}

static const char *
check_trailer(struct qfile *q, struct window *w)
{
	const unsigned char *in;
	const char *wrong;
	uint32_t crc;

	if ((in = look(w, q->super.trailer_at, QFILE_TRAILER)) == NULL)
		return "trailer cannot be read";
	if (!disk_trailer_get(&q->places, in))
		return "trailer is damaged";
	if ((wrong = disk_trailer_wrong(&q->places, q->super.trailer_at)) != NULL)
		return wrong;
	if (!crc_of(w, 0, QFILE_SUPER - 4, &crc) || crc != q->places.super_crc)
		return "superblock is not the one of the trailer";
	if (!crc_of(w, q->places.header_at, q->places.header_len, &crc) || crc != q->places.header_crc)
		return "header is damaged";
	if (!crc_of(w, q->places.envelope_at, q->places.slots_at - q->places.envelope_at, &crc) ||
	    crc != q->places.envelope_crc)
		return "envelope is damaged";
	return NULL;
}

/* A copy of a section in the arena, with a NUL behind it; what the window has of a small one is not read again. */
static char *
section(struct qfile *q, struct window *w, uint64_t at, uint64_t len)
{
	char *copy = arena_alloc(&q->mem, len + 1);
	const char *seen;

	if (copy == NULL) {
		w->error = ENOMEM;
		return NULL;
	}
	if (len <= w->room) {
		if ((seen = look(w, at, len)) == NULL)
			return NULL;
		memcpy(copy, seen, len);
	} else if (!file_pread_all(q->fd, copy, len, (off_t)at)) {
		w->error = errno;
		return NULL;
	}
	return copy;
}

static const char *
read_envelope(struct qfile *q, struct window *w)
{
	const struct msg *m = envelope_msg();
	const char *text = section(q, w, q->places.envelope_at, q->places.envelope_len), *wrong;

	if (text == NULL)
		return "envelope cannot be read";
	if (!record_get(
		m->rows, m->n, text, q->places.envelope_len, (int)q->super.version, &q->mem, &q->envelope, &wrong))
		return wrong;
	return qfile_broken_field(m, &q->envelope) != NULL ? "line break in the envelope" : NULL;
}

static const char *
read_attributes(struct qfile *q, struct window *w)
{
	const size_t n = q->places.nattributes;
	char *s, *end, *eq;

	if (n > q->places.attributes_len)
		return "attributes are fewer than the trailer says";
	if ((s = section(q, w, q->places.attributes_at, q->places.attributes_len)) == NULL ||
	    (q->attributes = arena_alloc(&q->mem, n * sizeof(*q->attributes) + 1)) == NULL)
		return "attributes cannot be read";
	end = s + q->places.attributes_len;
	for (size_t i = 0; i < n; i++) {
		if (s >= end || (eq = strchr(s, '=')) == NULL || eq == s || strpbrk(s, "\r\n") != NULL)
			return "attribute is malformed";
		*eq = '\0';
		q->attributes[i] = (struct qfile_attribute){ s, eq + 1 };
		s = eq + 1 + strlen(eq + 1) + 1;
	}
	return s == end ? NULL : "attributes are more than the trailer says";
}

/* A slot that qmgr is just overwriting can look damaged to another process: look again. */
static bool
slot_settled(struct qfile *q, struct window *w, uint32_t number, struct slot *out)
{
	const void *in = look(w, (uint64_t)qfile_slot_at(q, number), QFILE_SLOT);

	if (in == NULL || (!disk_slot_get(out, in, number) && !qfile_slot_read(q, number, out)))
		return false;
	/* After a power failure the slots may be newer than the history. */
	if (out->history_at >= (uint64_t)q->history_end) {
		out->history_at = 0;
		q->stale = true;
	}
	return true;
}

static const char *
check_slots(struct qfile *q, struct window *w)
{
	const uint64_t rcpts_end = q->places.rcpts_at + q->places.rcpts_len;
	const size_t n = q->places.nrcpts;
	struct slot slot;

	if (!slot_settled(q, w, DISK_MESSAGE, &q->message))
		return "the message's slot is damaged";
	if (n <= QFILE_SLOTS_KEPT)
		q->kept = arena_alloc(&q->mem, n * sizeof(*q->kept) + 1);
	for (size_t i = 0; i < n; i++) {
		if (!slot_settled(q, w, (uint32_t)i, &slot))
			return "a recipient's slot is damaged";
		if (slot.rcpt_at < q->places.rcpts_at || slot.rcpt_at > rcpts_end ||
		    slot.rcpt_len > rcpts_end - slot.rcpt_at || slot.rcpt_len > QFILE_RCPT_MAX)
			return "a recipient's slot points outside the recipients";
		if (q->kept != NULL)
			q->kept[i] = slot;
	}
	return NULL;
}

/* What stands behind a place, when the window has all of it. */
static const char *
seen_from(const struct window *w, long at)
{
	return at >= w->at && w->at + w->len == w->size && at <= w->size ? w->bytes + (at - w->at) : NULL;
}

static const char *
check_all(struct qfile *q, struct window *w, enum qfile_state *state)
{
	const char *wrong;

	if ((wrong = check_super(q, w, state)) != NULL)
		return wrong;
	if ((wrong = check_trailer(q, w)) != NULL)
		return wrong;
	q->history_at = (long)q->places.trailer_at + QFILE_TRAILER;
	if ((wrong = qfile_history_check(q, seen_from(w, q->history_at), w->size, &w->error)) != NULL)
		return wrong;
	if ((wrong = check_slots(q, w)) != NULL)
		return wrong;
	if ((wrong = read_envelope(q, w)) != NULL)
		return wrong;
	return read_attributes(q, w);
}

/* What a power failure left: a torn record at the end, slots that name records which were lost. */
static bool
mend(struct qfile *q, long size, struct verdict *why)
{
	struct slot slot;

	if (q->history_end < size) {
		log_warn("%s: %ld bytes of a torn history record are cut off", q->path, size - q->history_end);
		if (ftruncate(q->fd, q->history_end) < 0) {
			qfile_trouble(why, errno, q->path, "cut off a torn history record");
			return false;
		}
	}
	for (size_t i = 0; q->stale && i <= q->places.nrcpts; i++) {
		uint32_t number = i < q->places.nrcpts ? (uint32_t)i : DISK_MESSAGE;

		/* It would name a later record of somebody else. */
		if (qfile_slot_read(q, number, &slot) && !qfile_slot_write(q, number, &slot, why))
			return false;
	}
	return true;
}

/*
 * A reader has most of what it will ask for in what was read to check it; a
 * writer would see it grow old.  It asks for nothing before the envelope: a
 * copy of the rest is small, and the window goes back to the thread that reads
 * the next file into it.
 */
static void
keep_window(struct qfile *q, struct window *w)
{
	long from = (long)q->places.envelope_at, end = w->at + w->len;

	if (q->mode == QFILE_READ && w->error == 0) {
		if (from < w->at || from > end)
			from = w->at;
		q->seen = (struct qfile_seen){ mem_alloc((size_t)(end - from)), from, end - from };
		memcpy(q->seen.bytes, w->bytes + (from - w->at), (size_t)(end - from));
	}
	free(w->bytes);
	w->bytes = NULL;
}

/* True: q is complete; else *state and *why say why not. */
static bool
load(struct qfile *q, enum qfile_state *state, struct verdict *why)
{
	struct window w = { .fd = q->fd };
	const char *wrong;
	struct stat st;

	*state = QFILE_UNREADABLE;
	if (fstat(q->fd, &st) < 0) {
		qfile_trouble(why, errno, q->path, "examine the queue file");
		return false;
	}
	*state = QFILE_DAMAGED;
	if (!S_ISREG(st.st_mode)) {
		later(why, "4.3.0", "%s: this is no regular file", q->path);
		return false;
	}
	w.size = st.st_size;
	w.room = w.size < WINDOW ? (size_t)w.size : WINDOW;
	w.bytes = mem_alloc(w.room);
	q->modified = st.st_mtim.tv_sec;
	wrong = check_all(q, &w, state);
	keep_window(q, &w);
	if (w.error != 0) {
		*state = QFILE_UNREADABLE;
		qfile_trouble(why, w.error, q->path, wrong);
	} else if (wrong != NULL) {
		later(why, "4.3.0", "%s: %s", q->path, wrong);
	} else {
		*state = QFILE_GOOD;
		q->envelope.forced_expire = (q->message.flags & DISK_FORCED_EXPIRE) != 0;
		q->envelope.delay_notice_us = q->message.attempt_us;
		if (q->mode == QFILE_WRITE && !mend(q, st.st_size, why))
			*state = QFILE_UNREADABLE;
	}
	return *state == QFILE_GOOD;
}

static struct qfile *
open_named(int fd, const char *path, enum qfile_mode mode, enum qfile_state *state, struct verdict *why)
{
	struct qfile *q = mem_zero(1, sizeof(*q));

	*q = (struct qfile){ .fd = fd, .mode = mode, .path = mem_str(path), .mem = ARENA(ARENA_MAX) };
	if (!load(q, state, why)) {
		q->fd = -1;
		qfile_free(&q);
	}
	return q;
}

struct qfile *
qfile_open_fd(int fd, enum qfile_mode mode, enum qfile_state *state, struct verdict *why)
{
	return open_named(fd, "queue file", mode, state, why);
}

static int
open_file(int dir, const char *path, enum qfile_mode mode, enum qfile_state *state, struct verdict *why)
{
	/* NONBLOCK: a FIFO under that name must not make us wait. */
	int flags = (mode == QFILE_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	/* With their mtime in the future, each look at deferred files would cost a write of their access time. */
	int fd = openat(dir, path, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM) /* that is for the owner */
		fd = openat(dir, path, flags);
	if (fd < 0 && (errno == ELOOP || errno == EISDIR || errno == ENXIO)) {
		*state = QFILE_DAMAGED;
		later(why, "4.3.0", "%s: this is no regular file", path);
	} else if (fd < 0) {
		*state = QFILE_UNREADABLE;
		qfile_trouble(why, errno, path, "open the queue file");
	}
	return fd;
}

struct qfile *
qfile_open(int dir, const char *path, enum qfile_mode mode, enum qfile_state *state, struct verdict *why)
{
	int fd = open_file(dir, path, mode, state, why);
	struct qfile *q = NULL;

	if (fd >= 0 && (q = open_named(fd, path, mode, state, why)) == NULL)
		close(fd);
	return q;
}

void
qfile_free(struct qfile **qp)
{
	struct qfile *q = *qp;

	if (q == NULL)
		return;
	if (q->fd >= 0)
		close(q->fd);
	arena_free(&q->mem);
	free(q->seen.bytes);
	free(q->path);
	free(q);
	*qp = NULL;
}

static bool
busy(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return true;
	flock(fd, LOCK_UN);
	return false;
}

bool
qfile_busy(const struct qfile *q)
{
	return busy(q->fd);
}

bool
qfile_remove_unfinished(int dir, const char *path, struct verdict *why)
{
	enum qfile_state state = QFILE_UNREADABLE;
	int fd = open_file(dir, path, QFILE_READ, &state, why);
	struct qfile *q = NULL;
	bool gone = false;

	if (fd < 0)
		return false;
	/* With the lock: its writer is gone, and what stands there now is all there will be. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		later(why, "4.3.0", "%s: is being written", path);
	else if ((q = open_named(fd, path, QFILE_READ, &state, why)) != NULL)
		later(why, "4.3.0", "%s: is finished", path);
	else if (state == QFILE_UNFINISHED && !(gone = unlinkat(dir, path, 0) == 0))
		qfile_trouble(why, errno, path, "remove the unfinished file");
	if (q == NULL)
		close(fd);
	qfile_free(&q);
	return gone;
}
