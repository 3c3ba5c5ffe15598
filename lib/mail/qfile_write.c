/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creating a queue file.  Until something has been written to the file the
 * whole body is in w->pending; when it outgrows that, superblock and body are
 * streamed out, in pieces that end at a multiple of PIECE in the file: so the
 * page cache takes them in large folios, and a large file costs a quarter less
 * to write, flush and remove.  At commit the superblock gets the trailer's place
 * before the trailer is written, so that a file without its trailer never looks
 * whole.
 */
#include "lib/mail/qfile_inside.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/commit.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PIECE = 65536 };
#ifndef MFD_NOEXEC_SEAL
#	define MFD_NOEXEC_SEAL 8u
#endif

struct qfile_writer {
	int dir, fd;
	int error; /* errno of the first failed write; sticky */
	char id[QUEUEID_MAX];
	struct buf pending; /* of the body, to be written at end */
	long end;	    /* of what has been written; QFILE_SUPER also when nothing was */
	bool streamed;	    /* the file has its superblock */
	long body_at, body_len;
	uint32_t body_crc;
	bool finished; /* nothing more may be written */
	bool stays;    /* it is not ours to remove any more */
	bool memory;   /* fd is no file of the queue */
};

/* Everything that makes a commit, in the order of the file. */
struct pieces {
	struct disk_trailer t;
	unsigned char super[QFILE_SUPER];
	struct buf records; /* envelope, attributes, recipients */
	struct buf slots;   /* and the trailer */
};

static bool
pwritev_all(int fd, struct iovec *v, int n, off_t at)
{
	while (n > 0) {
		ssize_t r = pwritev(fd, v, n, at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return false;
		at += r;
		for (; n > 0 && (size_t)r >= v->iov_len; v++, n--)
			r -= (ssize_t)v->iov_len;
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + r;
			v->iov_len -= (size_t)r;
		}
	}
	return true;
}

/* A scan of incoming/ may have seen the empty file, found no lock, and removed it before we had the lock. */
static int
create_locked(int dir, const char *id)
{
	struct stat st = { 0 };
	int fd, saved;

	for (int tries = 0; tries < 10; tries++) {
		if ((fd = openat(dir, id, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
			return -1;
		while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
			;
		if (fstat(fd, &st) == 0 && st.st_nlink > 0)
			return fd;
		saved = st.st_nlink > 0 ? errno : EBUSY;
		close(fd);
		errno = saved;
	}
	return -1;
}

struct qfile_writer *
qfile_begin(int dir, const char *id)
{
	struct qfile_writer *w = mem_zero(1, sizeof(*w));

	must_hold(queueid_ok(id));
	*w = (struct qfile_writer){
		.dir = dir, .fd = -1, .pending = BUF(PIECE), .end = QFILE_SUPER, .body_at = QFILE_SUPER
	};
	memcpy(w->id, id, strlen(id) + 1);
	return w;
}

/* Not before something has to be written. */
static bool
is_there(struct qfile_writer *w)
{
	if (w->fd < 0 && w->error == 0 && (w->fd = create_locked(w->dir, w->id)) < 0)
		w->error = errno;
	return w->error == 0;
}

struct qfile_writer *
qfile_create(int dir, const char *id, struct verdict *why)
{
	struct qfile_writer *w = qfile_begin(dir, id);

	if (!is_there(w)) {
		qfile_trouble(why, w->error, id, "create the queue file");
		qfile_writer_free(&w);
	}
	return w;
}

/* Sealed, so that nobody whom it is given to can change it; kernels before 6.3 do not know NOEXEC_SEAL. */
bool
qfile_in_memory(struct qfile_writer *w)
{
	must_hold(!w->finished);
	if (w->fd >= 0 || w->error != 0)
		return false;
	w->fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (w->fd < 0 && errno == EINVAL)
		w->fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	w->memory = w->fd >= 0;
	return w->memory;
}

int
qfile_writer_fd(const struct qfile_writer *w)
{
	return w->memory ? w->fd : -1;
}

/* pending and n more bytes to the file, with an unfinished superblock if it is the first time. */
static void
spill(struct qfile_writer *w, const void *bytes, size_t n)
{
	struct disk_super super = { .version = QFILE_VERSION };
	unsigned char first[QFILE_SUPER];
	struct iovec v[3];
	int parts = 0;

	if (!is_there(w))
		return;
	if (!w->streamed) {
		memcpy(super.id, w->id, sizeof(super.id));
		disk_super_put(first, &super);
		v[parts++] = (struct iovec){ first, QFILE_SUPER };
	}
	if (w->pending.len > 0)
		v[parts++] = (struct iovec){ w->pending.s, w->pending.len };
	if (n > 0)
		v[parts++] = (struct iovec){ (void *)(uintptr_t)bytes, n };
	if (!pwritev_all(w->fd, v, parts, w->streamed ? w->end : 0))
		w->error = errno;
	w->end += (long)(w->pending.len + n);
	w->streamed = true;
	buf_clear(&w->pending);
}

/* What pending can take until it ends where a piece of the file does. */
static size_t
room(const struct qfile_writer *w)
{
	return PIECE - (size_t)w->end % PIECE - w->pending.len;
}

bool
qfile_body(struct qfile_writer *w, const void *bytes, size_t n)
{
	must_hold(!w->finished);
	if (w->error != 0)
		return false;
	w->body_crc = crc32c(w->body_crc, bytes, n);
	w->body_len += (long)n;
	if (n > room(w)) {
		size_t rest = ((size_t)w->end + w->pending.len + n) % PIECE;

		spill(w, bytes, n - rest);
		bytes = (const char *)bytes + (n - rest);
		n = rest;
	}
	buf_add(&w->pending, bytes, n);
	if (!buf_ok(&w->pending) && w->error == 0)
		w->error = ENOMEM;
	return w->error == 0;
}

void
qfile_body_again(struct qfile_writer *w)
{
	must_hold(!w->finished);
	buf_clear(&w->pending);
	w->body_at = w->end;
	w->body_len = 0;
	w->body_crc = 0;
}

long
qfile_body_len(const struct qfile_writer *w)
{
	return w->body_len;
}

static enum fate
put_record(struct buf *b, const struct msg *m, const void *rec, size_t limit, struct verdict *why)
{
	const char *field = qfile_broken_field(m, rec);
	size_t before = b->len;

	if (field != NULL)
		return never(why, "5.6.0", "line break in %s %s", m->name, field);
	record_put(b, m->rows, m->n, rec, QFILE_VERSION);
	if (b->len - before > limit)
		return never(why, "5.3.4", "%s is too large", m->name);
	return FATE_OK;
}

static enum fate
put_attributes(struct buf *b, const struct qfile_content *c, struct verdict *why)
{
	size_t before = b->len;

	for (size_t i = 0; i < c->nattributes; i++) {
		const struct qfile_attribute *a = &c->attributes[i];

		if (a->name[0] == '\0' || strpbrk(a->name, "=\r\n") != NULL || strpbrk(a->value, "\r\n") != NULL)
			return never(why, "5.6.0", "attribute %s is malformed", a->name);
		buf_fmt(b, "%s=%s", a->name, a->value);
		buf_putc(b, '\0');
	}
	if (b->len - before > QFILE_ENVELOPE_MAX)
		return never(why, "5.3.4", "message attributes are too large");
	return FATE_OK;
}

static void
put_slot(struct buf *b, uint32_t number, const struct slot *s)
{
	unsigned char bytes[QFILE_SLOT];

	disk_slot_put(bytes, number, s);
	buf_add(b, bytes, sizeof(bytes));
}

static enum fate
put_rcpts(struct pieces *p, const struct qfile_content *c, struct verdict *why)
{
	const uint64_t base = p->t.envelope_at;
	struct slot slot = { .state = SLOT_OPEN };
	enum fate fate;
	size_t before;

	for (size_t i = 0; i < c->nrcpts; i++) {
		before = p->records.len;
		if ((fate = put_record(&p->records, recipient_msg(), &c->rcpts[i], QFILE_RCPT_MAX, why)) != FATE_OK)
			return fate;
		slot.rcpt_at = base + before;
		slot.rcpt_len = (uint32_t)(p->records.len - before);
		put_slot(&p->slots, (uint32_t)i, &slot);
	}
	while ((base + p->records.len) % QFILE_SLOT != 0 && buf_ok(&p->records))
		buf_putc(&p->records, '\0');
	return FATE_OK;
}

/* Envelope, attributes, recipients and slots; their places follow from the header's end. */
static enum fate
make_records(struct pieces *p, const struct qfile_content *c, struct verdict *why)
{
	const struct slot message = { .flags = c->envelope->forced_expire ? DISK_FORCED_EXPIRE : 0,
		.attempt_us = c->envelope->delay_notice_us };
	struct disk_trailer *t = &p->t;
	enum fate fate;

	if (c->nrcpts > QFILE_RCPTS_MAX)
		return never(why, "5.5.3", "too many recipients");
	t->envelope_at = t->header_at + t->header_len;
	if ((fate = put_record(&p->records, envelope_msg(), c->envelope, QFILE_ENVELOPE_MAX, why)) != FATE_OK)
		return fate;
	t->envelope_len = p->records.len;
	t->attributes_at = t->envelope_at + p->records.len;
	if ((fate = put_attributes(&p->records, c, why)) != FATE_OK)
		return fate;
	t->nattributes = (uint32_t)c->nattributes;
	t->rcpts_at = t->envelope_at + p->records.len;
	t->attributes_len = t->rcpts_at - t->attributes_at;
	put_slot(&p->slots, DISK_MESSAGE, &message);
	if ((fate = put_rcpts(p, c, why)) != FATE_OK)
		return fate;
	t->nrcpts = c->nrcpts;
	t->slots_at = t->envelope_at + p->records.len;
	t->rcpts_len = t->slots_at - t->rcpts_at;
	t->trailer_at = t->slots_at + p->slots.len;
	if (t->rcpts_len > QFILE_RCPT_BYTES_MAX)
		return never(why, "5.3.4", "too many recipients");
	if (!buf_ok(&p->records) || !buf_ok(&p->slots))
		return later(why, "4.3.0", "out of memory for %zu recipients", c->nrcpts);
	return FATE_OK;
}

static void
make_ends(const struct qfile_writer *w, struct pieces *p)
{
	struct disk_super super = { .version = QFILE_VERSION, .trailer_at = p->t.trailer_at };
	unsigned char trailer[QFILE_TRAILER];

	memcpy(super.id, w->id, sizeof(super.id));
	disk_super_put(p->super, &super);
	p->t.super_crc = crc32c(0, p->super, sizeof(p->super) - 4);
	p->t.envelope_crc = crc32c(0, p->records.s, p->records.len);
	p->t.body_crc = w->body_crc;
	disk_trailer_put(trailer, &p->t);
	buf_add(&p->slots, trailer, sizeof(trailer));
}

/* A spilled header goes where the body ends, in pieces. */
static bool
copy_header(struct qfile_writer *w, const struct qfile_content *c, struct disk_trailer *t)
{
	char *piece = mem_alloc(PIECE);
	size_t n;

	for (size_t done = 0; done < c->header_len && w->error == 0; done += n) {
		n = c->header_len - done < PIECE ? c->header_len - done : PIECE;
		if (!file_pread_all(c->header_fd, piece, n, (off_t)done)) {
			w->error = errno;
			break;
		}
		t->header_crc = crc32c(t->header_crc, piece, n);
		spill(w, piece, n);
	}
	free(piece);
	return w->error == 0;
}

/* All that is still to be written, in one write when nothing was before. */
static bool
write_out(struct qfile_writer *w, struct pieces *p, const struct qfile_content *c)
{
	struct iovec v[5];
	int n = 0;

	if (w->streamed) {
		if (!file_pwrite_all(w->fd, p->super, sizeof(p->super), 0))
			return false;
	} else {
		v[n++] = (struct iovec){ p->super, sizeof(p->super) };
	}
	if (w->pending.len > 0)
		v[n++] = (struct iovec){ w->pending.s, w->pending.len };
	if (c->header != NULL && c->header_len > 0)
		v[n++] = (struct iovec){ (void *)(uintptr_t)c->header, c->header_len };
	v[n++] = (struct iovec){ p->records.s, p->records.len };
	v[n++] = (struct iovec){ p->slots.s, p->slots.len };
	return pwritev_all(w->fd, v, n, w->streamed ? w->end : 0);
}

static enum fate
write_pieces(struct qfile_writer *w, struct pieces *p, const struct qfile_content *c, struct verdict *why)
{
	enum fate fate;

	p->t.body_at = (uint64_t)w->body_at;
	p->t.body_len = (uint64_t)w->body_len;
	p->t.header_at = (uint64_t)(w->body_at + w->body_len);
	p->t.header_len = c->header_len;
	if (c->header != NULL)
		p->t.header_crc = crc32c(0, c->header, c->header_len);
	else if (w->error == 0)
		copy_header(w, c, &p->t);
	if (w->error != 0)
		return qfile_trouble(why, w->error, w->id, "write the queue file");
	if ((fate = make_records(p, c, why)) != FATE_OK)
		return fate;
	make_ends(w, p);
	if (!buf_ok(&p->slots))
		return later(why, "4.3.0", "out of memory for %zu recipients", c->nrcpts);
	if (!is_there(w))
		return qfile_trouble(why, w->error, w->id, "create the queue file");
	if (!write_out(w, p, c))
		return qfile_trouble(why, errno, w->id, "write the queue file");
	return FATE_OK;
}

enum fate
qfile_finish(struct qfile_writer *w, const struct qfile_content *c, struct verdict *why)
{
	struct pieces p = {
		.records = BUF((size_t)QFILE_RCPT_BYTES_MAX + 3 * QFILE_ENVELOPE_MAX),
		.slots = BUF((QFILE_RCPTS_MAX + 1) * (size_t)QFILE_SLOT + QFILE_TRAILER),
	};
	enum fate fate;

	must_hold(!w->finished);
	w->finished = true;
	fate = write_pieces(w, &p, c, why);
	buf_free(&p.records);
	buf_free(&p.slots);
	if (fate == FATE_OK && w->memory &&
	    fcntl(w->fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		fate = qfile_trouble(why, errno, w->id, "seal a message in memory");
	return fate;
}

void
qfile_show(struct qfile_writer *w)
{
	while (!w->memory && flock(w->fd, LOCK_SH) < 0 && errno == EINTR)
		;
}

/* What is in memory so far becomes the file. */
static bool
to_disk(struct qfile_writer *w)
{
	int memory = w->fd;
	off_t size = lseek(memory, 0, SEEK_END);
	char *all = size >= 0 ? mem_alloc((size_t)size) : NULL;
	bool ok;

	w->fd = -1;
	w->memory = false;
	ok = all != NULL && is_there(w) && file_pread_all(memory, all, (size_t)size, 0) &&
	    file_pwrite_all(w->fd, all, (size_t)size, 0);
	if (!ok && w->error == 0)
		w->error = errno;
	free(all);
	close(memory);
	return ok;
}

enum fate
qfile_flush(struct qfile_writer *w, struct verdict *why)
{
	must_hold(w->finished && !w->stays);
	if (w->memory && !to_disk(w))
		return qfile_trouble(why, w->error, w->id, "write the queue file");
	if (!commit_content(w->fd))
		return qfile_trouble(why, errno, w->id, "flush the queue file");
	w->stays = true;
	return FATE_OK;
}

void
qfile_leave(struct qfile_writer *w)
{
	w->stays = true;
}

enum fate
qfile_commit(struct qfile_writer *w, const struct qfile_content *c, struct verdict *why)
{
	enum fate fate = qfile_finish(w, c, why);

	return fate != FATE_OK ? fate : qfile_flush(w, why);
}

void
qfile_writer_free(struct qfile_writer **wp)
{
	struct qfile_writer *w = *wp;

	if (w == NULL)
		return;
	if (w->fd >= 0 && !w->memory && !w->stays && unlinkat(w->dir, w->id, 0) < 0 && errno != ENOENT)
		log_warn("%s: remove the unfinished queue file: %s", w->id, strerror(errno));
	if (w->fd >= 0)
		close(w->fd);
	buf_free(&w->pending);
	free(w);
	*wp = NULL;
}
