/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash, btree, lmdb, cdb - a table in a file that postmap or postalias has made.
 *
 * The file is locked while we look at it, and each time its times and size are compared
 * with those that we know: Postfix's tools rewrite a .db in place.  Ours, and those for cdb, put
 * a new file in its place; once a second we look for that, and open it if we may.
 * In a jail we may not: table_changed() says so, and the process retires.
 *
 * A file that is missing or damaged is a table all the same, all of whose
 * look-ups fail for now; it is tried again after 1, 2, 4 ... 64 seconds.
 *
 * Shared between threads: the lock is held while anybody reads, and what is read is replaced while nobody does.
 */
#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/table/files.h"
#include "lib/table/index.h"
#include "lib/table/map.h"
#include "lib/table/types.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_MS = 1000, WAIT_MS = 1000, WAIT_MOST_MS = 64000, TROUBLE_MAX = 1000, VALUE_MAX = 1 << 20 };
enum form { FORM_UNKNOWN, FORM_NUL, FORM_PLAIN }; /* is the NUL behind a key part of it? */

struct filetable {
	char *spec, *name, *path;
	const struct file_kind *kind;
	const struct conf *cf;
	pthread_mutex_t lock;
	unsigned users; /* that read the map */
	int fd;
	struct stat seen, source;
	bool quiet; /* a trial */
	struct map *map;
	struct index ix;
	_Atomic enum form form;
	atomic_bool told;	       /* of damage in the file as it is */
	char trouble[TROUBLE_MAX + 1]; /* empty: none */
	long looked_at, wait, retry_at;
};

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

static bool
same_time(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Says it once, as long as it is the same. */
static bool
trouble(struct filetable *t, const char *what)
{
	char text[TROUBLE_MAX + 1];

	snprintf(text, sizeof(text), "open database %s: %s", t->path, what);
	if (strcmp(text, t->trouble) != 0 && !t->quiet)
		log_warn("%s is unavailable. open database %s: %s", t->spec, t->path, what);
	memcpy(t->trouble, text, sizeof(text));
	t->wait = t->wait == 0 ? WAIT_MS : t->wait >= WAIT_MOST_MS ? WAIT_MOST_MS : t->wait * 2;
	t->retry_at = tick_ms() + t->wait;
	return false;
}

static void
no_trouble(struct filetable *t)
{
	if (t->trouble[0] != '\0')
		log_info("%s is available again", t->spec);
	t->trouble[0] = '\0';
	t->wait = t->retry_at = 0;
	t->told = false;
}

static int
open_regular(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && (fstat(fd, st) < 0 || !S_ISREG(st->st_mode))) {
		close(fd);
		fd = -1;
		errno = EINVAL;
	}
	return fd;
}

/* The file as it is now; its lock is held. */
static bool
load(struct filetable *t)
{
	struct buf err = BUF(TROUBLE_MAX);
	struct stat st;
	bool ok = false;

	map_close(&t->map);
	t->form = FORM_UNKNOWN;
	if (fstat(t->fd, &st) < 0)
		return trouble(t, strerror(errno));
	t->ix = (struct index){ .size = (size_t)st.st_size };
	if ((t->map = map_open(t->fd, t->ix.size, &t->ix.at)) == NULL)
		buf_puts(&err, errno == ENODATA ? "the file is empty" : strerror(errno));
	else if (index_load(&t->ix, &err) && !(ok = !map_torn(t->map)))
		buf_puts(&err, "the file ends too early");
	if (ok) {
		t->seen = st;
		no_trouble(t);
	} else {
		map_close(&t->map);
		trouble(t, buf_str(&err));
	}
	buf_free(&err);
	return ok;
}

/* Has somebody put another file in its place?  Nobody reads. */
static void
look_for_another(struct filetable *t)
{
	struct stat st;
	int fd;

	t->looked_at = tick_ms();
	if (t->fd >= 0 && (stat(t->path, &st) < 0 || same_file(&st, &t->seen)))
		return;
	if ((fd = open_regular(t->path, &st)) < 0)
		return;
	map_close(&t->map);
	if (t->fd >= 0)
		close(t->fd);
	t->fd = fd;
	t->seen = st;
	t->wait = t->retry_at = 0;
}

/* The lock is ours, and the map is the file; or there is trouble. */
static bool
begin(struct filetable *t)
{
	struct stat st;
	long now = tick_ms();

	if (now - t->looked_at >= LOOK_MS)
		look_for_another(t);
	if (t->map == NULL && now < t->retry_at)
		return false;
	if (t->fd < 0) {
		look_for_another(t);
		if (t->fd < 0)
			return trouble(t, strerror(errno));
	}
	if (!files_lock(t->fd, t->kind, false, FILES_PATIENCE))
		return trouble(t, errno == EAGAIN ? "it was locked for more than 10 seconds" : strerror(errno));
	if ((t->map != NULL && !map_torn(t->map) && fstat(t->fd, &st) == 0 && st.st_size == t->seen.st_size &&
		same_time(&st, &t->seen)) ||
	    load(t))
		return true;
	files_unlock(t->fd, t->kind);
	return false;
}

static bool
enter(struct filetable *t, struct verdict *why)
{
	bool ok;

	pthread_mutex_lock(&t->lock);
	ok = t->users > 0 || begin(t);
	if (ok)
		t->users++;
	else
		later(why, "4.3.0", "%s is unavailable. %s", t->spec, t->trouble);
	pthread_mutex_unlock(&t->lock);
	return ok;
}

static void
leave(struct filetable *t)
{
	pthread_mutex_lock(&t->lock);
	if (--t->users == 0)
		files_unlock(t->fd, t->kind);
	pthread_mutex_unlock(&t->lock);
}

static bool
filetable_hold(void *handle)
{
	struct arena mem = ARENA(VALUE_MAX);
	struct verdict why = VERDICT(&mem);
	bool ok = enter(handle, &why); /* what is wrong is told by the look-ups */

	arena_free(&mem);
	return ok;
}

static void
filetable_release(void *handle)
{
	leave(handle);
}

static void
filetable_close(void *handle)
{
	struct filetable *t = handle;

	map_close(&t->map);
	if (t->fd >= 0)
		close(t->fd);
	pthread_mutex_destroy(&t->lock);
	free(t->spec);
	free(t->name);
	free(t->path);
	free(t);
}

static void *
filetable_open(const char *type, const char *name, const struct table_env *env, struct buf *err)
{
	struct filetable *t;

	if (name[0] == '\0') {
		buf_fmt(err, "%s: wanted is %s:/path/of/the/source", type, type);
		return NULL;
	}
	t = mem_zero(1, sizeof(*t));
	t->spec = mem_fmt("%s:%s", type, name);
	t->name = mem_str(name);
	t->path = files_path(type, name, &t->kind);
	t->cf = env->cf;
	t->fd = -1;
	pthread_mutex_init(&t->lock, NULL);
	t->quiet = env->trial != NULL || env->complain != NULL;
	/* Who only looks makes nothing anew. */
	if (!t->quiet)
		files_freshen(type, name, t->path, env->direct ? NULL : env->cf);
	if (stat(name, &t->source) < 0)
		t->source.st_ino = 0;
	if (begin(t))
		files_unlock(t->fd, t->kind);
	return t;
}

static struct span
key_in(enum form form, const char *key)
{
	return (struct span){ (const uint8_t *)key, strlen(key) + (form == FORM_NUL) };
}

/* In one form of the key, or in both as long as we do not know which is this file's. */
static void
look_up(struct filetable *t, const char *key, struct arena *mem, struct index_found *found)
{
	enum form known = t->form, form = known;
	enum table_result r = TABLE_ABSENT;

	if (form == FORM_UNKNOWN)
		form = t->ix.format->nul ? FORM_NUL : FORM_PLAIN;
	for (int tries = 0; r == TABLE_ABSENT && tries < (known == FORM_UNKNOWN ? 2 : 1); tries++) {
		if (tries > 0)
			form = form == FORM_NUL ? FORM_PLAIN : FORM_NUL;
		r = t->ix.format->get(&t->ix, key_in(form, key), mem, &found->value, &found->why);
	}
	if (r == TABLE_FOUND && known == FORM_UNKNOWN)
		t->form = form;
	found->result = r;
}

static char *
without_nul(struct arena *mem, struct span s)
{
	return arena_strn(mem, (const char *)s.s, s.n > 0 && s.s[s.n - 1] == '\0' ? s.n - 1 : s.n);
}

static enum table_result
damaged(struct filetable *t, const char *wrong, struct verdict *why)
{
	later(why, "4.3.0", "%s: database %s is damaged: %s", t->spec, t->path, wrong);
	if (!atomic_exchange(&t->told, true) && !t->quiet)
		log_warn("%s: database %s is damaged: %s; build it again with postmap or postalias", t->spec, t->path,
		    wrong);
	return TABLE_ERROR;
}

/* What was found becomes the answer, with a copy of the value; the map is still there. */
static enum table_result
answer(struct filetable *t, const char *key, const struct index_found *found, struct arena *mem, const char **value,
    struct verdict *why)
{
	bool large = found->result == TABLE_FOUND && found->value.n > VALUE_MAX;

	if (found->result == TABLE_FOUND && !large)
		*value = without_nul(mem, found->value);
	if (map_torn(t->map))
		return damaged(t, "the file was truncated", why);
	if (large || found->result == TABLE_ERROR)
		return damaged(t, large ? "a value of more than a megabyte" : found->why, why);
	if (found->result == TABLE_FOUND && !arena_ok(mem)) {
		later(why, "4.3.0", "%s: the value of \"%.100s\" is too long", t->spec, key);
		return TABLE_ERROR;
	}
	return found->result;
}

static enum table_result
filetable_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	struct index_found found = { .why = "" };
	struct filetable *t = handle;
	enum table_result r;

	if (!enter(t, why))
		return TABLE_ERROR;
	look_up(t, key, mem, &found);
	r = answer(t, key, &found, mem, value, why);
	leave(t);
	return r;
}

static size_t
filetable_get_some(void *handle, const char *const keys[], size_t n, struct arena *mem, struct table_answer answers[],
    struct verdict *why)
{
	struct index_found found[TABLE_SOME];
	struct filetable *t = handle;
	struct span asked[TABLE_SOME];
	size_t done = 0;
	bool together;

	if (!enter(t, why)) {
		answers[0].result = TABLE_ERROR;
		return n > 0;
	}
	if ((together = t->form != FORM_UNKNOWN && t->ix.format->get_some != NULL)) {
		for (size_t i = 0; i < n; i++)
			asked[i] = key_in(t->form, keys[i]);
		t->ix.format->get_some(&t->ix, asked, n, found);
	}
	while (done < n) {
		struct table_answer *a = &answers[done];

		if (!together)
			look_up(t, keys[done], mem, &found[done]);
		a->result = answer(t, keys[done], &found[done], mem, &a->value, why);
		done++;
		if (a->result == TABLE_ERROR)
			break;
	}
	leave(t);
	return done;
}

static bool
filetable_each(void *handle, table_visit *visit, void *ctx, struct verdict *why)
{
	struct filetable *t = handle;
	const char *wrong;
	bool ok;

	if (!enter(t, why))
		return false;
	ok = index_each(&t->ix, t->map, visit, ctx, &wrong) == TABLE_ABSENT;
	if (!ok)
		damaged(t, wrong, why);
	leave(t);
	return ok;
}

/* A new file that we may not open, or a source that table_rebuild will make a new one of. */
static bool
filetable_changed(void *handle)
{
	struct filetable *t = handle;
	struct stat st;
	bool changed;

	pthread_mutex_lock(&t->lock);
	if (t->users == 0)
		look_for_another(t);
	changed = stat(t->path, &st) == 0 && (t->fd < 0 || !same_file(&st, &t->seen));
	if (!changed && t->cf != NULL && t->cf->table_rebuild != NULL && strcmp(t->cf->table_rebuild, "auto") == 0)
		changed = stat(t->name, &st) == 0 && !(same_file(&st, &t->source) && same_time(&st, &t->source));
	pthread_mutex_unlock(&t->lock);
	return changed;
}

static const char *
filetable_trouble(void *handle)
{
	struct filetable *t = handle;

	return t->trouble[0] != '\0' ? t->trouble : NULL;
}

#define FILETABLE(type, about_)                                                                                        \
	static void *open_##type(const char *name, unsigned flags, const struct table_env *env, struct buf *err)       \
	{                                                                                                              \
		(void)flags;                                                                                           \
		return filetable_open(#type, name, env, err);                                                          \
	}                                                                                                              \
	const struct table_type table_##type = { .name = #type,                                                        \
		.about = about_,                                                                                       \
		.open = open_##type,                                                                                   \
		.get = filetable_get,                                                                                  \
		.each = filetable_each,                                                                                \
		.changed = filetable_changed,                                                                          \
		.trouble = filetable_trouble,                                                                          \
		.hold = filetable_hold,                                                                                \
		.release = filetable_release,                                                                          \
		.get_some = filetable_get_some,                                                                        \
		.close = filetable_close }
FILETABLE(btree, "a sorted Berkeley DB file");
FILETABLE(cdb, "a file that is fast to read");
FILETABLE(hash, "a Berkeley DB file");
FILETABLE(lmdb, "an LMDB file");
