/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/queuedir.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Depths other than the configured one that a file is looked for in by name: of former configurations. */
enum { FORMER_DEPTHS = 4, FOLDER_MODE = 0700 };

const char *const queue_names[QUEUES] = {
	[QUEUE_INCOMING] = "incoming",
	[QUEUE_ACTIVE] = "active",
	[QUEUE_DEFERRED] = "deferred",
	[QUEUE_HOLD] = "hold",
	[QUEUE_CORRUPT] = "corrupt",
	[QUEUE_MAILDROP] = "maildrop",
};

bool
queue_by_name(const char *name, enum queue *out)
{
	for (int i = 0; i < QUEUES; i++) {
		if (strcmp(name, queue_names[i]) == 0) {
			*out = (enum queue)i;
			return true;
		}
	}
	return false;
}

void
queuedir_init(struct queuedir *d, const struct conf *cf)
{
	char *names = mem_str(cf->hash_queue_names), *cursor = names, *name;
	enum queue q;

	*d = (struct queuedir){ .depth = { 0 } };
	while ((name = text_word(&cursor, TEXT_LIST)) != NULL)
		if (queue_by_name(name, &q) && q != QUEUE_INCOMING && q != QUEUE_MAILDROP)
			d->depth[q] = (int)cf->hash_queue_depth;
	free(names);
}

static void
path_at(enum queue q, int depth, const char *id, char out[QUEUE_PATH])
{
	size_t n = strlen(queue_names[q]);

	memcpy(out, queue_names[q], n);
	out[n] = '/';
	queueid_path(id, depth, out + n + 1, QUEUE_PATH - n - 1);
}

void
queuedir_path(const struct queuedir *d, enum queue q, const char *id, char out[QUEUE_PATH])
{
	path_at(q, d->depth[q], id, out);
}

bool
queuedir_find(const struct queuedir *d, enum queue q, const char *id, char out[QUEUE_PATH])
{
	struct stat st;

	if (!queueid_ok(id))
		return false;
	path_at(q, d->depth[q], id, out);
	if (lstat(out, &st) == 0)
		return true;
	for (int depth = 0; depth <= FORMER_DEPTHS; depth++) {
		path_at(q, depth, id, out);
		if (depth != d->depth[q] && lstat(out, &st) == 0)
			return true;
	}
	return false;
}

/* The subfolders of a path, but for its first part, which is a queue. */
static bool
make_folders(const char *path)
{
	char some[QUEUE_PATH];

	for (const char *slash = strchr(strchr(path, '/') + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		size_t n = (size_t)(slash - path);

		memcpy(some, path, n);
		some[n] = '\0';
		if (!file_mkdir(some, FOLDER_MODE))
			return false;
	}
	return true;
}

bool
queuedir_move(const struct queuedir *d, const char *from, enum queue to, const char *id, char out[QUEUE_PATH])
{
	char path[QUEUE_PATH];

	queuedir_path(d, to, id, path);
	/* Nothing is ever overwritten, whoever put it there. */
	if (renameat2(AT_FDCWD, from, AT_FDCWD, path, RENAME_NOREPLACE) < 0) {
		if (errno != ENOENT || d->depth[to] == 0 || !make_folders(path) ||
		    renameat2(AT_FDCWD, from, AT_FDCWD, path, RENAME_NOREPLACE) < 0)
			return false;
	}
	memcpy(out, path, sizeof(path));
	return true;
}

/* A walk: a stack of open folders, the name of each within its parent. */
struct queuescan {
	DIR *open[QUEUE_DEPTH_MAX + 1];
	char path[QUEUE_PATH];
	int level;
	bool flat; /* maildrop: strangers make what they like there */
};

static void
enter(struct queuescan *s, const char *path)
{
	DIR *dir = opendir(path);

	if (dir == NULL) {
		if (errno != ENOENT)
			log_warn("cannot look through %s: %s", path, strerror(errno));
		return;
	}
	s->open[++s->level] = dir;
}

struct queuescan *
queuescan_open(enum queue q)
{
	struct queuescan *s = mem_zero(1, sizeof(*s));

	s->level = -1;
	s->flat = q == QUEUE_MAILDROP;
	snprintf(s->path, sizeof(s->path), "%s", queue_names[q]);
	enter(s, s->path);
	return s;
}

static void
leave(struct queuescan *s)
{
	char *slash = strrchr(s->path, '/');

	closedir(s->open[s->level--]);
	if (slash != NULL)
		*slash = '\0';
}

/* A folder of the spreading: one hexadecimal digit.  Queue ids are longer. */
static bool
is_level(const struct dirent *e)
{
	return e->d_name[0] != '\0' && e->d_name[1] == '\0' && strchr("0123456789ABCDEF", e->d_name[0]) != NULL;
}

static void
descend(struct queuescan *s, char digit)
{
	size_t n = strlen(s->path);
	int before = s->level;

	if (s->flat || s->level >= QUEUE_DEPTH_MAX || n + 3 > sizeof(s->path))
		return;
	s->path[n] = '/';
	s->path[n + 1] = digit;
	s->path[n + 2] = '\0';
	enter(s, s->path);
	if (s->level == before)
		s->path[n] = '\0';
}

bool
queuescan_next(struct queuescan *s, struct queuescan_found *out)
{
	while (s->level >= 0) {
		const struct dirent *e;

		errno = 0;
		if ((e = readdir(s->open[s->level])) == NULL) {
			if (errno != 0)
				log_warn("cannot look through %s: %s", s->path, strerror(errno));
			leave(s);
			continue;
		}
		if (e->d_name[0] == '.' && (e->d_name[1] == '\0' || strcmp(e->d_name, "..") == 0))
			continue;
		if (is_level(e) && (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN)) {
			descend(s, e->d_name[0]);
			continue;
		}
		snprintf(out->path, sizeof(out->path), "%s/%s", s->path, e->d_name);
		out->id[0] = '\0';
		if (queueid_ok(e->d_name))
			memcpy(out->id, e->d_name, strlen(e->d_name) + 1);
		return true;
	}
	return false;
}

void
queuescan_free(struct queuescan **sp)
{
	struct queuescan *s = *sp;

	if (s == NULL)
		return;
	while (s->level >= 0)
		leave(s);
	free(s);
	*sp = NULL;
}

int
queue_lock(struct buf *holder)
{
	int fd = open("queue.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		buf_fmt(holder, "open queue.lock in the queue directory: %s", strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int saved = errno;

		buf_fmt(holder, saved == EWOULDBLOCK ? "another process holds the queue's lock" : "lock queue.lock: %s",
		    strerror(saved));
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}
