/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing owners and modes with the table, and making them so. */
#include "commands/sallyport/folder_rows.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
	const struct conf *cf;
	const struct accounts *accounts;
	folders_fault *fault;
	void *ctx;
	enum folders_fate fate; /* of a fault in the row that is looked at */
};

static void
tell(const struct walk *w, const char *path, const char *fmt, ...)
{
	struct buf b = BUF(1024);
	va_list ap;

	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	w->fault(w->ctx, w->fate, path, buf_str(&b));
	buf_free(&b);
}

static bool
is_right_type(const struct folder_row *r, const struct stat *st)
{
	return r->kind == ROW_FOLDER || r->kind == ROW_QUEUE ? S_ISDIR(st->st_mode) : S_ISREG(st->st_mode);
}

static bool
is_place(const struct folder_row *r)
{
	return strcmp(r->name, ".") == 0;
}

/* Where there is no folder, there is nothing in it: that is said once. */
static bool
has_place(const struct folder_row *r, const struct conf *cf)
{
	return access(folder_place(cf, r->place), F_OK) == 0 || errno != ENOENT;
}

static enum folders_fate
fate_of(const struct folder_row *r)
{
	return r->kind == ROW_COMMAND ? FOLDERS_WRONG : FOLDERS_FATAL;
}

/* Only the last part must be no link: the folders above are the administrator's. */
static int
open_row(const struct folder_row *r, const struct conf *cf, const char *path, struct stat *st)
{
	bool itself = is_place(r);
	int dir = itself ? AT_FDCWD : open(folder_place(cf, r->place), O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	if (dir < 0 && !itself)
		return -1;
	fd = openat(dir, itself ? path : r->name, O_PATH | (itself ? 0 : O_NOFOLLOW) | O_CLOEXEC);
	if (dir >= 0)
		close(dir);
	if (fd >= 0 && fstat(fd, st) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void
check_row(const struct walk *w, const struct folder_row *r, const char *path)
{
	static const char remedy[] = "\"sallyport set-permissions\" mends that";
	struct account who;
	struct stat st;
	int fd = open_row(r, w->cf, path, &st);

	if (fd < 0) {
		if (errno != ENOENT)
			tell(w, path, "%s; make it accessible", strerror(errno));
		else if (r->kind != ROW_COMMAND)
			w->fault(w->ctx, FOLDERS_ABSENT, path, "is not there yet; \"sallyport start\" makes it");
		return;
	}
	close(fd);
	folder_owner(r, w->accounts, &who);
	if (!is_right_type(r, &st))
		tell(w, path, "is not a %s; move it away",
		    r->kind == ROW_FILE || r->kind == ROW_COMMAND ? "file" : "folder");
	else if (st.st_uid != who.uid)
		tell(w, path, "belongs to uid %u and must belong to uid %u; %s", st.st_uid, who.uid, remedy);
	else if (w->accounts->separated && st.st_gid != who.gid)
		tell(w, path, "has gid %u and must have gid %u; %s", st.st_gid, who.gid, remedy);
	else if ((st.st_mode & 07777) != r->mode)
		tell(w, path, "has mode %04o and must have mode %04o; %s", st.st_mode & 07777, r->mode, remedy);
}

static bool
is_wanted(const struct folder_row *r, const struct accounts *a)
{
	return r->kind != ROW_COMMAND || a->separated;
}

void
folders_check(const struct conf *cf, const struct accounts *a, folders_fault *fault, void *ctx)
{
	struct walk w = { .cf = cf, .accounts = a, .fault = fault, .ctx = ctx };

	for (size_t i = 0; i < folder_nrows; i++) {
		char *path = folder_path(&folder_rows[i], cf);

		w.fate = fate_of(&folder_rows[i]);
		if (is_wanted(&folder_rows[i], a) && (is_place(&folder_rows[i]) || has_place(&folder_rows[i], cf)))
			check_row(&w, &folder_rows[i], path);
		free(path);
	}
}

/* Through /proc, since an O_PATH descriptor, which opens nothing, has no other way to chmod. */
static bool
set_mode(int fd, mode_t mode)
{
	char self[64];
	int n = snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);

	return n > 0 && n < (int)sizeof(self) && chmod(self, mode) == 0;
}

static bool
set_owner(int fd, const struct account *who)
{
	return fchownat(fd, "", who->uid, who->gid, AT_EMPTY_PATH) == 0;
}

enum { DEPTH_MOST = 20 };

static void repair_files(const struct walk *, int dir, const struct account *, const char *path, int depth);

/* Files with a second name elsewhere are not ours to give away; links and all else are no queue files. */
static void
repair_entry(const struct walk *w, int dir, const char *name, const struct account *who, const char *path, int depth)
{
	struct stat st;
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), inner;

	if (fd < 0 || fstat(fd, &st) < 0) {
		tell(w, path, "%s: %s", name, strerror(errno));
	} else if (S_ISDIR(st.st_mode)) {
		if (set_owner(fd, who) && set_mode(fd, 0700) &&
		    (inner = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
			repair_files(w, inner, who, path, depth + 1);
		else
			tell(w, path, "%s: %s", name, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_nlink != 1) {
		tell(w, path, "%s is no queue file; move it away", name);
	} else if ((st.st_uid != who->uid || st.st_gid != who->gid) && !set_owner(fd, who)) {
		tell(w, path, "%s: %s", name, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
}

/* Takes over dir. */
static void
repair_files(const struct walk *w, int dir, const struct account *who, const char *path, int depth)
{
	DIR *d = depth < DEPTH_MOST ? fdopendir(dir) : NULL;
	struct dirent *e;

	if (d == NULL) {
		tell(w, path, depth < DEPTH_MOST ? strerror(errno) : "too many folders in each other");
		close(dir);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			repair_entry(w, dirfd(d), e->d_name, who, path, depth);
	closedir(d);
}

static void
repair_row(const struct walk *w, const struct folder_row *r, const char *path)
{
	struct account who;
	struct stat st;
	int fd = open_row(r, w->cf, path, &st), dir;

	if (fd < 0) {
		if (r->kind != ROW_COMMAND || errno != ENOENT)
			tell(w, path, "%s", strerror(errno));
		return;
	}
	folder_owner(r, w->accounts, &who);
	if (!is_right_type(r, &st) || (S_ISREG(st.st_mode) && st.st_nlink != 1))
		tell(w, path, "is not what it must be; move it away");
	else if ((w->accounts->separated && !set_owner(fd, &who)) || !set_mode(fd, r->mode))
		tell(w, path, "%s", strerror(errno));
	else if (r->kind == ROW_QUEUE && w->accounts->separated &&
	    (dir = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
		repair_files(w, dir, &who, path, 0);
	close(fd);
}

void
folders_repair(const struct conf *cf, const struct accounts *a, folders_fault *fault, void *ctx)
{
	struct walk w = { .cf = cf, .accounts = a, .fault = fault, .ctx = ctx };

	for (size_t i = 0; i < folder_nrows; i++) {
		char *path = folder_path(&folder_rows[i], cf);

		w.fate = fate_of(&folder_rows[i]);
		if (is_wanted(&folder_rows[i], a))
			repair_row(&w, &folder_rows[i], path);
		free(path);
	}
}
