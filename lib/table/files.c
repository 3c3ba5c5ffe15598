/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/files.h"

#include "lib/base/config.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_LIBDB
#	define LIBRARY_DB "Berkeley DB"
#else
#	define LIBRARY_DB NULL
#endif
#ifdef HAVE_LIBLMDB
#	define LIBRARY_LMDB "LMDB"
#else
#	define LIBRARY_LMDB NULL
#endif
#ifdef HAVE_LIBCDB
#	define LIBRARY_CDB "tinycdb"
#else
#	define LIBRARY_CDB NULL
#endif

enum { NAP_MS = 5, CLAIM_TRIES = 100 };

static const struct file_kind db = { "db", FILE_FLOCK, LIBRARY_DB }, lmdb = { "lmdb", FILE_RECORD, LIBRARY_LMDB },
			      cdb = { "cdb", FILE_UNLOCKED, LIBRARY_CDB };
static const struct {
	const char *type;
	const struct file_kind *own, *instead[2];
} kinds[] = {
	{ "btree", &db, { &lmdb, &cdb } },
	{ "cdb", &cdb, { NULL, NULL } },
	{ "hash", &db, { &lmdb, &cdb } },
	{ "lmdb", &lmdb, { NULL, NULL } },
};

static size_t
row_of(const char *type)
{
	size_t i = 0;

	while (i < NITEMS(kinds) && strcmp(kinds[i].type, type) != 0)
		i++;
	return i;
}

bool
files_type(const char *type)
{
	return row_of(type) < NITEMS(kinds);
}

const struct file_kind *
files_made(const char *type)
{
	size_t row = row_of(type);

	must_hold(row < NITEMS(kinds));
	for (size_t i = 0; kinds[row].own->library == NULL && i < NITEMS(kinds[row].instead); i++)
		if (kinds[row].instead[i] != NULL && kinds[row].instead[i]->library != NULL)
			return kinds[row].instead[i];
	return kinds[row].own;
}

char *
files_path(const char *type, const char *name, const struct file_kind **kind)
{
	char *path;
	struct stat st;

	*kind = files_made(type);
	path = mem_fmt("%s.%s", name, (*kind)->suffix);
	if (*kind != kinds[row_of(type)].own && stat(path, &st) < 0) {
		free(path);
		*kind = kinds[row_of(type)].own;
		path = mem_fmt("%s.%s", name, (*kind)->suffix);
	}
	return path;
}

static bool
lock_now(int fd, const struct file_kind *kind, int how)
{
	struct flock whole = { .l_type = (short)(how == LOCK_EX ? F_WRLCK : how == LOCK_SH ? F_RDLCK : F_UNLCK) };

	if (kind->lock == FILE_FLOCK)
		return flock(fd, how | LOCK_NB) == 0;
	return kind->lock == FILE_UNLOCKED || fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

bool
files_lock(int fd, const struct file_kind *kind, bool exclusive, int seconds)
{
	const struct timespec nap = { 0, NAP_MS * 1000000L };

	for (long naps = seconds * 1000L / NAP_MS; !lock_now(fd, kind, exclusive ? LOCK_EX : LOCK_SH); naps--) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return false;
		if (naps <= 0) {
			errno = EAGAIN;
			return false;
		}
		nanosleep(&nap, NULL);
	}
	return true;
}

void
files_unlock(int fd, const struct file_kind *kind)
{
	lock_now(fd, kind, LOCK_UN);
}

static bool
failed(struct buf *err, const char *what, const char *file)
{
	buf_fmt(err, "%s %s: %s", what, file, strerror(errno));
	return false;
}

/* One try: *again, when another file has taken its place meanwhile. */
static bool
claim_once(int dir, const char *file, const struct file_kind *kind, int seconds, int *fd, bool *again, struct buf *err)
{
	const int how = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	struct stat st, now;

	*again = false;
	*fd = openat(dir, file, O_RDWR | how);
	if (*fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS || errno == ETXTBSY))
		*fd = openat(dir, file, O_RDONLY | how);
	if (*fd < 0 && (errno == ENOENT || errno == ELOOP))
		return true;
	if (*fd < 0 || fstat(*fd, &st) < 0)
		return failed(err, "open", file);
	if (!S_ISREG(st.st_mode)) {
		buf_fmt(err, "%s is no regular file; move it away", file);
		return false;
	}
	if (!files_lock(*fd, kind, true, seconds) && errno != EBADF)
		return failed(err, "lock", file);
	*again =
	    fstatat(dir, file, &now, AT_SYMLINK_NOFOLLOW) < 0 || now.st_ino != st.st_ino || now.st_dev != st.st_dev;
	return true;
}

bool
files_claim(int dir, const char *file, const struct file_kind *kind, int seconds, int *fd, struct buf *err)
{
	bool ok = true, again = true;

	*fd = -1;
	for (int tries = 0; ok && again && tries < CLAIM_TRIES; tries++) {
		if (*fd >= 0)
			close(*fd);
		ok = claim_once(dir, file, kind, seconds, fd, &again, err);
	}
	if (ok && again) {
		buf_fmt(err, "lock %s: it is replaced again and again", file);
		ok = false;
	}
	if (!ok && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return ok;
}

static bool
older(const char *path, const char *source)
{
	struct stat index, st;

	return stat(source, &st) == 0 && stat(path, &index) == 0 && index.st_mtim.tv_sec < st.st_mtim.tv_sec;
}

static bool
listed(const char *list, const char *spec)
{
	char *copy = mem_str(list), *cursor = copy, *word;
	bool found = false;

	while (!found && (word = text_word(&cursor, TEXT_LIST)) != NULL)
		found = strcmp(word, spec) == 0 || (text_starts(word, "proxy:") && strcmp(word + 6, spec) == 0);
	free(copy);
	return found;
}

const char *
files_maker(const struct conf *cf, const char *spec)
{
	return listed(cf->alias_maps, spec) || listed(cf->alias_database, spec) ? "postalias" : "postmap";
}

/* postmap gives up root's rights for those of the source's owner by itself. */
static bool
run_maker(const char *spec, const struct conf *cf)
{
	const char *maker = files_maker(cf, spec);
	char *program = mem_fmt("%s/%s", cf->command_directory, maker), *dir = mem_str(cf->config_directory);
	char *argv[] = { mem_str(maker), mem_str("-c"), dir, mem_str(spec), NULL }, *envp[] = { NULL };
	pid_t pid = fork(), ended;
	int status = -1;

	if (pid == 0) {
		execve(program, argv, envp);
		_exit(127);
	}
	while (pid > 0 && (ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < NITEMS(argv); i++)
		free(argv[i]);
	free(program);
	return pid > 0 && status == 0;
}

/* One process at a time: who comes behind it finds the work done. */
static void
rebuild(const char *spec, const char *name, const char *path, const struct conf *cf)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0 && files_lock(fd, &db, true, 6 * FILES_PATIENCE) && older(path, name)) {
		if (run_maker(spec, cf))
			log_info("database %s was older than source file %s, and has been rebuilt", path, name);
		else
			log_warn("database %s is older than source file %s, and could not be rebuilt", path, name);
	}
	if (fd >= 0)
		close(fd);
}

void
files_freshen(const char *type, const char *name, const char *path, const struct conf *cf)
{
	const char *wish = cf != NULL && cf->table_rebuild != NULL ? cf->table_rebuild : "warn";
	char *spec;

	if (!older(path, name))
		return;
	spec = mem_fmt("%s:%s", type, name);
	if (strcmp(wish, "auto") == 0) {
		rebuild(spec, name, path, cf);
	} else {
		if (strcmp(wish, "warn") != 0)
			log_warn("table_rebuild = %s: it is warn or auto, and counts as warn", wish);
		log_warn("database %s is older than source file %s", path, name);
	}
	free(spec);
}
