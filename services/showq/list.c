/* SPDX-License-Identifier: Apache-2.0 */
#include "services/showq/list.h"

#include "lib/mail/maildrop.h"
#include "lib/mail/qfile.h"
#include "lib/mail/queuedir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLICE = 256 };

/* Who is still owed something: a delivery, or a notice that he will not get it. */
static bool
is_owed(const struct slot *s)
{
	return s->state == SLOT_OPEN || (s->state == SLOT_FAILED && (s->flags & SLOT_NOTICE_OWED));
}

typedef bool each_slot(const struct slot *, void *ctx);

/* All slots in slices; false: they cannot be read, or each() has had enough. */
static bool
walk_slots(const struct qfile *q, each_slot *each, void *ctx)
{
	size_t n = qfile_nrcpts(q);
	struct slot slots[SLICE];

	for (size_t first = 0; first < n; first += SLICE) {
		size_t some = n - first < SLICE ? n - first : SLICE;

		if (!qfile_slots(q, first, some, slots))
			return false;
		for (size_t i = 0; i < some; i++)
			if (is_owed(&slots[i]) && !each(&slots[i], ctx))
				return false;
	}
	return true;
}

static bool
count_one(const struct slot *s, void *ctx)
{
	(void)s;
	++*(long *)ctx;
	return true;
}

struct sending {
	struct ipc *ipc;
	const struct qfile *q;
	struct arena *mem;
};

static bool
send_one(const struct slot *s, void *ctx)
{
	struct sending *to = ctx;
	struct verdict why = VERDICT(to->mem);
	struct showq_rcpt say = { .reason = "" };
	struct recipient r;
	struct history h;

	arena_reset(to->mem);
	say.address = qfile_rcpt(to->q, s, to->mem, &r, &why) ? r.address : "(cannot be read)";
	if (qfile_history_at(to->q, s->history_at, to->mem, &h))
		say.reason = h.text;
	showq_rcpt_send(to->ipc, &say);
	return ipc_ok(to->ipc);
}

static void
list_file(struct ipc *i, enum queue queue, const char *id, const char *path)
{
	struct arena mem = ARENA(LIST_MEMORY);
	struct verdict why = VERDICT(&mem);
	struct showq_message say = { .queue = queue_names[queue], .queue_id = id };
	struct sending to = { i, NULL, &mem };
	const struct envelope *e;
	enum qfile_state state;
	struct qfile *q = qfile_open(AT_FDCWD, path, QFILE_READ, &state, &why);
	struct stat st;

	if (q != NULL && walk_slots(q, count_one, &say.nrcpt)) {
		e = qfile_envelope(q);
		say.arrival = e->arrival_us / 1000000;
		say.size = qfile_size(q);
		say.sender = e->sender;
		say.forced_expire = e->forced_expire;
		if (queue == QUEUE_DEFERRED && fstat(qfile_fd(q), &st) == 0)
			say.next_attempt = st.st_mtim.tv_sec;
		showq_message_send(i, &say);
		to.q = q;
		if (!walk_slots(q, send_one, &to))
			ipc_fail(i, "%s: recipients cannot be read", path);
	}
	qfile_free(&q);
	arena_free(&mem);
}

static ssize_t
read_fd(void *ctx, void *bytes, size_t n)
{
	return read(*(int *)ctx, bytes, n);
}

static void
send_dropped(struct ipc *i, const char *id, const struct maildrop *m, const struct stat *st)
{
	struct showq_message say = { .queue = queue_names[QUEUE_MAILDROP],
		.queue_id = id,
		.arrival = st->st_mtim.tv_sec,
		.size = st->st_size,
		.sender = m->mail.sender,
		.nrcpt = (long)m->nrcpts };

	showq_message_send(i, &say);
	for (size_t r = 0; r < m->nrcpts; r++)
		showq_rcpt_send(i, &(struct showq_rcpt){ .address = m->rcpts[r].address });
}

/* What a user dropped, and pickup has not seen; anything may lie there. */
static void
list_dropped(struct ipc *i, const char *id, const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct arena mem = ARENA(LIST_MEMORY);
	struct verdict why = VERDICT(&mem);
	struct maildrop_reader r;
	struct maildrop m = { 0 };
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IXUSR)) {
		maildrop_open(&r, read_fd, &fd);
		if (maildrop_read(&r, &mem, &m, &why) == FATE_OK)
			send_dropped(i, id, &m, &st);
		maildrop_free(&m);
		maildrop_close(&r);
	}
	if (fd >= 0)
		close(fd);
	arena_free(&mem);
}

void
list_queue(struct ipc *i, const char *queue_id)
{
	static const enum queue order[] = { QUEUE_MAILDROP, QUEUE_INCOMING, QUEUE_ACTIVE, QUEUE_DEFERRED, QUEUE_HOLD };

	for (size_t k = 0; k < NITEMS(order) && ipc_ok(i); k++) {
		struct queuescan *s = queuescan_open(order[k]);
		struct queuescan_found found;

		while (ipc_ok(i) && queuescan_next(s, &found)) {
			if (found.id[0] == '\0' || (queue_id[0] != '\0' && strcmp(found.id, queue_id) != 0))
				continue;
			if (order[k] == QUEUE_MAILDROP)
				list_dropped(i, found.id, found.path);
			else
				list_file(i, order[k], found.id, found.path);
		}
		queuescan_free(&s);
	}
}
