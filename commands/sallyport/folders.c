/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/folders.h"

#include "commands/sallyport/folder_rows.h"

#include "lib/base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct folder_row folder_rows[] = {
	{ IN_QUEUE, ".", OF_ROOT, OF_ROOT, 0755, ROW_FOLDER },
	{ IN_QUEUE, "pid", OF_ROOT, OF_ROOT, 0755, ROW_FOLDER },
	{ IN_QUEUE, "public", OF_ROOT, OF_ROOT, 0755, ROW_FOLDER },
	/* Every daemon has mail_owner's group besides its own. */
	{ IN_QUEUE, "private", OF_ROOT, OF_QUEUE, 0710, ROW_FOLDER },
	{ IN_QUEUE, "maildrop", OF_QUEUE, OF_DROP, 01730, ROW_FOLDER },
	{ IN_QUEUE, "incoming", OF_QUEUE, OF_QUEUE, 0700, ROW_QUEUE },
	{ IN_QUEUE, "active", OF_QUEUE, OF_QUEUE, 0700, ROW_QUEUE },
	{ IN_QUEUE, "deferred", OF_QUEUE, OF_QUEUE, 0700, ROW_QUEUE },
	{ IN_QUEUE, "hold", OF_QUEUE, OF_QUEUE, 0700, ROW_QUEUE },
	{ IN_QUEUE, "corrupt", OF_QUEUE, OF_QUEUE, 0700, ROW_QUEUE },
	{ IN_QUEUE, "queue.lock", OF_QUEUE, OF_QUEUE, 0600, ROW_FILE },
	{ IN_DATA, ".", OF_QUEUE, OF_QUEUE, 0700, ROW_FOLDER },
	{ IN_COMMANDS, "postdrop", OF_ROOT, OF_DROP, 02755, ROW_COMMAND },
	{ IN_COMMANDS, "postqueue", OF_ROOT, OF_DROP, 02755, ROW_COMMAND },
	{ IN_COMMANDS, "postlog", OF_ROOT, OF_DROP, 02755, ROW_COMMAND },
};
const size_t folder_nrows = NITEMS(folder_rows);

const char *
folder_place(const struct conf *cf, enum folder_place place)
{
	return place == IN_QUEUE ? cf->queue_directory : place == IN_DATA ? cf->data_directory : cf->command_directory;
}

void
folder_owner(const struct folder_row *r, const struct accounts *a, struct account *out)
{
	if (!a->separated) {
		*out = a->self;
		return;
	}
	out->uid = r->owner == OF_QUEUE ? a->queue.uid : 0;
	out->gid = r->group == OF_QUEUE ? a->queue.gid : r->group == OF_DROP ? a->drop : 0;
}

char *
folder_path(const struct folder_row *r, const struct conf *cf)
{
	const char *place = folder_place(cf, r->place);

	return strcmp(r->name, ".") == 0 ? mem_str(place) : mem_fmt("%s/%s", place, r->name);
}

/* Like mkdir -p: the folders above belong to whoever runs this, for everybody to search. */
static bool
make_parents(const char *path)
{
	char *copy = mem_str(path), *slash = copy;
	bool ok = true;

	while (ok && (slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		if (mkdir(copy, 0755) == 0)
			ok = chmod(copy, 0755) == 0;
		else
			ok = errno == EEXIST;
		*slash = '/';
	}
	free(copy);
	return ok;
}

static bool
is_empty(int fd)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
	DIR *d = again >= 0 ? fdopendir(again) : NULL;

	if (d == NULL) {
		if (again >= 0)
			close(again);
		return false;
	}
	while (n < 3 && readdir(d) != NULL)
		n++;
	closedir(d);
	return n < 3; /* . and .. */
}

/* A folder that root made beforehand, and that has nothing in it yet, becomes what it was made for. */
static bool
take_over(int dir, const struct folder_row *r, const struct account *who)
{
	int fd = openat(dir, r->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	bool ok = true;

	if (fd < 0)
		return true; /* the check that follows has the words for what is there */
	if (fstat(fd, &st) == 0 && st.st_uid == 0 && st.st_uid != who->uid && is_empty(fd))
		ok = fchown(fd, who->uid, who->gid) == 0 && fchmod(fd, r->mode) == 0;
	close(fd);
	return ok;
}

/* Made with no rights for anybody else, and given away through its descriptor. */
static bool
make_row(int dir, const struct folder_row *r, const struct account *who, bool separated)
{
	int fd;
	bool ok;

	if (r->kind == ROW_FILE)
		fd = openat(dir, r->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	else if (mkdirat(dir, r->name, 0700) == 0)
		fd = openat(dir, r->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	else
		fd = -1;
	if (fd < 0)
		return errno == EEXIST && (!separated || r->kind == ROW_FILE || take_over(dir, r, who));
	ok = (!separated || fchown(fd, who->uid, who->gid) == 0) && fchmod(fd, r->mode) == 0;
	close(fd);
	return ok;
}

static bool
make_place(const char *path, const struct folder_row *r, const struct account *who, bool separated)
{
	struct folder_row absolute = *r;

	absolute.name = path;
	return make_parents(path) && make_row(AT_FDCWD, &absolute, who, separated);
}

bool
folders_make(const struct conf *cf, const struct accounts *a, struct buf *err)
{
	bool ok = true;

	for (size_t i = 0; i < folder_nrows && ok; i++) {
		const struct folder_row *r = &folder_rows[i];
		char *path = folder_path(r, cf);
		struct account who;
		int dir = -1;

		folder_owner(r, a, &who);
		if (r->kind == ROW_COMMAND)
			ok = true;
		else if (strcmp(r->name, ".") == 0)
			ok = make_place(path, r, &who, a->separated);
		else
			ok = (dir = open(folder_place(cf, r->place), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 &&
			    make_row(dir, r, &who, a->separated);
		if (!ok)
			buf_fmt(err, "make %s: %s", path, strerror(errno));
		if (dir >= 0)
			close(dir);
		free(path);
	}
	return ok;
}
