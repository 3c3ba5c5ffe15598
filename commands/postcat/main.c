/* SPDX-License-Identifier: Apache-2.0 */
/* postcat - shows what is in queue files. */
#include "commands/postcat/show.h"

#include "lib/base/log.h"
#include "lib/base/option.h"
#include "lib/conf/confdir.h"
#include "lib/io/file.h"
#include "lib/mail/queuedir.h"
#include "lib/service/defaults.h"
#include "lib/service/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PIPE_MAX = 1 << 30, PIECE = 65536 };

struct options {
	const char *dir;
	bool queue; /* -q: names are queue ids */
	struct show how;
};

static void
usage(FILE *out)
{
	fputs("usage: postcat [-bdehnoqrv] [-c config_dir] [file ...]\n\n"
	      "Shows queue files: envelope, message and what happened to it; the standard input without names.\n\n"
	      "  -e   envelope and history\n"
	      "  -h   header\n"
	      "  -b   body (-bh: the message alone)\n"
	      "  -q   names are queue ids, to be looked for in the queue\n"
	      "  -o   with the places of recipients, header and body in the file\n"
	      "  -d -n -r   accepted: there is nothing for them to do\n",
	    out);
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
	*o = (struct options){ 0 };
	while ((letter = option_next(argc, argv, "bc:dehnoqrv")) != -1) {
		if (letter == 'c')
			given = optarg;
		else if (letter == 'q')
			o->queue = true;
		o->how.body |= letter == 'b';
		o->how.envelope |= letter == 'e';
		o->how.header |= letter == 'h';
		o->how.offsets |= letter == 'o';
		if (letter == 'v')
			log_debugging(true);
	}
	if (!o->how.body && !o->how.envelope && !o->how.header)
		o->how.body = o->how.envelope = o->how.header = true;
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

/* A descriptor that can be read at any place: of fd, or of a copy in memory when it is a pipe. */
static int
any_place(int fd)
{
	char *piece;
	long all = 0;
	ssize_t n;
	int copy;

	if (lseek(fd, 0, SEEK_CUR) >= 0)
		return dup(fd);
	if ((copy = memfd_create("postcat", MFD_CLOEXEC)) < 0)
		return -1;
	piece = mem_alloc(PIECE);
	while ((n = read(fd, piece, PIECE)) > 0 && (all += n) <= PIPE_MAX && file_write_all(copy, piece, (size_t)n))
		;
	free(piece);
	if (n == 0)
		return copy;
	if (all > PIPE_MAX)
		errno = EFBIG;
	close(copy);
	return -1;
}

/* Owns fd. */
static bool
show_open(int fd, const char *name, const struct show *how)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	static const char prefix[] = "queue file: ";
	enum qfile_state state;
	struct qfile *q = NULL;
	bool ok = false;

	if (show_is_maildrop(fd)) {
		ok = show_maildrop(fd, name, how);
		close(fd);
	} else if ((q = qfile_open_fd(fd, QFILE_READ, &state, &why)) != NULL) {
		ok = show_queue_file(q, name, how);
	} else {
		size_t skip = strncmp(why.text, prefix, sizeof(prefix) - 1) == 0 ? sizeof(prefix) - 1 : 0;

		log_error("%s: %s", name, why.text + skip);
		close(fd);
	}
	qfile_free(&q);
	arena_free(&mem);
	return ok;
}

static bool
show_file(const char *path, int more_flags, const struct show *how)
{
	/* NONBLOCK: a FIFO must not make us wait. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | more_flags);

	if (fd < 0) {
		log_error("%s: %s", path, strerror(errno));
		return false;
	}
	return show_open(fd, path, how);
}

/* Wherever it is; once more for a message that was on its way from one queue to another. */
static bool
show_message(const struct queuedir *d, const char *id, const struct show *how)
{
	char path[QUEUE_PATH];

	if (!queueid_ok(id)) {
		log_error("bad mail queue id: %s", id);
		return false;
	}
	for (int i = 0; i < 2 * QUEUES; i++)
		if (queuedir_find(d, (enum queue)(i % QUEUES), id, path))
			return show_file(path, O_NOFOLLOW, how);
	log_error("no such message in the queue: %s", id);
	return false;
}

static bool
show_named(const struct options *o, char **names)
{
	const struct conf *cf = NULL;
	struct queuedir d;
	bool ok = true;

	/* A file can be shown also where nothing is configured. */
	if (o->queue) {
		cf = load(o);
		if (chdir(cf->queue_directory) < 0)
			log_fatal(EX_OSERR, "%s: %s", cf->queue_directory, strerror(errno));
		queuedir_init(&d, cf);
	}
	for (; *names != NULL; names++)
		ok &= o->queue ? show_message(&d, *names, &o->how) : show_file(*names, 0, &o->how);
	conf_free(&cf);
	return ok;
}

static bool
show_stdin(const struct show *how)
{
	int fd = any_place(STDIN_FILENO);

	if (fd < 0) {
		log_error("standard input: %s", strerror(errno));
		return false;
	}
	return show_open(fd, "stdin", how);
}

int
main(int argc, char **argv)
{
	struct options o;
	bool ok;
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
		;
	if (fd >= 0)
		close(fd);
	log_open("postfix", "postcat", log_to_stderr);
	environment_keep("MAIL_CONFIG TZ LANG=C");
	parse(&o, argc, argv);
	ok = optind < argc ? show_named(&o, argv + optind) : show_stdin(&o.how);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("standard output: %s", strerror(errno));
		ok = false;
	}
	return ok ? 0 : 1;
}
