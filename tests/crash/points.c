/* SPDX-License-Identifier: Apache-2.0 */
/*
 * points - preloaded into the programs under test, it kills or disturbs them at one chosen system call.
 *
 * Why a preloaded library: a point costs a microsecond, so that thousands of
 * them run at the speed of the suite; it works with threads, with changed
 * accounts and inside Landlock, since the shared file is mapped before any of
 * them; and an injected error is one line.  What it cannot see are calls that
 * libc makes by itself (stdio): run --imports compares what the programs
 * import with what is wrapped here, so that no call goes unseen.  master
 * clears its environment, so the suite's import_environment names LD_PRELOAD;
 * set-gid postdrop honours it when it is run with an equal group.
 *
 * "Whole suite" means: from the moment of the point nobody makes another call
 * that counts, since all wrappers stop at the frozen flag; the harness looks
 * at the queue as it is then, and kills all.
 */
#include "tests/crash/inside.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct points *shared;
static struct points_program *self;

/* ---- start ---- */

static void
enlist(void)
{
	uint32_t i = __atomic_fetch_add(&shared->npids, 1, __ATOMIC_SEQ_CST);

	shared->pids[i % POINTS_PIDS] = (uint32_t)getpid();
}

static struct points_program *
program_of(const char *name)
{
	for (uint32_t i = 0; i < POINTS_PROGRAMS; i++) {
		char *slot = shared->programs[i].name, expected = 0;

		/* The first letter claims the slot; nobody looks at the rest before it is there. */
		if (__atomic_compare_exchange_n(slot, &expected, '?', false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
			strncpy(slot + 1, name + 1, POINTS_NAME - 2);
			__atomic_store_n(slot, name[0], __ATOMIC_SEQ_CST);
			__atomic_fetch_add(&shared->nprograms, 1, __ATOMIC_SEQ_CST);
			return &shared->programs[i];
		}
		while (__atomic_load_n(slot, __ATOMIC_SEQ_CST) == '?')
			;
		if (strncmp(slot, name, POINTS_NAME - 1) == 0)
			return &shared->programs[i];
	}
	return NULL;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("CRASH_POINTS");
	void *at;
	int fd;

	if (path == NULL || (fd = open(path, O_RDWR | O_CLOEXEC)) < 0)
		return;
	at = mmap(NULL, sizeof(struct points), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED || ((struct points *)at)->magic != POINTS_MAGIC)
		return;
	shared = at;
	self = program_of(program_invocation_short_name);
	enlist();
	pthread_atfork(NULL, NULL, enlist);
}

/* ---- which files ---- */

static void
place_of(int dir, const char *path, char out[POINTS_PATH * 2])
{
	char link[64];
	ssize_t n = 0;

	out[0] = '\0';
	if (path != NULL && path[0] == '/') {
		snprintf(out, POINTS_PATH * 2, "%s", path);
		return;
	}
	if (dir == AT_FDCWD) {
		if (getcwd(out, POINTS_PATH) == NULL)
			out[0] = '\0';
		n = (ssize_t)strlen(out);
	} else {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
		if ((n = readlink(link, out, POINTS_PATH - 1)) < 0)
			n = 0;
		out[n] = '\0';
	}
	if (path != NULL)
		snprintf(out + n, (size_t)(POINTS_PATH * 2 - n), "/%s", path);
}

/* The part of the path that is worth telling; NULL: it is not ours. */
static const char *
counted(const char *place)
{
	for (int i = 0; shared != NULL && i < POINTS_ROOTS && shared->roots[i][0] != '\0'; i++) {
		size_t n = strlen(shared->roots[i]) - 1;

		if (strncmp(place, shared->roots[i], n) == 0 && (place[n] == '/' || place[n] == '\0'))
			return place;
	}
	return NULL;
}

static bool
is_peer(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* ---- the point ---- */

static void
wait_for_the_end(void)
{
	for (;;)
		pause();
}

static void
fire(void)
{
	shared->fired_pid = (uint32_t)getpid();
	if (shared->action == POINTS_FREEZE)
		__atomic_store_n(&shared->frozen, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&shared->fired, 1, __ATOMIC_SEQ_CST);
	if (shared->action == POINTS_KILL)
		kill(getpid(), SIGKILL);
	if (shared->action == POINTS_KILL || shared->action == POINTS_FREEZE)
		wait_for_the_end();
}

static void
note(enum points_class class, uint32_t n, const char *kind, const char *place)
{
	uint32_t i = __atomic_fetch_add(&shared->ntrace, 1, __ATOMIC_SEQ_CST);
	struct points_call *c = &shared->trace[i % POINTS_TRACE];

	if (i >= POINTS_TRACE)
		return;
	*c = (struct points_call){ .class = class, .n = n };
	snprintf(c->program, sizeof(c->program), "%s", self->name);
	snprintf(c->kind, sizeof(c->kind), "%s", kind);
	snprintf(c->path, sizeof(c->path), "%s", place != NULL ? place : "");
}

/* What a full disk refuses. */
static bool
needs_space(const char *kind)
{
	static const char *const kinds[] = { "create", "write", "writev", "pwrite", "pwritev", "mkdir", "link", "fsync",
		"fdatasync" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

static bool
is_target(enum points_class class, uint32_t n, const char *kind)
{
	uint32_t nobody = 0;

	if (strncmp(shared->target, self->name, POINTS_NAME) != 0 || class != shared->target_class)
		return false;
	if (shared->action == POINTS_FULL)
		return n >= shared->target_n && needs_space(kind);
	return n == shared->target_n &&
	    __atomic_compare_exchange_n(&shared->claimed, &nobody, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* errno is as it was, unless the turn is FAIL. */
enum turn
point(enum points_class class, const char *kind, const char *place)
{
	int saved = errno;
	uint32_t n;

	if (class == POINTS_NONE || self == NULL)
		return GO;
	if (__atomic_load_n(&shared->frozen, __ATOMIC_SEQ_CST))
		wait_for_the_end();
	if (!shared->armed)
		return GO;
	n = __atomic_add_fetch(&self->count[class], 1, __ATOMIC_SEQ_CST);
	note(class, n, kind, place);
	errno = saved;
	if (!is_target(class, n, kind))
		return GO;
	switch (shared->action) {
	case POINTS_KILL:
	case POINTS_FREEZE:
		if (shared->after)
			return GO_AND_DIE;
		fire();
		return GO;
	case POINTS_ERROR:
	case POINTS_FULL:
		fire();
		errno = shared->error;
		return FAIL;
	case POINTS_SHORT:
		fire();
		return HALF;
	default:
		return GO;
	}
}

/* The turn of a call on an open file or a socket; what it is doing there. */
enum turn
point_fd(int fd, const char *kind, enum points_class on_file, enum points_class on_peer)
{
	char place[POINTS_PATH * 2];
	int saved = errno;

	if (self == NULL)
		return GO;
	place_of(fd, NULL, place);
	errno = saved;
	if (counted(place) != NULL)
		return point(on_file, kind, place);
	if (on_peer != POINTS_NONE && strncmp(place, "socket:", 7) == 0 && is_peer(fd))
		return point(on_peer, kind, NULL);
	errno = saved;
	return GO;
}

enum turn
point_at(int dir, const char *path, const char *kind, enum points_class class)
{
	char place[POINTS_PATH * 2];
	int saved = errno;

	if (self == NULL)
		return GO;
	place_of(dir, path, place);
	errno = saved;
	return counted(place) != NULL ? point(class, kind, place) : GO;
}

void
behind(enum turn turn)
{
	if (turn == GO_AND_DIE)
		fire();
}

void *
next(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (f == NULL)
		abort();
	return f;
}
