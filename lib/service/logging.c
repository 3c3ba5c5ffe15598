/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/logging.h"

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/io/file.h"
#include "lib/service/postlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SPACE = 8192 };

/* Set before threads start. */
static const struct conf *conf;
static log_sink *beneath;
static unsigned options;

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

static bool
write_directly(long us, const char *line)
{
	char host[256];
	struct buf b = BUF(LINE_SPACE);
	int fd = logging_file(conf);
	bool ok = false;

	if (fd < 0)
		return false;
	logging_host(host);
	logging_stamp(&b, (us > 0 ? us : now_us()) / 1000000, host, line, strlen(line));
	if (buf_ok(&b))
		ok = file_write_all(fd, b.s, b.len);
	buf_free(&b);
	close(fd);
	return ok;
}

static bool
elsewhere(long us, const char *line)
{
	return write_directly(us, line) || (log_to_stderr(LOG_INFO_, line), false);
}

/* The daemons work in the queue directory, where a short name is enough; elsewhere it could be anybody's. */
static void
open_post(void)
{
	struct buf path = BUF(4096);

	if (!(options & LOGGING_AT_HOME))
		buf_fmt(&path, "%s/", conf->queue_directory);
	buf_fmt(&path, "public/%s", conf->postlog_service_name);
	if (buf_ok(&path))
		postlog_open(buf_str(&path), elsewhere);
	buf_free(&path);
}

static bool
to_postlog(enum log_level level, const char *line)
{
	if (!postlog_is_open() || (options & LOGGING_DIRECTLY))
		return write_directly(0, line);
	return postlog_line(line, !(options & LOGGING_NEVER_WAIT), level != LOG_INFO_ && level != LOG_DEBUG_);
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
		open_post();
	} else {
		beneath = log_to_syslog;
		log_open(syslog_name, program, log_to_syslog); /* connects */
	}
	log_open(syslog_name, program, sink);
}

void
logging_gather(bool thread)
{
	if (beneath == to_postlog && postlog_is_open())
		postlog_gather(thread);
}

void
logging_started(void)
{
	options &= ~(unsigned)LOGGING_TROUBLE_TO_STDERR;
}
