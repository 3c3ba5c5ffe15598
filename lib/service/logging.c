/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/logging.h"

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 100, SULK_MS = 1000, LINE_SPACE = 8192 };

/* Set before threads start, but for the atomic one. */
static const struct conf *conf;
static log_sink *beneath;
static unsigned options;
static int postlog_fd = -1;
static atomic_long sulk_until; /* no waiting for a postlogd that let us wait in vain */

void
logging_host(char out[256])
{
	const char *name = getenv("POSTLOG_HOSTNAME");

	memset(out, 0, 256);
	if (name != NULL && *name != '\0')
		strncpy(out, name, 255);
	else if (gethostname(out, 255) < 0)
		strncpy(out, "localhost", 255);
}

void
logging_stamp(struct buf *b, long seconds, const char *host, const char *text, size_t len)
{
	char stamp[40];
	time_t t = seconds;
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &tm);
	buf_fmt(b, "%s %s ", stamp, host);
	buf_add(b, text, len);
	buf_putc(b, '\n');
}

/*
 * The prefixes keep a slip of the pen from making a log of /etc/passwd.  Elsewhere
 * a log file may be when it is one already or new, in a folder that only we may write to.
 */
static bool
is_private_place(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash != NULL && slash != path ? mem_fmt("%.*s", (int)(slash - path), path) : NULL;
	struct stat st;
	bool ok = folder != NULL && path[0] == '/' && stat(folder, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & 022) == 0 && strncmp(path, "/etc/", 5) != 0 && strncmp(path, "/dev/", 5) != 0;

	free(folder);
	return ok && (lstat(path, &st) < 0 ? errno == ENOENT : S_ISREG(st.st_mode) && st.st_nlink == 1);
}

bool
logging_allowed(const struct conf *cf, bool foreground, struct buf *err)
{
	char *copy = mem_str(cf->maillog_file_prefixes), *cursor = copy, *prefix;
	bool fits = cf->maillog_file[0] == '\0';

	while (!fits && (prefix = text_word(&cursor, TEXT_LIST)) != NULL)
		fits = strncmp(cf->maillog_file, prefix, strlen(prefix)) == 0;
	free(copy);
	fits = fits || is_private_place(cf->maillog_file);
	if (!fits)
		buf_fmt(err, "maillog_file: \"%s\" begins with none of $maillog_file_prefixes (%s)", cf->maillog_file,
		    cf->maillog_file_prefixes);
	if (fits && !foreground && strcmp(cf->maillog_file, "/dev/stdout") == 0) {
		buf_puts(err, "maillog_file = /dev/stdout is for \"sallyport start-fg\" only");
		return false;
	}
	return fits;
}

int
logging_file(const struct conf *cf)
{
	char *end;
	long mode = strtol(cf->maillog_file_permissions, &end, 8);
	mode_t mask;
	int fd, saved;

	if (strcmp(cf->maillog_file, "/dev/stdout") == 0)
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (*end != '\0' || mode <= 0 || mode > 0777)
		mode = 0600;
	mask = umask(~(mode_t)mode & 0777);
	fd = open(cf->maillog_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, (mode_t)mode);
	saved = errno;
	umask(mask);
	errno = saved;
	return fd;
}

/* The daemons work in the queue directory, where a short name is enough; elsewhere it could be anybody's. */
static bool
postlog_connect(int fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct buf path = BUF(sizeof(a.sun_path) - 1);
	bool ok = false;

	if (!(options & LOGGING_AT_HOME))
		buf_fmt(&path, "%s/", conf->queue_directory);
	buf_fmt(&path, "public/%s", conf->postlog_service_name);
	if (buf_ok(&path)) {
		memcpy(a.sun_path, path.s, path.len + 1);
		ok = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	}
	buf_free(&path);
	return ok;
}

/* Made once; when whoever reads is replaced, it is connected anew. */
static void
postlog_open(void)
{
	struct timeval tv = { 0, WAIT_MS * 1000 };

	if (postlog_fd < 0 && (postlog_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0)
		setsockopt(postlog_fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (postlog_fd >= 0)
		postlog_connect(postlog_fd);
}

/* A set-gid command shows the group that it was given, which is not its real one. */
static bool
postlog_send(int fd, const char *line, int flags)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control = { .bytes = { 0 } };
	struct ucred me = { getpid(), geteuid(), getegid() };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)line, .iov_len = strlen(line) };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)
	};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_CREDENTIALS;
	h->cmsg_len = CMSG_LEN(sizeof(me));
	memcpy(CMSG_DATA(h), &me, sizeof(me));
	return sendmsg(fd, &m, MSG_NOSIGNAL | flags) >= 0;
}

static bool
write_directly(const char *line)
{
	char host[256];
	struct buf b = BUF(LINE_SPACE);
	int fd = logging_file(conf);
	bool ok = false;

	if (fd < 0)
		return false;
	logging_host(host);
	logging_stamp(&b, now_us() / 1000000, host, line, strlen(line));
	if (buf_ok(&b))
		ok = file_write_all(fd, b.s, b.len);
	buf_free(&b);
	close(fd);
	return ok;
}

static bool
to_postlog(enum log_level level, const char *line)
{
	bool patient = !(options & LOGGING_NEVER_WAIT) && tick_ms() >= atomic_load(&sulk_until);
	int flags = patient ? 0 : MSG_DONTWAIT;

	(void)level;
	if (postlog_fd < 0 || (options & LOGGING_DIRECTLY))
		return write_directly(line);
	if (postlog_send(postlog_fd, line, flags))
		return true;
	if (errno == EAGAIN || errno == EWOULDBLOCK) {
		if (patient)
			atomic_store(&sulk_until, tick_ms() + SULK_MS);
	} else if (postlog_connect(postlog_fd) && postlog_send(postlog_fd, line, flags)) {
		return true;
	}
	return write_directly(line);
}

static bool
sink(enum log_level level, const char *line)
{
	bool trouble = level != LOG_INFO_ && level != LOG_DEBUG_;
	bool taken = beneath(level, line);

	if ((options & LOGGING_ALL_TO_STDERR) || ((options & LOGGING_TROUBLE_TO_STDERR) && trouble))
		taken = log_to_stderr(level, line) || taken;
	return taken;
}

void
logging_open(const struct conf *cf, const char *program, unsigned flags)
{
	const char *syslog_name = cf != NULL ? cf->syslog_name : "postfix";

	conf = cf;
	options = flags;
	if (cf != NULL && cf->maillog_file[0] != '\0') {
		beneath = to_postlog;
		postlog_open();
	} else {
		beneath = log_to_syslog;
		log_open(syslog_name, program, log_to_syslog); /* connects */
	}
	log_open(syslog_name, program, sink);
}

void
logging_started(void)
{
	options &= ~(unsigned)LOGGING_TROUBLE_TO_STDERR;
}
