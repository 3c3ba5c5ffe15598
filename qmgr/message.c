/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/message.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "qmgr/early.h"
#include "qmgr/intake.h"
#include "qmgr/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLICE = 256, ROUTE_FRESH_S = 600, WHY_MAX = 16384, UNFINISHED_S = 10 };

struct message *
message_of(struct qmgr *q, const char *id)
{
	return hash_get(&q->messages, id);
}

/* Damaged: out of the way, for the administrator. */
static void
to_corrupt(struct qmgr *q, enum queue from, const char *path, const char *id, const char *why)
{
	char to[QUEUE_PATH];

	log_warn("%s", why);
	if (queuedir_move(&q->dirs, path, QUEUE_CORRUPT, id, to)) {
		log_warn("saving corrupt file \"%s\" from queue \"%s\" to queue \"corrupt\"", id, queue_names[from]);
		sync_left(q, path);
	} else {
		log_error("cannot move corrupt file %s to queue \"corrupt\": %s; move it away by hand", path,
		    strerror(errno));
	}
}

/* A file that is just being created is empty and not yet locked for a moment. */
static bool
is_old(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && now_us() / 1000000 - st.st_mtim.tv_sec > UNFINISHED_S;
}

/* What cannot be opened. */
static void
set_aside(
    struct qmgr *q, enum queue from, const char *path, const char *id, enum qfile_state state, struct verdict *why)
{
	switch (state) {
	case QFILE_UNFINISHED:
		if (from != QUEUE_INCOMING)
			to_corrupt(q, from, path, id, why->text);
		else if (is_old(path) && qfile_remove_unfinished(AT_FDCWD, path, why))
			log_info(
			    "%s: cleared away: its reception broke off, and nobody was told that it was accepted", id);
		break;
	case QFILE_DAMAGED:
		to_corrupt(q, from, path, id, why->text);
		break;
	case QFILE_NEWER:
		if (intake_leave_alone(q, id))
			log_warn("%s: left alone: %s", id, why->text);
		break;
	default:
		/* Gone (somebody was faster), or a system error that qfile has logged. */
		break;
	}
}

/*
 * Power failed between two flushes, and the file system has the name from before
 * a move beside that from behind it.  Left there, it would be delivered once more.
 */
static void
drop_other_names(struct qmgr *q, const struct qfile *file, const char *path, const char *id)
{
	static const enum queue queues[] = { QUEUE_INCOMING, QUEUE_ACTIVE, QUEUE_DEFERRED, QUEUE_HOLD };
	char other[QUEUE_PATH];
	struct stat ours, st;

	if (fstat(qfile_fd(file), &ours) < 0 || ours.st_nlink < 2)
		return;
	for (size_t i = 0; i < NITEMS(queues); i++) {
		if (!queuedir_find(&q->dirs, queues[i], id, other) || strcmp(other, path) == 0)
			continue;
		if (lstat(other, &st) < 0 || st.st_ino != ours.st_ino || st.st_dev != ours.st_dev)
			continue;
		if (unlink(other) < 0) {
			log_error("%s: cannot be removed: %s; it is another name of %s, and may be delivered twice",
			    other, strerror(errno), path);
			continue;
		}
		log_info("%s: removed: another name of %s, from before the machine went down", other, path);
		sync_left(q, other);
	}
}

static struct qfile *
open_file(struct qmgr *q, enum queue from, const char *path, const char *id, unsigned flags, bool *busy)
{
	struct arena mem = ARENA(WHY_MAX);
	struct verdict why = VERDICT(&mem);
	enum qfile_state state;
	struct qfile *file = qfile_open(AT_FDCWD, path, QFILE_WRITE, &state, &why);
	bool survivor = file != NULL && q->unclean && qfile_envelope(file)->arrival_us < q->started_us;

	*busy = false;
	if (file == NULL) {
		set_aside(q, from, path, id, state, &why);
	} else if ((flags & OPEN_NEWS) == 0 && qfile_busy(file)) {
		*busy = true;
		qfile_free(&file);
	} else if (from == QUEUE_INCOMING && survivor && !qfile_body_ok(file)) {
		/* Its trailer reached the disk, its body did not: so the client was never told that it had. */
		qfile_free(&file);
		later(&why, "4.3.0", "%s: the body is damaged", path);
		to_corrupt(q, from, path, id, why.text);
	} else if (survivor) {
		drop_other_names(q, file, path, id);
	}
	arena_free(&mem);
	return file;
}

/* Into its place; false: it stays where it is. */
static bool
move_to(struct qmgr *q, const char *from, enum queue to, const char *id, char path[QUEUE_PATH])
{
	if (queuedir_move(&q->dirs, from, to, id, path)) {
		sync_left(q, from);
		return true;
	}
	if (errno != ENOENT)
		log_error("cannot move %s to queue \"%s\": %s", from, queue_names[to], strerror(errno));
	return false;
}

/* What there is to do: recipients that are open, and that owe a notice. */
static bool
count_slots(struct message *m)
{
	size_t n = qfile_nrcpts(m->file);
	struct slot slots[SLICE];

	for (size_t first = 0; first < n; first += SLICE) {
		size_t some = n - first < SLICE ? n - first : SLICE;

		if (!qfile_slots(m->file, first, some, slots))
			return false;
		for (size_t i = 0; i < some; i++) {
			m->unread += slots[i].state == SLOT_OPEN;
			m->owed += slots[i].state == SLOT_FAILED && (slots[i].flags & SLOT_NOTICE_OWED);
		}
	}
	return true;
}

/* cleanup has just found the routes, under the same configuration. */
static bool
routes_fresh(const struct message *m, enum queue from)
{
	return from != QUEUE_DEFERRED && m->envelope->route_generation[0] != '\0' &&
	    m->active_us - m->envelope->arrival_us < ROUTE_FRESH_S * 1000000L;
}

static struct message *
take_up(struct qmgr *q, struct qfile *file, enum queue from, const char *path, const char *id, unsigned flags)
{
	struct message *m = mem_zero(1, sizeof(*m));

	m->q = q;
	memcpy(m->id, id, strlen(id) + 1);
	memcpy(m->path, path, strlen(path) + 1);
	m->file = file;
	m->envelope = qfile_envelope(file);
	list_init(&m->rcpts);
	m->active_us = now_us();
	m->routes_fresh = routes_fresh(m, from);
	m->flushed = (flags & OPEN_FLUSHED) != 0;
	if (!count_slots(m)) {
		/* It cannot be read now; the next attempt may be luckier. */
		m->unread = 0;
		m->open = 1;
	}
	log_info(
	    "%s: from=<%s>, size=%ld, nrcpt=%ld (queue active)", id, m->envelope->sender, qfile_size(file), m->unread);
	if (m->envelope->forced_expire) {
		/* No further attempt: all that is open fails. */
		m->open += (size_t)m->unread;
		m->unread = 0;
	}
	hash_put(&q->messages, id, m);
	sched_message_add(q->sched, &m->sched, m->unread, loop_now(q->loop));
	message_wake(m);
	return m;
}

enum opened
message_open(struct qmgr *q, enum queue from, const char *path, const char *id, unsigned flags)
{
	char active[QUEUE_PATH];
	struct qfile *file;
	bool busy;

	if (message_of(q, id) != NULL)
		return OPEN_NOT;
	if ((file = open_file(q, from, path, id, flags, &busy)) == NULL)
		return busy ? OPEN_BUSY : OPEN_NOT;
	if (from == QUEUE_INCOMING && qfile_envelope(file)->hold_reason[0] != '\0') {
		move_to(q, path, QUEUE_HOLD, id, active);
		qfile_free(&file);
		return OPEN_NOT;
	}
	if (from == QUEUE_ACTIVE || (flags & OPEN_EARLY)) {
		memcpy(active, path, strlen(path) + 1);
	} else if (!move_to(q, path, QUEUE_ACTIVE, id, active)) {
		qfile_free(&file);
		return OPEN_NOT;
	}
	take_up(q, file, from, active, id, flags);
	return OPENED;
}

enum opened
message_from_memory(struct qmgr *q, int fd, const char *path, const char *id)
{
	struct arena mem = ARENA(WHY_MAX);
	struct verdict why = VERDICT(&mem);
	enum qfile_state state;
	struct qfile *file = message_of(q, id) == NULL ? qfile_open_fd(fd, QFILE_READ, &state, &why) : NULL;

	if (file == NULL || strcmp(qfile_id(file), id) != 0) {
		log_warn("%s: this is no message in memory: %s", id, why.text);
		if (file == NULL)
			close(fd);
		qfile_free(&file);
	} else {
		take_up(q, file, QUEUE_INCOMING, path, id, OPEN_EARLY)->in_memory = true;
	}
	arena_free(&mem);
	return message_of(q, id) != NULL ? OPENED : OPEN_NOT;
}

bool
message_reopen(struct message *m)
{
	struct arena mem = ARENA(WHY_MAX);
	struct verdict why = VERDICT(&mem);
	enum qfile_state state;
	struct qfile *file = qfile_open(AT_FDCWD, m->path, QFILE_WRITE, &state, &why);

	if (file != NULL) {
		qfile_free(&m->file);
		m->file = file;
		m->envelope = qfile_envelope(file);
		m->in_memory = false;
	}
	arena_free(&mem);
	return file != NULL;
}

void
message_to_active(struct message *m)
{
	char active[QUEUE_PATH];

	/* Where it is, it is as safe, and found again. */
	if (move_to(m->q, m->path, QUEUE_ACTIVE, m->id, active))
		memcpy(m->path, active, sizeof(m->path));
}

void
message_wake(struct message *m)
{
	if (!list_has(&m->work))
		list_append(&m->q->work, &m->work);
}

/* What no agent has is forgotten; the slots stay as they are. */
static void
drop_waiting(struct message *m)
{
	LIST_EACH (struct rcpt, r, link, &m->rcpts)
		if (r->where != RCPT_SENT)
			rcpt_free(r);
	m->unread = 0;
	sched_read(m->q->sched, &m->sched, 0, 0, loop_now(m->q->loop));
}

void
message_asked(struct message *m, enum wish wish)
{
	m->wish = wish;
	drop_waiting(m);
	message_wake(m);
}

/* False, with errno.  That cleanup or somebody else has removed it must last, too. */
static bool
remove_name(struct message *m)
{
	int saved;

	if (unlink(m->path) == 0 || errno == ENOENT) {
		if (!m->in_memory)
			sync_left(m->q, m->path);
		return true;
	}
	saved = errno;
	log_error("%s: cannot be removed: %s", m->path, strerror(errno));
	errno = saved;
	return false;
}

/* False, with errno: it is where it was, and is taken up again later. */
static bool
grant(struct message *m)
{
	struct qmgr *q = m->q;
	char path[QUEUE_PATH];
	bool ok = true;
	int saved;

	if (m->wish == WISH_FORGET)
		intake_rescan(q); /* whatever there is of it is found */
	else if (m->wish == WISH_HOLD)
		ok = move_to(q, m->path, QUEUE_HOLD, m->id, path);
	else
		ok = remove_name(m);
	saved = errno;
	message_free(m);
	if (!ok)
		intake_active_again(q);
	errno = saved;
	return ok;
}

/* What outlasts the file must wait until the file is durable (early.h). */
static bool
must_be_durable(const struct message *m)
{
	if (m->early == NULL)
		return false;
	return m->open > 0 || m->owed > 0 || m->wish == WISH_HOLD ||
	    (m->in_memory && (m->wish != WISH_NONE || m->early->asked));
}

void
message_step(struct message *m)
{
	if (m->busy > 0 || m->stage == STAGE_NOTICE) {
		/* An answer will come; meanwhile there may be room for more recipients. */
		if (m->busy > 0 && m->unread > 0 && !m->q->stopping)
			message_read(m);
		return;
	}
	if (m->wish == WISH_NONE && m->stage == STAGE_TRYING) {
		if (m->unread > 0 && !m->q->stopping)
			message_read(m);
		if (m->unread > 0 || m->rcpts.n > 0)
			return;
	}
	if (must_be_durable(m))
		early_ask(m);
	else if (m->wish != WISH_NONE)
		grant(m);
	else
		message_finish(m);
}

bool
message_grant(struct message *m)
{
	if (m->wish == WISH_NONE || must_be_durable(m))
		return true;
	if (m->busy == 0 && m->stage != STAGE_NOTICE)
		return grant(m);
	/* Who has its descriptor finishes with that; nobody will find it any more. */
	return m->wish != WISH_DELETE || remove_name(m);
}

void
messages_refill(struct qmgr *q)
{
	HASH_EACH (e, &q->messages) {
		struct message *m = e->value;

		if (m->unread > 0 && m->wish == WISH_NONE)
			message_wake(m);
	}
}

void
message_free(struct message *m)
{
	struct qmgr *q = m->q;

	must_hold(m->busy == 0);
	LIST_EACH (struct rcpt, r, link, &m->rcpts)
		rcpt_free(r);
	if (list_has(&m->work))
		list_remove(&q->work, &m->work);
	sync_forget(m);
	early_forget(m);
	hash_remove(&q->messages, m->id);
	sched_message_remove(q->sched, &m->sched);
	qfile_free(&m->file);
	free(m);
}
