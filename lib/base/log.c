/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/log.h"

#include "lib/base/text.h"
#include "lib/base/time.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_ = 4096, LINE_USUAL = 512 };

/* Set before threads start, read-only after; the counter is atomic. */
static char name[128] = "sallyport";
static char program_only[64] = "sallyport";
static log_sink *sink = log_to_stderr;
static bool debugging;
static atomic_ulong lost;
static int syslog_fd = -1;
static _Thread_local char doing[256];
static _Thread_local long as_of;
static _Thread_local int thread; /* its kernel id; 0: not asked yet */

static const char *const words[] = { [LOG_INFO_] = "",
	[LOG_WARNING_] = "warning: ",
	[LOG_ERROR_] = "error: ",
	[LOG_FATAL_] = "fatal: ",
	[LOG_PANIC_] = "panic: ",
	[LOG_DEBUG_] = "" };

static const int severities[] = { [LOG_INFO_] = LOG_INFO,
	[LOG_WARNING_] = LOG_WARNING,
	[LOG_ERROR_] = LOG_ERR,
	[LOG_FATAL_] = LOG_CRIT,
	[LOG_PANIC_] = LOG_CRIT,
	[LOG_DEBUG_] = LOG_DEBUG };

/* The socket is made once; when the log daemon was replaced, it is connected anew. */
static bool
syslog_connect(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	struct timeval patience = { 1, 0 };

	if (syslog_fd < 0 && (syslog_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0)
		setsockopt(syslog_fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return syslog_fd >= 0 && connect(syslog_fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

void
log_open(const char *syslog_name, const char *program, log_sink *to)
{
	sink = to;
	log_program(syslog_name, program);
	if (to == log_to_syslog)
		syslog_connect();
}

static void
forked(void)
{
	thread = 0;
}

static void
watch_forks(void)
{
	pthread_atfork(NULL, NULL, forked);
}

static int
thread_id(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (thread == 0) {
		pthread_once(&once, watch_forks);
		thread = (int)gettid();
	}
	return thread;
}

void
log_program(const char *syslog_name, const char *program)
{
	snprintf(name, sizeof(name), "%s%s%s", syslog_name, *syslog_name != '\0' ? "/" : "", program);
	snprintf(program_only, sizeof(program_only), "%s", program);
}

const char *
log_name(void)
{
	return name;
}

void
log_debugging(bool on)
{
	debugging = on;
}

void
log_doing(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(doing, sizeof(doing), fmt, ap);
	va_end(ap);
}

void
log_as_of(long us)
{
	as_of = us;
}

long
log_time_us(void)
{
	return as_of > 0 ? as_of : now_us();
}

bool
log_to_stderr(enum log_level level, const char *line)
{
	const char *text = strstr(line, "]: ");

	(void)level;
	return dprintf(STDERR_FILENO, "%s: %s\n", program_only, text != NULL ? text + 3 : line) > 0;
}

bool
log_to_stdout(enum log_level level, const char *line)
{
	char stamp[40];
	struct timespec now;
	struct tm tm;

	(void)level;
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &tm);
	return dprintf(STDOUT_FILENO, "%s %s\n", stamp, line) > 0;
}

bool
log_to_syslog(enum log_level level, const char *line)
{
	char out[LINE_MAX_ + 96], stamp[40];
	time_t now = time(NULL);
	struct tm tm;
	int n;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &tm);
	n = snprintf(out, sizeof(out), "<%d>%s %s", LOG_MAIL | severities[level], stamp, line);
	if (n >= (int)sizeof(out))
		n = (int)sizeof(out) - 1;
	if (syslog_fd < 0)
		return false;
	return send(syslog_fd, out, (size_t)n, MSG_NOSIGNAL) == n ||
	    (syslog_connect() && send(syslog_fd, out, (size_t)n, MSG_NOSIGNAL) == n);
}

void
log_line(enum log_level level, const char *fmt, va_list ap)
{
	/* Each idle session keeps the pages that its stack ever needed: a long line is made elsewhere. */
	char usual[LINE_USUAL], *line = usual, *longer;
	int saved = errno, head, n;
	va_list again;

	va_copy(again, ap);
	head = snprintf(usual, sizeof(usual), "%s[%d]: %s", name, thread_id(), words[level]);
	n = head + vsnprintf(usual + head, sizeof(usual) - (size_t)head, fmt, ap);
	if (n >= LINE_USUAL && (longer = malloc(LINE_MAX_)) != NULL) {
		memcpy(longer, usual, (size_t)head);
		vsnprintf(longer + head, LINE_MAX_ - (size_t)head, fmt, again);
		line = longer;
	}
	va_end(again);
	text_printable(line);
	if (!sink(level, line)) {
		atomic_fetch_add(&lost, 1);
		log_to_stderr(level, line);
	}
	if (line != usual)
		free(line);
	errno = saved;
}

/* clang-format off */
#define LINE(level, fmt) do {			\
		va_list ap_;			\
		va_start(ap_, fmt);		\
		log_line((level), (fmt), ap_);	\
		va_end(ap_);			\
	} while (0)
/* clang-format on */

void
log_debug(const char *fmt, ...)
{
	if (debugging)
		LINE(LOG_DEBUG_, fmt);
}

void
log_info(const char *fmt, ...)
{
	LINE(LOG_INFO_, fmt);
}

void
log_warn(const char *fmt, ...)
{
	LINE(LOG_WARNING_, fmt);
}

void
log_warn_lines(const char *lines)
{
	while (*lines != '\0') {
		size_t n = strcspn(lines, "\n");

		if (n > 0)
			log_warn("%.*s", (int)n, lines);
		lines += n + (lines[n] == '\n');
	}
}

void
log_error(const char *fmt, ...)
{
	LINE(LOG_ERROR_, fmt);
}

void
log_fatal(int status, const char *fmt, ...)
{
	LINE(LOG_FATAL_, fmt);
	exit(status); /* in a thread, too: start-up is single-threaded, and later there is no half a daemon */
}

static void
say(enum log_level level, const char *fmt, ...)
{
	LINE(level, fmt);
}

void
log_panic(const char *file, int line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(LOG_PANIC_, "%s:%d: %s%s%s", file, line, text, doing[0] ? ", while busy with: " : "", doing);
	abort();
}
