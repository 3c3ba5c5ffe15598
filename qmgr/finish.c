/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an attempt: what is too old fails, failures are told, the file is removed or deferred. */
#include "qmgr/message.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "qmgr/bouncer.h"
#include "qmgr/deferred.h"
#include "qmgr/early.h"
#include "qmgr/intake.h"
#include "qmgr/outcome.h"
#include "qmgr/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLICE = 256, WHY_MAX = 16384 };

static bool
too_old(const struct message *m)
{
	return m->envelope->forced_expire ||
	    retry_over(
		&m->q->retry, m->envelope->arrival_us / 1000000, now_us() / 1000000, m->envelope->sender[0] == '\0');
}

/* A recipient that was never tried has no reason in its history. */
static const struct history expired_untried = {
	.code = 550,
	.dsn = "5.4.7",
	.action = "failed",
	.text = "message is too long in the queue",
	.mta = "",
	.mta_type = "",
	.diag = "",
	.diag_type = "",
};

/* One slot on its way; false: it cannot be written, and stays. */
static bool
mark_slot(struct message *m, size_t i, const struct slot *s, enum slot_state to, unsigned flags, struct verdict *why)
{
	struct history h = expired_untried;

	h.time_us = now_us();
	if (m->envelope->forced_expire)
		h.text = "message is administratively expired";
	return qfile_mark(m->file, i, to, flags, to == SLOT_FAILED && s->history_at == 0 ? &h : NULL, why);
}

enum marked { MARKED_SLICE, MARKED_ALL, MARK_FAILED };

/* Slots in state from go to state to, a slice at a time. */
static enum marked
mark_slice(struct message *m, enum slot_state from, enum slot_state to, unsigned flags, size_t *count)
{
	size_t all = qfile_nrcpts(m->file), some = all - m->next < SLICE ? all - m->next : SLICE;
	struct arena mem = ARENA(WHY_MAX);
	struct verdict why = VERDICT(&mem);
	struct slot slots[SLICE];
	bool ok = qfile_slots(m->file, m->next, some, slots);

	for (size_t i = 0; ok && i < some; i++) {
		if (slots[i].state != from)
			continue;
		ok = mark_slot(m, m->next + i, &slots[i], to, flags, &why);
		*count += ok;
	}
	arena_free(&mem);
	sync_marks(m);
	m->next += some;
	return !ok ? MARK_FAILED : m->next == all ? MARKED_ALL : MARKED_SLICE;
}

static bool
mark_all(struct message *m, enum slot_state from, enum slot_state to)
{
	enum marked marked;
	size_t count = 0;

	m->next = 0;
	do
		marked = mark_slice(m, from, to, 0, &count);
	while (marked == MARKED_SLICE);
	return marked == MARKED_ALL;
}

/*
 * All is done.  No slot says that the last recipients were delivered, or that
 * the sender has had the notice, when nothing else was left to do: the file's
 * end is the record, and an agent is told to forget only after it.  The flush
 * of the folder makes it last.  A file that stays has to say it after all.
 */
static void
remove_file(struct message *m)
{
	bool had_file = !early_in_memory(m);

	if (had_file && unlink(m->path) < 0 && errno != ENOENT) {
		log_error("%s: cannot be removed: %s; the next start tries again", m->path, strerror(errno));
		if (!mark_all(m, SLOT_OPEN, SLOT_DELIVERED) || !mark_all(m, SLOT_FAILED, SLOT_NOTIFIED))
			log_error("%s: nor can it be written what has been done; that may be repeated", m->path);
	} else {
		log_info("%s: removed", m->id);
		early_removed(m);
		if (had_file)
			sync_left(m->q, m->path);
	}
	message_free(m);
}

static void
compact(struct message *m)
{
	struct arena mem = ARENA(WHY_MAX);
	struct verdict why = VERDICT(&mem);

	if (!qfile_compact(&m->file, AT_FDCWD, m->path, &why))
		log_warn("%s: the history could not be shortened: %s", m->id, why.text);
	m->envelope = qfile_envelope(m->file);
	arena_free(&mem);
}

static void
defer(struct message *m)
{
	struct qmgr *q = m->q;
	long next = retry_at(&q->retry, m->envelope->arrival_us / 1000000, now_us() / 1000000);
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = next } };
	char path[QUEUE_PATH];

	sync_forget(m);
	if (qfile_history_due(m->file, q->cf->history_size_limit))
		compact(m);
	/* After the last write, which would set it again. */
	if (futimens(qfile_fd(m->file), times) < 0)
		log_warn("%s: set the time of the next attempt: %s", m->path, strerror(errno));
	if (queuedir_move(&q->dirs, m->path, QUEUE_DEFERRED, m->id, path)) {
		deferred_add(q, m->id, next, m->domains);
		sync_file(q, qfile_fd(m->file));
		sync_left(q, m->path);
	} else {
		log_error("%s: cannot be deferred: %s", m->path, strerror(errno));
		intake_active_again(q);
	}
	message_free(m);
}

static void
start_expiring(struct message *m)
{
	log_info("%s: from=<%s>, status=%s, returned to sender", m->id, m->envelope->sender,
	    m->envelope->forced_expire ? "force-expired" : "expired");
	m->expired = true;
	m->stage = STAGE_EXPIRING;
	m->next = 0;
}

static void
expire_slice(struct message *m)
{
	switch (mark_slice(m, SLOT_OPEN, SLOT_FAILED, SLOT_NOTICE_OWED, &m->owed)) {
	case MARKED_SLICE:
		message_wake(m);
		break;
	case MARKED_ALL:
		m->open = 0;
		m->stage = STAGE_NOTICE;
		bouncer_ask(m->q, m);
		break;
	case MARK_FAILED: /* they are still open, and expire the next time */
		m->stage = STAGE_LEAVING;
		message_wake(m);
		break;
	}
}

static void
notified_slice(struct message *m)
{
	size_t count = 0;

	switch (mark_slice(m, SLOT_FAILED, SLOT_NOTIFIED, 0, &count)) {
	case MARKED_SLICE:
		break;
	case MARKED_ALL:
		m->owed = 0;
		/* fallthrough */
	case MARK_FAILED:
		m->stage = STAGE_LEAVING;
		break;
	}
	message_wake(m);
}

void
message_notified(struct message *m, bool ok)
{
	m->stage = STAGE_LEAVING;
	if (ok && m->open > 0) {
		m->stage = STAGE_NOTIFIED;
		m->next = 0;
	} else if (ok) {
		m->owed = 0;
	}
	message_wake(m);
}

void
message_finish(struct message *m)
{
	switch (m->stage) {
	case STAGE_TRYING:
		if (m->open > 0 && too_old(m)) {
			start_expiring(m);
			expire_slice(m);
			return;
		}
		if (m->owed > 0) {
			m->stage = STAGE_NOTICE;
			bouncer_ask(m->q, m);
			return;
		}
		break;
	case STAGE_EXPIRING:
		expire_slice(m);
		return;
	case STAGE_NOTIFIED:
		notified_slice(m);
		return;
	case STAGE_NOTICE:
		return;
	case STAGE_LEAVING:
		break;
	}
	if (m->open > 0 || m->owed > 0)
		defer(m);
	else
		remove_file(m);
}
