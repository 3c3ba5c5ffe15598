/* SPDX-License-Identifier: Apache-2.0 */
#include "services/pickup/pickup.h"

#include "services/pickup/feed.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/mail/maildrop.h"
#include "lib/mail/queueid.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	NAMES = 1000,	       /* that are looked at together, oldest first */
	STEP_FILES = 20,       /* in one step */
	STEP_NAMES = 10000,    /* that are read in one step */
	FAILURES_MAX = 5,      /* in a row: then later is better for all */
	WARNINGS_MAX = 20,     /* about what should not be there, in one scan */
	ABANDONED = 24 * 3600, /* seconds that a file may grow */
	IN_QUEUE_MAX = 10000,
};

struct pickup {
	struct feed feed;
	int maildrop, corrupt;
	DIR *folder; /* NULL: no scan */
	bool over;   /* all names have been read */
	bool again, removed;
	char names[NAMES][QUEUEID_MAX];
	size_t nnames, next;
	int failures, warnings;
	struct hash in_queue; /* taken, and could not be removed: taking them again would make two of one message */
};

struct pickup *
pickup_new(const struct conf *cf, int maildrop, int corrupt)
{
	struct pickup *p = mem_zero(1, sizeof(*p));

	p->feed = (struct feed)FEED(cf);
	p->maildrop = maildrop;
	p->corrupt = corrupt;
	return p;
}

void
pickup_free(struct pickup **pp)
{
	struct pickup *p = *pp;

	if (p == NULL)
		return;
	if (p->folder != NULL)
		closedir(p->folder);
	feed_close(&p->feed);
	hash_free(&p->in_queue, NULL);
	free(p);
	*pp = NULL;
}

void
pickup_scan(struct pickup *p)
{
	int fd;

	if (p->folder != NULL) {
		p->again = true;
		return;
	}
	p->again = p->over = false;
	p->failures = p->warnings = 0;
	p->nnames = p->next = 0;
	fd = openat(p->maildrop, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || (p->folder = fdopendir(fd)) == NULL) {
		log_warn("read the maildrop folder: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
	}
}

static bool
may_warn(struct pickup *p)
{
	if (++p->warnings == WARNINGS_MAX + 1)
		log_warn("maildrop: more files that should not be there; the rest is not told");
	return p->warnings <= WARNINGS_MAX;
}

static void
set_aside(struct pickup *p, const char *name, const char *why)
{
	char id[QUEUEID_MAX];

	if (queueid_ok(name) && strlen(name) < sizeof(id))
		memcpy(id, name, strlen(name) + 1);
	else
		queueid_make(now_us(), (unsigned long)gettid(), id);
	if (renameat2(p->maildrop, name, p->corrupt, id, RENAME_NOREPLACE) < 0) {
		if (may_warn(p))
			log_warn(
			    "maildrop/%s: %s; it cannot be moved to corrupt/%s: %s", name, why, id, strerror(errno));
		return;
	}
	p->removed = true;
	if (may_warn(p))
		log_warn("maildrop/%s: %s; moved to corrupt/%s", name, why, id);
}

static void
taken(struct pickup *p, const char *name)
{
	if (unlinkat(p->maildrop, name, 0) == 0 || errno == ENOENT) {
		hash_remove(&p->in_queue, name);
		p->removed = true;
		return;
	}
	log_warn("remove maildrop/%s, which is in the queue: %s", name, strerror(errno));
	if (p->in_queue.n < IN_QUEUE_MAX)
		hash_put(&p->in_queue, name, p);
}

/* A file that its postdrop will never finish. */
static void
growing(struct pickup *p, const char *name, const struct stat *st)
{
	if (time(NULL) - st->st_ctime < ABANDONED)
		return;
	if (unlinkat(p->maildrop, name, 0) == 0)
		log_warn("maildrop/%s: removed, its submission was abandoned a day ago", name);
}

static void
feed_one(struct pickup *p, const char *name, int fd, const struct stat *st)
{
	struct arena mem = ARENA(65536);
	struct verdict why = VERDICT(&mem);
	enum fate fate = feed_file(&p->feed, fd, st->st_uid, &why);

	if (fate == FATE_OK) {
		taken(p, name);
	} else if (fate == FATE_NEVER) {
		set_aside(p, name, why.text);
	} else {
		log_warn("maildrop/%s: %s", name, why.text);
		p->failures = feed_lost(&p->feed) ? FAILURES_MAX : p->failures + 1;
	}
	if (fate != FATE_LATER)
		p->failures = 0;
	arena_free(&mem);
}

/* What is wrong with it before it is read; NULL: nothing. */
static const char *
suspicious(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	return st->st_nlink != 1 ? "it has other names, too" : NULL;
}

static void
try_file(struct pickup *p, const char *name)
{
	struct stat st;
	const char *wrong;
	int fd;

	if (hash_get(&p->in_queue, name) != NULL) {
		taken(p, name);
		return;
	}
	if (fstatat(p->maildrop, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return; /* it went away */
	if ((wrong = suspicious(&st)) != NULL) {
		set_aside(p, name, wrong);
		return;
	}
	if (!(st.st_mode & S_IXUSR)) {
		growing(p, name, &st);
		return;
	}
	fd = openat(p->maildrop, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		if (errno != ENOENT && may_warn(p))
			log_warn("open maildrop/%s: %s", name, strerror(errno));
	} else if ((wrong = suspicious(&st)) != NULL) {
		set_aside(p, name, wrong);
	} else {
		feed_one(p, name, fd, &st);
	}
	if (fd >= 0)
		close(fd);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The next names, in the order in which they were dropped; false: there are no more. */
static bool
more_names(struct pickup *p)
{
	struct dirent *e;

	p->nnames = p->next = 0;
	for (int read = 0; read < STEP_NAMES && p->nnames < NAMES; read++) {
		if ((e = readdir(p->folder)) == NULL) {
			p->over = true;
			break;
		}
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (queueid_ok(e->d_name))
			memcpy(p->names[p->nnames++], e->d_name, strlen(e->d_name) + 1);
		else
			set_aside(p, e->d_name, "its name is no queue id");
	}
	qsort(p->names, p->nnames, sizeof(p->names[0]), by_name);
	return p->nnames > 0 || !p->over;
}

static enum pickup_state
end_scan(struct pickup *p)
{
	closedir(p->folder);
	p->folder = NULL;
	if (p->failures >= FAILURES_MAX) {
		p->again = false; /* not before the next time */
		return PICKUP_IDLE;
	}
	if (p->again)
		pickup_scan(p);
	return p->folder != NULL ? PICKUP_MORE : PICKUP_IDLE;
}

enum pickup_state
pickup_step(struct pickup *p)
{
	if (p->folder == NULL)
		return PICKUP_IDLE;
	for (int i = 0; i < STEP_FILES; i++) {
		if (p->failures >= FAILURES_MAX || (p->next >= p->nnames && (p->over || !more_names(p))))
			return end_scan(p);
		if (p->nnames == 0)
			break;
		p->feed.slow = false;
		try_file(p, p->names[p->next++]);
		if (p->feed.slow)
			return PICKUP_SLOW;
	}
	return PICKUP_MORE;
}

bool
pickup_removed(struct pickup *p)
{
	bool removed = p->removed;

	p->removed = false;
	return removed;
}
