/* SPDX-License-Identifier: Apache-2.0 */
/* Recipients come from the file in slices, as many as the scheduler has room for. */
#include "qmgr/message.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { SLICE = 256, STRINGS_MAX = SLICE * (QFILE_RCPT_MAX + 1024) };

struct slice {
	struct slot slots[SLICE];
	long numbers[SLICE];
	size_t n;
};

/* The open ones among the next slots, at most want of them; false: they cannot be read. */
static bool
collect(struct message *m, struct slice *s, size_t want)
{
	size_t all = qfile_nrcpts(m->file), some = all - m->next < SLICE ? all - m->next : SLICE;
	struct slot seen[SLICE];
	size_t i;

	s->n = 0;
	if (!qfile_slots(m->file, m->next, some, seen))
		return false;
	for (i = 0; i < some && s->n < want; i++) {
		if (seen[i].state != SLOT_OPEN)
			continue;
		s->slots[s->n] = seen[i];
		s->numbers[s->n++] = (long)(m->next + i);
	}
	m->next += i;
	return true;
}

static struct rcpt *
rcpt_new(struct message *m, long number, const struct slot *slot, const struct recipient *from)
{
	struct rcpt *r = mem_zero(1, sizeof(*r));

	r->message = m;
	r->where = RCPT_ASKING;
	r->number = number;
	r->attempts = slot->attempts;
	r->address = mem_str(from->address);
	r->original = mem_str(from->original);
	r->orcpt = mem_str(from->orcpt);
	r->notify = mem_str(from->notify);
	list_append(&m->rcpts, &r->link);
	return r;
}

void
rcpt_free(struct rcpt *r)
{
	struct message *m = r->message;

	rcpt_forget_route(r);
	sched_settle(m->q->sched, &m->sched, &r->sched);
	list_remove(&m->rcpts, &r->link);
	free(r->address);
	free(r->original);
	free(r->orcpt);
	free(r->notify);
	free(r->nexthop);
	free(r);
}

/* What cannot be read now stays open. */
static void
give_up(struct message *m, size_t n)
{
	m->open += n;
	m->unread -= (long)n < m->unread ? (long)n : m->unread;
	sched_read(m->q->sched, &m->sched, 0, m->unread, loop_now(m->q->loop));
}

static void
enter(struct message *m, const struct slice *s, const struct recipient *rcpts)
{
	m->unread -= (long)s->n;
	/* After the last slot nothing is unread, whatever was counted before. */
	if (m->next == qfile_nrcpts(m->file) || m->unread < 0)
		m->unread = 0;
	sched_read(m->q->sched, &m->sched, (long)s->n, m->unread, loop_now(m->q->loop));
	for (size_t i = 0; i < s->n; i++)
		rcpt_route(rcpt_new(m, s->numbers[i], &s->slots[i], &rcpts[i]), &rcpts[i]);
}

void
message_read(struct message *m)
{
	long room = sched_room(m->q->sched, &m->sched, loop_now(m->q->loop));
	struct arena mem = ARENA(STRINGS_MAX);
	struct verdict why = VERDICT(&mem);
	struct recipient *rcpts;
	struct slice s;

	if (room <= 0)
		return;
	rcpts = mem_alloc(SLICE * sizeof(*rcpts));
	if (!collect(m, &s, room < SLICE ? (size_t)room : SLICE)) {
		give_up(m, (size_t)m->unread);
	} else if (!qfile_rcpts(m->file, s.slots, s.n, &mem, rcpts, &why)) {
		log_error("%s: %s", m->id, why.text);
		give_up(m, s.n);
	} else {
		enter(m, &s, rcpts);
	}
	free(rcpts);
	arena_free(&mem);
	if (m->unread > 0)
		message_wake(m);
}
