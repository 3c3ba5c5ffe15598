/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postdrop puts one submission, read from its standard input, into the maildrop folder.
 *
 * It is set-gid, and whoever starts it chooses arguments, environment,
 * descriptors, limits and signals.  So: the environment goes first, missing
 * descriptors are filled, signals are read from a descriptor (there is no
 * handler that could come at a bad time), and a limit that is hit is an
 * ordinary error.
 */
#include "commands/postdrop/drop.h"

#include "lib/base/config.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "lib/conf/confdir.h"
#include "lib/service/logging.h"
#include "lib/table/match_list.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct options {
	const char *dir; /* of main.cf */
	const char *given;
};

struct input {
	int fd, signals;
};

/* A file that we open must not become descriptor 0, 1 or 2. */
static void
fill_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd)
			_exit(EX_OSERR);
}

/* What ends us comes through a descriptor, so that a half file is removed; the rest is as if nobody had set it. */
static int
take_signals(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct sigaction now, ignore = { .sa_handler = SIG_IGN };
	sigset_t set;
	int fd;

	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* then write(2) says EFBIG */
	sigemptyset(&set);
	for (size_t i = 0; i < NITEMS(ends); i++)
		if (sigaction(ends[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(&set, ends[i]);
	sigprocmask(SIG_SETMASK, &set, NULL);
	if ((fd = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
		log_fatal(EX_OSERR, "signalfd: %s", strerror(errno));
	return fd;
}

static ssize_t
read_input(void *ctx, void *to, size_t n)
{
	struct input *in = ctx;
	struct pollfd p[] = { { .fd = in->fd, .events = POLLIN }, { .fd = in->signals, .events = POLLIN } };

	while (poll(p, NITEMS(p), -1) < 0)
		if (errno != EINTR)
			return -1;
	if (p[1].revents != 0) {
		errno = EINTR;
		return -1;
	}
	return read(in->fd, to, n);
}

/* One exit for all that goes wrong: told to the user, and logged as configured if that can be found out. */
static _Noreturn void
fail(const struct options *o, int status, const char *fmt, ...)
{
	struct conf_args a = { .dir = o->dir };
	struct buf err = BUF(4096), text = BUF(4096);
	const struct conf *cf = o->dir != NULL ? conf_load(&a, &err) : NULL;
	va_list ap;

	va_start(ap, fmt);
	buf_vfmt(&text, fmt, ap);
	va_end(ap);
	logging_open(cf, "postdrop", LOGGING_TROUBLE_TO_STDERR);
	log_fatal(status, "%s", buf_str(&text));
}

static void
help(void)
{
	puts("usage: postdrop [-c folder] [-r] [-v]\n"
	     "Puts a message into the maildrop folder, for sendmail(1), which pipes it in.\n"
	     "  -c folder  where main.cf is\n"
	     "  -r, -v     accepted");
}

static void
read_options(struct options *o, int argc, char **argv)
{
	struct buf err = BUF(4096);
	int c, at;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		help();
		exit(EX_OK);
	}
	opterr = 0;
	while (at = optind, (c = getopt(argc, argv, "+c:rv")) != -1) {
		if (c == 'c')
			o->given = optarg;
		else if (c == '?')
			fail(o, EX_USAGE, "what is %s? (postdrop --help)", argv[at]);
	}
	if (argc > optind)
		fail(o, EX_USAGE, "what is %s? (postdrop --help)", argv[optind]);
	if ((o->dir = confdir_choose(o->given, &err)) == NULL)
		fail(o, EX_NOPERM, "%s", buf_str(&err));
}

/* Any parameter is there, if only by its default. */
static const char *
text_of(const struct options *o, const struct conf *cf, const char *name)
{
	const char *value = conf_get(cf, name);

	if (value == NULL)
		fail(o, EX_CONFIG, "%s/main.cf: the value of %s cannot be expanded; \"sallyport check\" says more",
		    o->dir, name);
	return value;
}

/* authorized_submit_users; asked only when it is not the default, "anyone". */
static void
check_user(const struct options *o, const struct conf *cf)
{
	const char *patterns = text_of(o, cf, "authorized_submit_users");
	struct conf_args a = { .dir = o->dir };
	struct table_env env = { 0 };
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct match_list *users;
	struct buf err = BUF(4096);
	const struct passwd *pw;
	const char *user;
	enum table_result found;

	if (strcmp(patterns, "static:anyone") == 0)
		return;
	if ((env.cf = conf_load(&a, &err)) == NULL) /* all of it, which tables may read */
		fail(o, EX_CONFIG, "%s", buf_str(&err));
	pw = getpwuid(getuid());
	user = pw != NULL ? pw->pw_name : "unknown";
	if ((users = match_list_open("authorized_submit_users", patterns, &env, &err)) == NULL)
		fail(o, EX_CONFIG, "%s", buf_str(&err));
	found = match_list_get(users, user, &mem, &why);
	if (found == TABLE_ERROR)
		fail(o, EX_TEMPFAIL, "%s", why.text);
	if (found == TABLE_ABSENT)
		fail(o, EX_NOPERM, "User %s(%ld) is not allowed to submit mail", user, (long)getuid());
	match_list_free(&users);
	conf_free(&env.cf);
	arena_free(&mem);
}

/* Anybody who listens there hears that something came; nobody waits. */
static void
wake_pickup(const char *service)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, n = snprintf(a.sun_path, sizeof(a.sun_path), "public/%s", service);

	if (n < 0 || n >= (int)sizeof(a.sun_path))
		return;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return;
	/* Not running, or busy: it looks into the folder by itself, too. */
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		shutdown(fd, SHUT_RDWR);
	close(fd);
}

static int
open_maildrop(const struct options *o, const char *queue)
{
	int fd;

	if (chdir(queue) < 0)
		fail(o, EX_TEMPFAIL, "queue_directory %s: %s", queue, strerror(errno));
	/* The folder may be searched and written to, not read. */
	if ((fd = open("maildrop", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		fail(o, EX_TEMPFAIL, "%s/maildrop: %s; \"sallyport set-permissions\" makes missing folders", queue,
		    strerror(errno));
	return fd;
}

static void
take_message(const struct options *o, const struct conf *cf)
{
	const char *limit = text_of(o, cf, "message_size_limit");
	struct drop d = { .verp = text_of(o, cf, "verp_delimiter_filter") };
	struct input in = { STDIN_FILENO, take_signals() };
	struct arena mem = ARENA(65536);
	struct verdict why = VERDICT(&mem);
	struct maildrop_reader r;

	if (!text_number(limit, 0, LONG_MAX, &d.limit))
		fail(o, EX_CONFIG, "%s/main.cf: message_size_limit: bad numeric value: %s", o->dir, limit);
	d.dir = open_maildrop(o, text_of(o, cf, "queue_directory"));
	maildrop_open(&r, read_input, &in);
	r.chunked = true;
	if (drop_message(&d, &r, &why) != FATE_OK)
		fail(o, why.fate == FATE_NEVER ? EX_DATAERR : EX_TEMPFAIL, "user %ld: %s", (long)getuid(), why.text);
	wake_pickup(text_of(o, cf, "pickup_service_name"));
	printf("%s\n", d.id);
	fflush(stdout); /* the message is safe, whether anybody reads this or not */
}

int
main(int argc, char **argv)
{
	const char *set = getenv("MAIL_CONFIG");
	char *config = set != NULL ? strdup(set) : NULL;
	struct options o = { .dir = NULL };
	struct buf err = BUF(4096);
	struct conf_args a = { .lenient = true, .few = true };
	const struct conf *cf;

	clearenv();
	if (config != NULL)
		setenv("MAIL_CONFIG", config, 1);
	fill_descriptors();
	umask(022);
	log_open("postfix", "postdrop", log_to_stderr);
	read_options(&o, argc, argv);
	a.dir = o.dir;
	if ((cf = conf_load(&a, &err)) == NULL)
		fail(&o, EX_CONFIG, "%s", buf_str(&err));
	check_user(&o, cf);
	take_message(&o, cf);
	return EX_OK;
}
