/* SPDX-License-Identifier: Apache-2.0 */
/* wrappers - functions of libc's names: a point first, then libc's own, then what comes behind. */
#include "tests/crash/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wredundant-decls"

/* A function of the same name in front of libc's: TURN is the point, CALL libc's own with its arguments. */
#define WRAP(type, name, params, args, bad, TURN)                                                                      \
	type name params                                                                                               \
	{                                                                                                              \
		static type(*_Atomic real) params;                                                                     \
		enum turn turn = TURN;                                                                                 \
		type r;                                                                                                \
                                                                                                                       \
		if (real == NULL)                                                                                      \
			real = (type(*) params)next(#name);                                                            \
		if (turn == FAIL)                                                                                      \
			return bad;                                                                                    \
		r = real args;                                                                                         \
		behind(turn);                                                                                          \
		return r;                                                                                              \
	}

#define HALF_OF(n)	   (turn == HALF && (n) > 1 ? (n) / 2 : (n))
#define FILE_OR_PEER(kind) point_fd(fd, kind, POINTS_CHANGE, POINTS_SAY)
#define ON_FILE(kind)	   point_fd(fd, kind, POINTS_CHANGE, POINTS_NONE)
#define IN_CWD(path, kind) point_at(AT_FDCWD, path, kind, POINTS_CHANGE)

static enum points_class
open_class(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0 ? POINTS_CHANGE : POINTS_READ;
}
#define OPENS(dir, path, flags) point_at(dir, path, (flags)&O_CREAT ? "create" : "open", open_class(flags))

/* With a mode argument or without: it is read only when it is there. */
#define WRAP_OPEN(name, params, dir, path, flags, call)                                                                \
	int name params                                                                                                \
	{                                                                                                              \
		static void *_Atomic real;                                                                             \
		enum turn turn = OPENS(dir, path, flags);                                                              \
		mode_t mode = 0;                                                                                       \
		va_list ap;                                                                                            \
		int r;                                                                                                 \
                                                                                                                       \
		if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                               \
			va_start(ap, flags);                                                                           \
			mode = va_arg(ap, mode_t);                                                                     \
			va_end(ap);                                                                                    \
		}                                                                                                      \
		if (real == NULL)                                                                                      \
			real = next(#name);                                                                            \
		if (turn == FAIL)                                                                                      \
			return -1;                                                                                     \
		r = call;                                                                                              \
		behind(turn);                                                                                          \
		return r;                                                                                              \
	}

typedef int open_fn(const char *, int, ...);
typedef int openat_fn(int, const char *, int, ...);

WRAP_OPEN(open, (const char *path, int flags, ...), AT_FDCWD, path, flags, ((open_fn *)real)(path, flags, mode))
WRAP_OPEN(open64, (const char *path, int flags, ...), AT_FDCWD, path, flags, ((open_fn *)real)(path, flags, mode))
WRAP_OPEN(
    openat, (int dir, const char *path, int flags, ...), dir, path, flags, ((openat_fn *)real)(dir, path, flags, mode))
WRAP_OPEN(openat64, (int dir, const char *path, int flags, ...), dir, path, flags,
    ((openat_fn *)real)(dir, path, flags, mode))
WRAP(int, __open_2, (const char *path, int flags), (path, flags), -1, OPENS(AT_FDCWD, path, flags))
WRAP(int, __openat_2, (int dir, const char *path, int flags), (dir, path, flags), -1, OPENS(dir, path, flags))

WRAP(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, HALF_OF(n)), -1, FILE_OR_PEER("write"))
WRAP(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, HALF_OF(n), at), -1, ON_FILE("pwrite"))
WRAP(ssize_t, pwrite64, (int fd, const void *p, size_t n, off_t at), (fd, p, HALF_OF(n), at), -1, ON_FILE("pwrite"))

/* Half of several pieces: half of the first ones, or of the only one. */
static const struct iovec *
pieces(enum turn turn, const struct iovec *v, int *n, struct iovec *one)
{
	if (turn != HALF)
		return v;
	*n = *n > 1 ? *n / 2 : 1;
	if (*n > 1)
		return v;
	*one = (struct iovec){ v->iov_base, v->iov_len > 1 ? v->iov_len / 2 : v->iov_len };
	return one;
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	ssize_t (*real)(int, const struct iovec *, int) = (ssize_t(*)(int, const struct iovec *, int))next("writev");
	enum turn turn = FILE_OR_PEER("writev");
	struct iovec one;
	ssize_t r;

	if (turn == FAIL)
		return -1;
	v = pieces(turn, v, &n, &one);
	r = real(fd, v, n);
	behind(turn);
	return r;
}

ssize_t
pwritev(int fd, const struct iovec *v, int n, off_t at)
{
	ssize_t (*real)(int, const struct iovec *, int, off_t) =
	    (ssize_t(*)(int, const struct iovec *, int, off_t))next("pwritev");
	enum turn turn = ON_FILE("pwritev");
	struct iovec one;
	ssize_t r;

	if (turn == FAIL)
		return -1;
	v = pieces(turn, v, &n, &one);
	r = real(fd, v, n, at);
	behind(turn);
	return r;
}

WRAP(ssize_t, sendfile, (int fd, int from, off_t *at, size_t n), (fd, from, at, HALF_OF(n)), -1,
    FILE_OR_PEER("sendfile"))
WRAP(ssize_t, copy_file_range, (int from, off_t *a, int fd, off_t *b, size_t n, unsigned flags),
    (from, a, fd, b, HALF_OF(n), flags), -1, ON_FILE("copy_file_range"))
WRAP(ssize_t, splice, (int from, off_t *a, int fd, off_t *b, size_t n, unsigned flags),
    (from, a, fd, b, HALF_OF(n), flags), -1, FILE_OR_PEER("splice"))
WRAP(int, ftruncate, (int fd, off_t n), (fd, n), -1, ON_FILE("ftruncate"))
WRAP(int, fallocate, (int fd, int mode, off_t at, off_t n), (fd, mode, at, n), -1, ON_FILE("fallocate"))
WRAP(int, posix_fallocate, (int fd, off_t at, off_t n), (fd, at, n), shared->error, ON_FILE("posix_fallocate"))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), -1, ON_FILE("fchmod"))
WRAP(int, fchown, (int fd, uid_t u, gid_t g), (fd, u, g), -1, ON_FILE("fchown"))
WRAP(int, futimens, (int fd, const struct timespec t[2]), (fd, t), -1, ON_FILE("futimens"))
WRAP(int, utimensat, (int dir, const char *path, const struct timespec t[2], int flags), (dir, path, t, flags), -1,
    point_at(dir, path, "utimensat", POINTS_CHANGE))
WRAP(int, flock, (int fd, int how), (fd, how), -1, ON_FILE("flock"))
WRAP(int, sync_file_range, (int fd, off_t at, off_t n, unsigned flags), (fd, at, n, flags), -1,
    ON_FILE("sync_file_range"))

static void
slow_disk(enum turn turn)
{
	struct timespec t;

	if (shared == NULL || shared->flush_delay_us == 0 || turn == FAIL)
		return;
	t = (struct timespec){ shared->flush_delay_us / 1000000, shared->flush_delay_us % 1000000 * 1000 };
	nanosleep(&t, NULL);
}
#define FLUSH(kind)                                                                                                    \
	({                                                                                                             \
		enum turn t = ON_FILE(kind);                                                                           \
		slow_disk(t);                                                                                          \
		t;                                                                                                     \
	})
WRAP(int, fsync, (int fd), (fd), -1, FLUSH("fsync"))
WRAP(int, fdatasync, (int fd), (fd), -1, FLUSH("fdatasync"))
WRAP(int, syncfs, (int fd), (fd), -1, FLUSH("syncfs"))

WRAP(int, rename, (const char *a, const char *b), (a, b), -1, IN_CWD(a, "rename"))
WRAP(int, renameat, (int d, const char *a, int e, const char *b), (d, a, e, b), -1,
    point_at(d, a, "rename", POINTS_CHANGE))
WRAP(int, renameat2, (int d, const char *a, int e, const char *b, unsigned f), (d, a, e, b, f), -1,
    point_at(d, a, "rename", POINTS_CHANGE))
WRAP(int, link, (const char *a, const char *b), (a, b), -1, IN_CWD(b, "link"))
WRAP(int, linkat, (int d, const char *a, int e, const char *b, int f), (d, a, e, b, f), -1,
    point_at(e, b, "link", POINTS_CHANGE))
WRAP(int, symlink, (const char *a, const char *b), (a, b), -1, IN_CWD(b, "symlink"))
WRAP(int, unlink, (const char *path), (path), -1, IN_CWD(path, "unlink"))
WRAP(int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags), -1,
    point_at(dir, path, "unlink", POINTS_CHANGE))
WRAP(int, rmdir, (const char *path), (path), -1, IN_CWD(path, "rmdir"))
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), -1, IN_CWD(path, "mkdir"))
WRAP(int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode), -1,
    point_at(dir, path, "mkdir", POINTS_CHANGE))
WRAP(int, chmod, (const char *path, mode_t mode), (path, mode), -1, IN_CWD(path, "chmod"))

WRAP(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), -1, point_fd(fd, "read", POINTS_READ, POINTS_NONE))
WRAP(ssize_t, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at), -1,
    point_fd(fd, "pread", POINTS_READ, POINTS_NONE))
WRAP(ssize_t, pread64, (int fd, void *p, size_t n, off_t at), (fd, p, n, at), -1,
    point_fd(fd, "pread", POINTS_READ, POINTS_NONE))

#define TO_PEER(kind) point_fd(fd, kind, POINTS_NONE, POINTS_SAY)
WRAP(ssize_t, send, (int fd, const void *p, size_t n, int flags), (fd, p, HALF_OF(n), flags), -1, TO_PEER("send"))
WRAP(ssize_t, sendto, (int fd, const void *p, size_t n, int flags, __CONST_SOCKADDR_ARG to, socklen_t len),
    (fd, p, HALF_OF(n), flags, to, len), -1, TO_PEER("send"))
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags), -1, TO_PEER("sendmsg"))
WRAP(int, shutdown, (int fd, int how), (fd, how), -1, TO_PEER("shutdown"))

/* Descriptors that may be too many. */
WRAP(
    int, socket, (int family, int type, int protocol), (family, type, protocol), -1, point(POINTS_OPEN, "socket", NULL))
WRAP(int, accept4, (int fd, __SOCKADDR_ARG from, socklen_t *len, int flags), (fd, from, len, flags), -1,
    point(POINTS_OPEN, "accept", NULL))
WRAP(int, dup, (int fd), (fd), -1, point(POINTS_OPEN, "dup", NULL))

static bool
is_lock(int what)
{
	return what == F_SETLK || what == F_SETLKW || what == F_OFD_SETLK || what == F_OFD_SETLKW;
}

int
fcntl(int fd, int what, ...)
{
	static int (*_Atomic real)(int, int, ...);
	enum turn turn = GO;
	void *argument;
	va_list ap;
	int r;

	va_start(ap, what);
	argument = va_arg(ap, void *);
	va_end(ap);
	if (real == NULL)
		real = (int (*)(int, int, ...))next("fcntl");
	if (is_lock(what))
		turn = ON_FILE("lock");
	else if (what == F_DUPFD || what == F_DUPFD_CLOEXEC)
		turn = point(POINTS_OPEN, "dup", NULL);
	if (turn == FAIL)
		return -1;
	r = real(fd, what, argument);
	behind(turn);
	return r;
}

/* ---- what time it is ---- */

time_t
time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out != NULL)
		*out = t.tv_sec;
	return t.tv_sec;
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	static int (*_Atomic real)(clockid_t, struct timespec *);
	int r;

	if (real == NULL)
		real = (int (*)(clockid_t, struct timespec *))next("clock_gettime");
	r = real(id, t);
	if (r == 0 && shared != NULL && id == CLOCK_REALTIME)
		t->tv_sec += shared->shift_s;
	return r;
}
