/* SPDX-License-Identifier: Apache-2.0 */
/* postlog - puts lines into the mail log, for scripts. */
#include "lib/base/config.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/option.h"
#include "lib/conf/confdir.h"
#include "lib/service/defaults.h"
#include "lib/service/environment.h"
#include "lib/service/logging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MOST = 4000 };

static const struct {
	const char *name;
	enum log_level level;
} priorities[] = { { "info", LOG_INFO_ }, { "warn", LOG_WARNING_ }, { "warning", LOG_WARNING_ },
	{ "error", LOG_ERROR_ }, { "fatal", LOG_FATAL_ }, { "panic", LOG_PANIC_ } };

struct options {
	const char *dir, *tag;
	enum log_level level;
	bool lent; /* the caller has fewer rights than we: what is written must not pass for a daemon's */
};

static void
usage(FILE *out)
{
	fputs("usage: postlog [-c config_dir] [-i] [-p priority] [-t tag] [-v] [text ...]\n\n"
	      "Logs text, or each line of the standard input.\n\n"
	      "  -p priority   info (default), warn, error, fatal or panic\n"
	      "  -t tag        what stands at the beginning of the line\n"
	      "  -i            accepted: the process id is always there\n",
	    out);
}

static enum log_level
priority(const char *name)
{
	for (size_t i = 0; i < NITEMS(priorities); i++)
		if (strcmp(priorities[i].name, name) == 0)
			return priorities[i].level;
	log_fatal(EX_USAGE, "bad priority \"%s\"; try info, warn, error, fatal or panic", name);
}

static void
parse(struct options *o, int argc, char **argv)
{
	struct buf err = BUF(4096);
	const char *given = NULL;
	int letter;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		exit(0);
	}
	*o = (struct options){ .tag = getenv("MAIL_LOGTAG"), .lent = confdir_privileged() && getuid() != 0 };
	while ((letter = option_next(argc, argv, "c:ip:t:v")) != -1) {
		if (letter == 'c')
			given = optarg;
		else if (letter == 'p')
			o->level = priority(optarg);
		else if (letter == 't')
			o->tag = optarg;
	}
	if ((o->dir = confdir_choose(given, &err)) == NULL)
		log_fatal(EX_NOPERM, "%s", buf_str(&err));
}

static const struct conf *
load(const struct options *o)
{
	struct conf_args a = { .dir = o->dir };
	struct buf err = BUF(8192);
	const struct conf *cf;

	defaults_register();
	if ((cf = conf_load(&a, &err)) == NULL)
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	buf_free(&err);
	return cf;
}

static void
say(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(level, fmt, ap);
	va_end(ap);
}

static void
one_line(const struct options *o, const char *text)
{
	if (o->lent)
		say(o->level, "uid %u: %s%s%s", getuid(), o->tag != NULL ? o->tag : "", o->tag != NULL ? ": " : "",
		    text);
	else
		say(o->level, "%s", text);
}

/* Longer lines than a log line may have become several. */
static void
from_stdin(const struct options *o)
{
	char line[LINE_MOST + 1];
	size_t n = 0;
	int c;

	while ((c = getchar()) != EOF) {
		if (c != '\n')
			line[n++] = (char)(c != '\0' ? c : '?');
		if (c == '\n' || n == LINE_MOST) {
			line[n] = '\0';
			one_line(o, line);
			n = 0;
		}
	}
	line[n] = '\0';
	if (n > 0)
		one_line(o, line);
}

static void
from_arguments(const struct options *o, char **words)
{
	struct buf b = BUF(LINE_MOST);

	for (; *words != NULL && buf_ok(&b); words++) {
		if (b.len > 0)
			buf_putc(&b, ' ');
		buf_puts(&b, *words);
	}
	one_line(o, buf_str(&b));
	buf_free(&b);
}

int
main(int argc, char **argv)
{
	static const char kept[] = "MAIL_CONFIG MAIL_LOGTAG TZ LANG=C POSTLOG_HOSTNAME";
	struct timespec second = { 1, 0 };
	const struct conf *cf;
	struct options o;
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
		;
	if (fd >= 0)
		close(fd);
	log_open("postfix", "postlog", log_to_stderr);
	environment_keep(kept);
	if (confdir_privileged())
		unsetenv("POSTLOG_HOSTNAME");
	parse(&o, argc, argv);
	cf = load(&o);
	logging_open(cf, "postlog", isatty(STDERR_FILENO) ? LOGGING_ALL_TO_STDERR : 0);
	if (o.tag != NULL && !o.lent)
		log_program("", o.tag);
	if (optind < argc)
		from_arguments(&o, argv + optind);
	else
		from_stdin(&o);
	if (o.level == LOG_FATAL_ || o.level == LOG_PANIC_)
		nanosleep(&second, NULL); /* as Postfix's: a script in a loop stays bearable */
	return 0;
}
