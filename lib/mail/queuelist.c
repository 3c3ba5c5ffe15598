/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/queuelist.h"

#include "lib/base/text.h"
#include "lib/mail/maildrop.h"
#include "lib/mail/qfile.h"
#include "lib/mail/queueahead.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLICE = 256, FILE_MEMORY = 64 << 20, RCPT_MEMORY = 1 << 20 };

/* Which recipients are listed, decided once: qmgr marks slots while we read. */
struct owed {
	unsigned char *bits;
	long n;
};

/* A delivery, or a notice that there will be none. */
static bool
is_owed(const struct slot *s)
{
	return s->state == SLOT_OPEN || (s->state == SLOT_FAILED && (s->flags & SLOT_NOTICE_OWED));
}

static bool
decide(const struct qfile *q, struct owed *o)
{
	size_t n = qfile_nrcpts(q);
	struct slot slots[SLICE];

	o->n = 0;
	o->bits = mem_zero(n / 8 + 1, 1);
	for (size_t first = 0; first < n; first += SLICE) {
		size_t some = n - first < SLICE ? n - first : SLICE;

		if (!qfile_slots(q, first, some, slots))
			return false;
		for (size_t i = 0; i < some; i++) {
			if (!is_owed(&slots[i]))
				continue;
			o->bits[(first + i) / 8] |= (unsigned char)(1u << (first + i) % 8);
			o->n++;
		}
	}
	return true;
}

static bool
list_rcpt(const struct qfile *q, size_t i, const struct queue_lister *to)
{
	struct arena mem = ARENA(RCPT_MEMORY);
	struct verdict why = VERDICT(&mem);
	struct showq_rcpt say = { .address = "(cannot be read)", .reason = "" };
	struct recipient r;
	struct history h;
	struct slot slot;
	bool ok;

	if (qfile_slot(q, i, &slot)) {
		if (qfile_rcpt(q, &slot, &mem, &r, &why))
			say.address = r.address;
		if (qfile_history_at(q, slot.history_at, &mem, &h))
			say.reason = h.text;
	}
	ok = to->rcpt(to->ctx, &say);
	arena_free(&mem);
	return ok;
}

static bool
list_good(const struct qfile *q, const struct owed *o, enum queue queue, const char *id, const struct queue_lister *to)
{
	const struct envelope *e = qfile_envelope(q);
	struct showq_message say = { .queue = queue_names[queue],
		.queue_id = id,
		.arrival = e->arrival_us / 1000000,
		.size = qfile_size(q),
		.sender = e->sender,
		.nrcpt = o->n,
		.forced_expire = e->forced_expire };
	bool ok;

	if (queue == QUEUE_DEFERRED)
		say.next_attempt = qfile_modified(q);
	ok = to->message(to->ctx, &say);
	for (size_t i = 0; ok && i < qfile_nrcpts(q); i++)
		if (o->bits[i / 8] & 1u << i % 8)
			ok = list_rcpt(q, i, to);
	return ok;
}

static bool
list_file(enum queue queue, const char *id, const struct qfile *q, const struct queue_lister *to)
{
	struct owed o = { .bits = NULL };
	bool ok = true;

	if (decide(q, &o))
		ok = list_good(q, &o, queue, id, to);
	free(o.bits);
	return ok;
}

static bool
list_queue(enum queue queue, const char *id, const struct queue_lister *to)
{
	struct queueahead *a = queueahead_open(queue, id);
	struct queueahead_file f;
	bool ok = true;

	while (ok && queueahead_next(a, &f)) {
		ok = list_file(queue, f.id, f.file, to);
		qfile_free(&f.file);
	}
	queueahead_free(&a);
	return ok;
}

static ssize_t
read_fd(void *ctx, void *bytes, size_t n)
{
	return read(*(int *)ctx, bytes, n);
}

static bool
list_maildrop(const char *id, const struct maildrop *m, const struct stat *st, const struct queue_lister *to)
{
	bool ok = to->message(to->ctx,
	    &(struct showq_message){ .queue = queue_names[QUEUE_MAILDROP],
		.queue_id = id,
		.arrival = st->st_mtim.tv_sec,
		.size = st->st_size,
		.sender = m->mail.sender,
		.nrcpt = (long)m->nrcpts });

	for (size_t r = 0; ok && r < m->nrcpts; r++)
		ok = to->rcpt(to->ctx, &(struct showq_rcpt){ .address = m->rcpts[r].address, .reason = "" });
	return ok;
}

/* What a user dropped, and pickup has not seen; anything may lie there. */
static bool
list_dropped(const char *id, const char *path, const struct queue_lister *to)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct arena mem = ARENA(FILE_MEMORY);
	struct verdict why = VERDICT(&mem);
	struct maildrop_reader r;
	struct maildrop m = { 0 };
	struct stat st;
	bool ok = true;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IXUSR)) {
		maildrop_open(&r, read_fd, &fd);
		if (maildrop_read(&r, &mem, &m, &why) == FATE_OK)
			ok = list_maildrop(id, &m, &st, to);
		maildrop_free(&m);
		maildrop_close(&r);
	}
	if (fd >= 0)
		close(fd);
	arena_free(&mem);
	return ok;
}

static bool
list_all_dropped(const char *id, const struct queue_lister *to)
{
	struct queuescan *s = queuescan_open(QUEUE_MAILDROP);
	struct queuescan_found f;
	bool ok = true;

	while (ok && queuescan_next(s, &f))
		if (f.id[0] != '\0' && (id[0] == '\0' || strcmp(f.id, id) == 0))
			ok = list_dropped(f.id, f.path, to);
	queuescan_free(&s);
	return ok;
}

bool
queue_list(const char *id, const struct queue_lister *to)
{
	/* As a message goes through them, so that it is rather seen twice than missed. */
	static const enum queue order[] = { QUEUE_INCOMING, QUEUE_ACTIVE, QUEUE_DEFERRED, QUEUE_HOLD };
	bool ok = list_all_dropped(id, to);

	for (size_t k = 0; ok && k < NITEMS(order); k++)
		ok = list_queue(order[k], id, to);
	return ok;
}
