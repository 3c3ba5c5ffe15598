/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what is there: the folder, main.cf and master.cf, and any other file of the folder. */
#include "commands/sallyport/import.h"

#include "lib/base/log.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HOPS = 40 };

struct walk {
	const struct import *im;
	int at, hops;
	char rest[2 * PATH_MAX]; /* what is still to be walked */
};

static bool
cut_component(struct walk *w, char *name)
{
	char *s = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(s, "/");

	if (n == 0 || n > NAME_MAX) {
		errno = n == 0 ? ENOENT : ENAMETOOLONG;
		return false;
	}
	memcpy(name, s, n);
	name[n] = '\0';
	memmove(w->rest, s + n, strlen(s + n) + 1);
	return true;
}

/* A link that is followed stands before the rest of the way. */
static bool
follow(struct walk *w, int link, const struct stat *st)
{
	char target[2 * PATH_MAX];
	ssize_t n;
	int root;

	if (st->st_uid != 0 && st->st_uid != w->im->owner) {
		errno = EPERM;
		return false;
	}
	n = readlinkat(link, "", target, PATH_MAX);
	if (n < 0 || ++w->hops > HOPS || (size_t)n + 1 + strlen(w->rest) >= sizeof(target)) {
		errno = n < 0 ? errno : ELOOP;
		return false;
	}
	memcpy(target + n, w->rest, strlen(w->rest) + 1);
	memcpy(w->rest, target, strlen(target) + 1);
	if (target[0] != '/')
		return true;
	if ((root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return false;
	close(w->at);
	w->at = root;
	return true;
}

/* One step; *fd is the file when the way ends here. */
static bool
step(struct walk *w, const char *name, int *fd)
{
	int next = openat(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	bool ok = next >= 0 && fstat(next, &st) == 0;

	if (ok && S_ISLNK(st.st_mode)) {
		ok = follow(w, next, &st);
	} else if (ok && w->rest[strspn(w->rest, "/")] != '\0') {
		int before = w->at;

		w->at = next;
		next = before;
	} else if (ok) {
		/* What is no file is not even opened: that may wait, or do something. */
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		ok = S_ISREG(st.st_mode) &&
		    (*fd = openat(w->at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) >= 0;
	}
	if (next >= 0) {
		int saved = errno;

		close(next);
		errno = saved;
	}
	return ok;
}

int
import_open(const struct import *im, const char *rel, struct stat *st)
{
	struct walk w = { .im = im, .at = fcntl(im->dir, F_DUPFD_CLOEXEC, 0) };
	char name[NAME_MAX + 1];
	int fd = -1, saved;

	if (w.at < 0)
		return -1;
	errno = ENAMETOOLONG;
	if (strlen(rel) < PATH_MAX) {
		memcpy(w.rest, rel, strlen(rel) + 1);
		while (fd < 0 && cut_component(&w, name) && step(&w, name, &fd))
			;
	}
	saved = errno;
	if (fd >= 0 && (fstat(fd, st) < 0 || !S_ISREG(st->st_mode))) {
		saved = EINVAL;
		close(fd);
		fd = -1;
	}
	close(w.at);
	errno = saved;
	return fd;
}

static void
read_text(const struct import *im, const char *name, struct buf *text, struct stat *st)
{
	char *path = mem_fmt("%s/%s", im->from, name);
	struct buf err = BUF(4096);
	int fd = import_open(im, name, st);

	if (fd < 0 && errno == EPERM)
		import_fail(EX_CONFIG,
		    "%s: a link that belongs neither to root nor to the owner of the folder; put the file itself in its place",
		    path);
	if (fd >= 0)
		close(fd); /* what else is wrong with it the next line says better */
	*text = (struct buf)BUF(CFTEXT_FILE);
	if (!cftext_read(path, text, &err))
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	buf_free(&err);
	free(path);
}

/* Where this mail system is installed, and what our main.cf says about that, if it is there and says anything at all. */
static const struct conf *
load_ours(const struct import *im)
{
	struct conf_args args = { .dir = im->to };
	struct buf err = BUF(8192);
	const struct conf *ours;

	if ((ours = conf_load(&args, &err)) == NULL) {
		args.defaults_only = true;
		ours = conf_load(&args, &err);
	}
	must_hold(ours != NULL);
	buf_free(&err);
	return ours;
}

/* As master will do it: what one -o says wrong keeps everything from starting. */
static void
check_overrides(const struct import *im)
{
	for (size_t i = 0; i < im->master->n; i++) {
		const struct mastercf_service *s = &im->master->services[i];
		struct conf_args args = { .dir = im->from, .overrides = s->overrides, .noverrides = s->noverrides };
		struct buf err = BUF(8192);
		const struct conf *cf;

		if (s->ignored || s->noverrides == 0)
			continue;
		if ((cf = conf_load(&args, &err)) == NULL)
			import_fail(EX_CONFIG, "%s, line %d: service %s: %s", im->master->path, s->line, s->name,
			    buf_str(&err));
		conf_free(&cf);
		buf_free(&err);
	}
}

void
import_load(struct import *im)
{
	char *config = mem_fmt("config_directory=%s", im->as);
	const char *overrides[] = { config };
	struct conf_args args = { .dir = im->from, .overrides = overrides, .noverrides = 1 };
	struct buf err = BUF(8192);
	struct stat st;

	im->dir = open(im->from, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (im->dir < 0 || fstat(im->dir, &st) < 0)
		import_fail(EX_CONFIG, "%s: %s; name the folder that main.cf is in", im->from, strerror(errno));
	im->owner = st.st_uid;
	read_text(im, "main.cf", &im->main_old, &im->main_st);
	read_text(im, "master.cf", &im->master_old, &im->master_st);
	if ((im->cf = conf_load(&args, &err)) == NULL || (im->master = mastercf_load(im->from, &err)) == NULL)
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	check_overrides(im);
	im->ours = load_ours(im);
	buf_free(&err);
	free(config);
}
