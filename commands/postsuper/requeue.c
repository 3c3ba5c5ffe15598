/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requeueing: the message is put aside in hold/, entered anew through cleanup,
 * and removed once cleanup has it on the disk.  What breaks off in between
 * leaves it on hold, and may leave it twice; it is never lost.
 */
#include "commands/postsuper/postsuper.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/mail/post.h"
#include "lib/mail/qfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MEMORY = 64 << 20, SLICE = 256, ATTEMPTS = 3, AGAIN_MS = 100 };

static bool
put_rcpts(struct post *p, const struct qfile *q, struct arena *mem, struct verdict *why)
{
	size_t n = qfile_nrcpts(q);
	struct recipient r;
	struct slot slot;

	for (size_t i = 0; i < n; i++) {
		if (!qfile_slot(q, i, &slot)) {
			later(why, "4.3.0", "recipient %zu cannot be read", i);
			return false;
		}
		/* Who has it, has it; who was told that he will not get it, too. */
		if (slot.state != SLOT_OPEN && !(slot.state == SLOT_FAILED && (slot.flags & SLOT_NOTICE_OWED)))
			continue;
		if (!qfile_rcpt(q, &slot, mem, &r, why))
			return false;
		post_rcpt(p,
		    &(struct cleanup_rcpt){
			.address = r.address, .original = r.original, .orcpt = r.orcpt, .notify = r.notify });
	}
	return true;
}

static bool
put_content(struct post *p, const struct qfile *q, struct verdict *why)
{
	struct qfile_place header = qfile_header(q), body = qfile_body_place(q);

	if (post_file(p, qfile_fd(q), header.at, (size_t)header.len)) {
		post_bytes(p, "\r\n", 2);
		if (post_file(p, qfile_fd(q), body.at, (size_t)body.len))
			return true;
	}
	later(why, "4.3.0", "the content cannot be read");
	return false;
}

static enum fate
enter_anew(const struct super *s, const struct qfile *q, struct arena *mem, struct verdict *why)
{
	const struct envelope *e = qfile_envelope(q);
	const char *queue_id;
	struct post *p = post_begin(arena_fmt(mem, "public/%s", s->cf->cleanup_service_name),
	    &(struct cleanup_mail){ .sender = e->sender,
		.origin = e->origin,
		.rewrite = strcmp(e->rewrite_context, "local") == 0,
		.arrival_us = e->arrival_us,
		.ret = e->ret,
		.envid = e->envid,
		.body = e->body,
		.smtputf8 = e->smtputf8,
		.requiretls = e->requiretls,
		.client_name = e->client_name,
		.client_addr = e->client_addr,
		.client_port = e->client_port,
		.client_helo = e->client_helo,
		.protocol = e->protocol,
		.login = e->login,
		.login_method = e->login_method,
		.service = e->service,
		.uid = e->uid,
		.filter = e->filter,
		.verp = e->verp,
		.overrides = "no_milters" },
	    mem, why);
	enum fate fate = FATE_LATER;

	if (p == NULL)
		return why->fate;
	if (put_rcpts(p, q, mem, why) && put_content(p, q, why))
		fate = post_commit(&p, &queue_id, why);
	post_free(&p);
	return fate;
}

/* The file is in hold/ now, where nobody touches it. */
static bool
requeue_held(struct super *s, const char *id)
{
	struct arena mem = ARENA(MEMORY);
	struct verdict why = VERDICT(&mem);
	enum qfile_state state;
	char path[QUEUE_PATH];
	struct qfile *q = NULL;
	bool ok = false;

	if (!queuedir_find(&s->dirs, QUEUE_HOLD, id, path))
		later(&why, "4.3.0", "it is not in hold/, where it was put aside");
	else if ((q = qfile_open(AT_FDCWD, path, QFILE_READ, &state, &why)) != NULL)
		ok = enter_anew(s, q, &mem, &why) == FATE_OK;
	qfile_free(&q);
	if (!ok) {
		log_warn("%s: cannot be requeued: %s", id, why.text);
		s->failed = true;
	}
	arena_free(&mem);
	return ok;
}

/* It has been entered anew.  What keeps the old one from going may pass; else it must be known, or it comes twice. */
static void
remove_old(struct super *s, const char *id)
{
	struct super held = { .cf = s->cf, .dirs = s->dirs, .qmgr = s->qmgr, .places = 1u << QUEUE_HOLD };
	struct timespec pause = { 0, AGAIN_MS * 1000000L };

	for (int i = 0; i < ATTEMPTS; i++) {
		enum outcome out = super_act(&held, ACT_DELETE, id);

		if (out == SUPER_DONE || out == SUPER_ABSENT)
			return;
		nanosleep(&pause, NULL);
	}
	log_error(
	    "%s: requeued, but the old message is still on hold; remove it with \"postsuper -d %s hold\"", id, id);
	s->failed = true;
}

static bool
is_held(const struct super *s, const char *id)
{
	char path[QUEUE_PATH];

	return queuedir_find(&s->dirs, QUEUE_HOLD, id, path);
}

enum outcome
super_requeue(struct super *s, const char *id)
{
	bool was_held = is_held(s, id);
	enum outcome out;

	if (s->qmgr == NULL)
		log_fatal(EXIT_FAILURE,
		    "the mail system does not run, and a message is requeued through its cleanup service: "
		    "\"sallyport start\" first");
	if ((out = super_act(s, ACT_ASIDE, id)) != SUPER_DONE)
		return out;
	if (requeue_held(s, id)) {
		remove_old(s, id);
		return SUPER_DONE;
	}
	if (!was_held)
		super_act(&(struct super){ .cf = s->cf, .dirs = s->dirs, .qmgr = s->qmgr, .places = 1u << QUEUE_HOLD },
		    ACT_RELEASE, id);
	return SUPER_FAILED;
}

/* What is in the queues now; what comes meanwhile, also from here, is another matter. */
static char **
ids_in(unsigned places, size_t *n)
{
	char **ids = NULL;
	size_t cap = 0;

	*n = 0;
	for (int q = 0; q < QUEUES; q++) {
		struct queuescan_found f;
		struct queuescan *s;

		if ((places & 1u << q) == 0)
			continue;
		s = queuescan_open((enum queue)q);
		while (queuescan_next(s, &f)) {
			if (f.id[0] == '\0')
				continue;
			if (*n == cap) {
				cap = cap ? cap * 2 : 256;
				ids = mem_grow(ids, cap, sizeof(*ids));
			}
			ids[(*n)++] = mem_str(f.id);
		}
		queuescan_free(&s);
	}
	return ids;
}

long
super_requeue_all(struct super *s)
{
	unsigned own = queue_action_places(ACT_ASIDE);
	size_t n;
	char **ids = ids_in(s->places == 0 ? own : s->places & own, &n);
	long done = 0;

	for (size_t i = 0; i < n; i++) {
		done += super_requeue(s, ids[i]) == SUPER_DONE;
		free(ids[i]);
	}
	free(ids);
	return done;
}
