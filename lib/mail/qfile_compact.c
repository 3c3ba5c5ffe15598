/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compaction: everything up to the trailer is copied as it is, so that no
 * place and no CRC changes; of the history only the first and the last record
 * of each recipient, and of the message as a whole, are written again.
 */
#include "lib/mail/qfile_inside.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/commit.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 65536 };

struct kept { /* places in the old file; 0: none */
	uint64_t first, last;
};

struct compaction {
	const struct qfile *q;
	int fd; /* the new file */
	long end;
	struct kept *kept; /* nrcpts of them, and the message's */
	uint64_t *now;	   /* where the last records are in the new file */
	struct buf out;
};

static bool
copy_prefix(const struct qfile *q, int to)
{
	char *piece = mem_alloc(PIECE);
	bool ok = true;
	size_t n;

	for (long at = 0; ok && at < q->history_at; at += (long)n) {
		n = q->history_at - at < PIECE ? (size_t)(q->history_at - at) : PIECE;
		ok = file_pread_all(q->fd, piece, n, at) && file_pwrite_all(to, piece, n, at);
	}
	free(piece);
	return ok;
}

/* Whose record this is: a number of a slot, nrcpts for the message. */
static bool
owner(const struct qfile *q, struct buf *text, long at, size_t *who, long *next)
{
	const struct msg *m = history_msg();
	struct arena mem = ARENA(4 * QFILE_HISTORY_MAX);
	struct history h;
	const char *wrong;
	bool ok;

	ok = qfile_record_read(q, at, text, next) &&
	    record_get(m->rows, m->n, text->s + QFILE_RECORD, (size_t)(*next - at) - QFILE_RECORD - 1,
		(int)q->super.version, &mem, &h, &wrong) &&
	    h.number >= -1 && h.number < (long)q->places.nrcpts;
	if (ok)
		*who = h.number < 0 ? q->places.nrcpts : (size_t)h.number;
	else
		errno = EBADMSG;
	arena_free(&mem);
	return ok;
}

static bool
flush_out(struct compaction *c)
{
	if (!file_pwrite_all(c->fd, c->out.s, c->out.len, c->end))
		return false;
	c->end += (long)c->out.len;
	buf_clear(&c->out);
	return true;
}

/* The record in text, at its new place. */
static bool
put_again(struct compaction *c, const struct buf *text, size_t len, uint64_t *place)
{
	unsigned char head[QFILE_RECORD];
	struct disk_record r;

	if (c->out.len + len > c->out.max && !flush_out(c))
		return false;
	*place = (uint64_t)c->end + c->out.len;
	r.len = (uint32_t)(len - QFILE_RECORD);
	r.crc = crc32c(0, text->s + QFILE_RECORD, r.len);
	disk_record_put(head, &r, *place);
	buf_add(&c->out, head, sizeof(head));
	buf_add(&c->out, text->s + QFILE_RECORD, r.len);
	return true;
}

/* Twice through the old history: what is first and last, then those again. */
static bool
copy_history(struct compaction *c)
{
	struct buf text = BUF(QFILE_RECORD + QFILE_HISTORY_MAX);
	bool ok = true;
	uint64_t place = 0;
	size_t who;
	long next;

	for (int pass = 0; ok && pass < 2; pass++) {
		for (long at = c->q->history_at; ok && at < c->q->history_end; at = next) {
			struct kept *k;

			if (!(ok = owner(c->q, &text, at, &who, &next)))
				break;
			k = &c->kept[who];
			if (pass == 0) {
				k->first = k->first != 0 ? k->first : (uint64_t)at;
				k->last = (uint64_t)at;
			} else if ((uint64_t)at == k->first || (uint64_t)at == k->last) {
				ok = put_again(c, &text, (size_t)(next - at), &place);
				c->now[who] = place;
			}
		}
	}
	buf_free(&text);
	return ok && (c->out.len == 0 || flush_out(c));
}

/* All slots, with the new places of their records. */
static bool
put_slots(struct compaction *c)
{
	const size_t n = c->q->places.nrcpts;
	unsigned char bytes[QFILE_SLOT];
	struct slot slot;

	c->end = qfile_slot_at(c->q, DISK_MESSAGE);
	for (size_t i = 0; i <= n; i++) {
		/* The message's slot comes first in the file; it has the last place in now[]. */
		size_t who = i == 0 ? n : i - 1;
		uint32_t number = i == 0 ? DISK_MESSAGE : (uint32_t)(i - 1);

		if (!qfile_slot_read(c->q, number, &slot)) {
			errno = EBADMSG;
			return false;
		}
		slot.history_at = c->now[who];
		disk_slot_put(bytes, number, &slot);
		if (c->out.len + sizeof(bytes) > c->out.max && !flush_out(c))
			return false;
		buf_add(&c->out, bytes, sizeof(bytes));
	}
	return flush_out(c);
}

static bool
like_the_old(int old, int fd)
{
	struct stat st;
	struct timespec times[2];

	if (fstat(old, &st) < 0 || fchmod(fd, st.st_mode & 07777) < 0)
		return false;
	if ((st.st_uid != geteuid() || st.st_gid != getegid()) && fchown(fd, st.st_uid, st.st_gid) < 0 &&
	    geteuid() == 0)
		return false;
	times[0] = st.st_atim;
	times[1] = st.st_mtim; /* the next attempt */
	return futimens(fd, times) == 0;
}

static bool
make_copy(const struct qfile *q, int fd)
{
	const size_t n = q->places.nrcpts + 1;
	struct compaction c = { .q = q, .fd = fd, .end = q->history_at, .out = BUF(PIECE) };
	bool ok;

	c.kept = mem_zero(n, sizeof(*c.kept));
	c.now = mem_zero(n, sizeof(*c.now));
	ok = copy_prefix(q, fd) && copy_history(&c) && put_slots(&c) && like_the_old(q->fd, fd) && commit_file(fd);
	free(c.kept);
	free(c.now);
	buf_free(&c.out);
	return ok;
}

/* What a crash left under the temporary name is in the way. */
static int
create_copy(int dir, const char *path)
{
	enum { FLAGS = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW };
	int fd = openat(dir, path, FLAGS, 0600);

	if (fd < 0 && errno == EEXIST && unlinkat(dir, path, 0) == 0)
		fd = openat(dir, path, FLAGS, 0600);
	return fd;
}

/* A later mark goes to the new file: so its name must be as durable as that. */
static bool
commit_folder_of(int dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? mem_str(".")
	    : slash == path	     ? mem_str("/")
				     : mem_fmt("%.*s", (int)(slash - path), path);
	int fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), saved;
	bool ok = fd >= 0 && commit_folder(fd);

	saved = errno;
	if (fd >= 0)
		close(fd);
	free(folder);
	errno = saved;
	return ok;
}

bool
qfile_compact(struct qfile **qp, int dir, const char *path, struct verdict *why)
{
	char *temporary = mem_fmt("%s%s", path, QFILE_COMPACT_SUFFIX);
	int fd = create_copy(dir, temporary);
	struct qfile *fresh = NULL;
	enum qfile_state state;
	bool ok;

	must_hold((*qp)->mode == QFILE_WRITE);
	if (fd < 0 || !make_copy(*qp, fd))
		qfile_trouble(why, errno, path, "make a copy with a shorter history");
	else
		fresh = qfile_open_fd(fd, QFILE_WRITE, &state, why);
	if (fresh == NULL && fd >= 0)
		close(fd);
	if (fresh != NULL && renameat(dir, temporary, dir, path) < 0) {
		qfile_trouble(why, errno, path, "put the copy with a shorter history in place");
		qfile_free(&fresh);
	}
	if ((ok = fresh != NULL)) {
		if (!commit_folder_of(dir, path))
			log_warn("%s: flush its folder: %s", path, strerror(errno));
		free(fresh->path);
		fresh->path = mem_str(path);
		qfile_free(qp);
		*qp = fresh;
	} else if (fd >= 0) {
		unlinkat(dir, temporary, 0);
	}
	free(temporary);
	return ok;
}
