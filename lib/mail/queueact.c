/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/queueact.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/mail/qfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define IN(q) (1u << (q))

enum { ALL_BUT_HOLD = IN(QUEUE_INCOMING) | IN(QUEUE_ACTIVE) | IN(QUEUE_DEFERRED), ALL = ALL_BUT_HOLD | IN(QUEUE_HOLD) };

static const struct {
	const char *name;
	unsigned places, more_places;
	bool moves;
	enum queue to;
	bool expires, hurries;
} actions[ACTIONS] = {
	[ACT_DELETE] = { .name = "delete", .places = ALL, .more_places = IN(QUEUE_CORRUPT) | IN(QUEUE_MAILDROP) },
	[ACT_HOLD] = { .name = "hold", .places = ALL_BUT_HOLD, .moves = true, .to = QUEUE_HOLD },
	[ACT_RELEASE] = { .name = "release",
	    .places = IN(QUEUE_HOLD),
	    .moves = true,
	    .to = QUEUE_DEFERRED,
	    .hurries = true },
	[ACT_EXPIRE] = { .name = "expire", .places = ALL, .expires = true, .hurries = true },
	[ACT_EXPIRE_RELEASE] = { .name = "expire_release",
	    .places = ALL,
	    .moves = true,
	    .to = QUEUE_DEFERRED,
	    .expires = true,
	    .hurries = true },
	[ACT_ASIDE] = { .name = "aside", .places = ALL, .moves = true, .to = QUEUE_HOLD },
};

const char *
act_result_text(enum act_result result)
{
	static const char *const texts[] = {
		[ACT_DONE] = "done",
		[ACT_ABSENT] = "no such message",
		[ACT_BUSY] = "it is being received or delivered just now",
		[ACT_FAILED] = "failed",
	};

	return texts[result];
}

const char *
queue_action_name(enum queue_action act)
{
	return actions[act].name;
}

bool
queue_action_by_name(const char *name, enum queue_action *out)
{
	for (int i = 0; i < ACTIONS; i++) {
		if (strcmp(name, actions[i].name) == 0) {
			*out = (enum queue_action)i;
			return true;
		}
	}
	return false;
}

unsigned
queue_action_places(enum queue_action act)
{
	return actions[act].places;
}

unsigned
queue_action_more_places(enum queue_action act)
{
	return actions[act].more_places;
}

/*
 * Nobody writes it and nobody delivers it; *fd stays open with our lock on it
 * until the action is over.  In the other queues a lock means nothing: an
 * agent whose verdicts are on record lets go of the file a moment later.
 */
static enum act_result
lock_file(enum queue in, const char *path, int *fd)
{
	if ((*fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) < 0)
		return errno == ENOENT ? ACT_ABSENT : ACT_FAILED;
	if ((in != QUEUE_INCOMING && in != QUEUE_ACTIVE) || flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return ACT_DONE;
	close(*fd);
	return ACT_BUSY;
}

static enum act_result
expire(int fd)
{
	struct arena mem = ARENA(16384);
	struct verdict why = VERDICT(&mem);
	enum act_result result = ACT_FAILED;
	enum qfile_state state;
	struct qfile *q;
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	errno = EBADMSG; /* not a file that we can read */
	if (own >= 0 && (q = qfile_open_fd(own, QFILE_WRITE, &state, &why)) != NULL) {
		errno = EIO;
		if (qfile_set_forced_expire(q, &why))
			result = ACT_DONE;
		qfile_free(&q);
	} else if (own >= 0) {
		close(own);
		errno = EBADMSG;
	}
	arena_free(&mem);
	return result;
}

/* Only what is in hold/ is moved by a release. */
static bool
moves(enum queue_action act, enum queue in)
{
	return actions[act].moves && in != actions[act].to && (actions[act].to == QUEUE_HOLD || in == QUEUE_HOLD);
}

/* Where it was; what is no message of the queue has no such path, and no action. */
static void
left(struct acted *out, const char *path)
{
	size_t n = strlen(path) + 1;

	must_hold(n <= sizeof(out->left));
	memcpy(out->left, path, n);
}

static enum act_result
act_locked(const struct queuedir *d, enum queue_action act, enum queue in, const char *path, const char *id, int fd,
    struct acted *out)
{
	const struct timespec now[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_NOW } };
	char to[QUEUE_PATH];

	*out = (struct acted){ .where = in };
	if (act == ACT_DELETE) {
		if (unlink(path) < 0)
			return errno == ENOENT ? ACT_ABSENT : ACT_FAILED;
		left(out, path);
		return ACT_DONE;
	}
	if (actions[act].expires && expire(fd) != ACT_DONE)
		return ACT_FAILED;
	if (actions[act].hurries && futimens(fd, now) < 0)
		return ACT_FAILED;
	if (!moves(act, in))
		return ACT_DONE;
	if (!queuedir_move(d, path, actions[act].to, id, to))
		return errno == ENOENT ? ACT_ABSENT : ACT_FAILED;
	out->where = actions[act].to;
	left(out, path);
	return ACT_DONE;
}

enum act_result
queue_act_on(
    const struct queuedir *d, enum queue_action act, enum queue in, const char *path, const char *id, struct acted *out)
{
	enum act_result result;
	int fd, saved;

	if ((result = lock_file(in, path, &fd)) != ACT_DONE)
		return result;
	result = act_locked(d, act, in, path, id, fd, out);
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

enum act_result
queue_act(const struct queuedir *d, enum queue_action act, unsigned places, const char *id, struct acted *out)
{
	/* As a message goes through the queues, so that it is not missed on its way. */
	static const enum queue order[] = { QUEUE_MAILDROP, QUEUE_HOLD, QUEUE_INCOMING, QUEUE_ACTIVE, QUEUE_DEFERRED,
		QUEUE_CORRUPT };
	enum act_result result = ACT_ABSENT;
	char path[QUEUE_PATH];

	for (size_t i = 0; i < NITEMS(order) && result == ACT_ABSENT; i++)
		if ((places & IN(order[i])) != 0 && queuedir_find(d, order[i], id, path))
			result = queue_act_on(d, act, order[i], path, id, out);
	return result;
}
