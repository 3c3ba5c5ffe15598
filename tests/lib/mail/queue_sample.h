/* SPDX-License-Identifier: Apache-2.0 */
/* queue_sample - a queue in a folder of its own, and messages in it, for tests of whatever works on queues. */
#ifndef TESTS_LIB_MAIL_QUEUE_SAMPLE_H
#define TESTS_LIB_MAIL_QUEUE_SAMPLE_H

#include "lib/base/time.h"
#include "lib/io/file.h"
#include "lib/mail/qfile.h"
#include "lib/mail/queuedir.h"
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { QUEUE_FOLDER = 256, NOBODY = 65534, LETTER_RCPTS = 2000 };

/* As an ordinary user (root becomes one for good); the working directory is the queue's. */
static inline void
queue_folder_make(char path[QUEUE_FOLDER])
{
	static bool root;
	const char *const more[] = { "private", "public", "pid" };
	const char *tmp = getenv("TMPDIR");
	struct stat st;

	root = root || geteuid() == 0;
	/* It may be closed to the user that we become. */
	if (root && (tmp == NULL || stat(tmp, &st) < 0 || (st.st_mode & S_IXOTH) == 0 || access(tmp, W_OK) < 0))
		tmp = NULL;
	snprintf(path, QUEUE_FOLDER, "%s/queue.XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(path));
	assert_int_equal(chdir(path), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(".", NOBODY, NOBODY), 0);
		assert_true(setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
	}
	for (int q = 0; q < QUEUES; q++)
		assert_true(file_mkdir(queue_names[q], 0700));
	for (size_t i = 0; i < NITEMS(more); i++)
		assert_true(file_mkdir(more[i], 0700));
}

static inline void
queue_folder_remove(const char *path)
{
	pid_t pid;

	assert_int_equal(chdir("/"), 0);
	if ((pid = fork()) == 0) {
		execl("/bin/rm", "rm", "-rf", path, NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

static inline bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* How often a text stands in a file. */
static inline int
count(const char *file, const char *text)
{
	struct buf b = BUF(64 << 20);
	int n = 0;

	if (file_read(AT_FDCWD, file, &b))
		for (const char *s = buf_str(&b); (s = strstr(s, text)) != NULL; s += strlen(text))
			n++;
	buf_free(&b);
	return n;
}

static inline int
files_in(enum queue q)
{
	struct queuescan *s = queuescan_open(q);
	struct queuescan_found f;
	int n = 0;

	while (queuescan_next(s, &f))
		n++;
	queuescan_free(&s);
	return n;
}

struct letter {
	const char *const *to; /* NULL at the end */
	const char *sender, *hold;
	long arrival_us; /* 0: now */
	bool no_route;	 /* trivial-rewrite is to be asked */
	int many;	 /* so many recipients uN@to[0] instead */
};

static inline void
write_letter(const struct letter *l, char id[QUEUEID_MAX])
{
	static int serial;
	static struct recipient rcpts[LETTER_RCPTS];
	static char names[LETTER_RCPTS][64];
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	int dir = open("incoming", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long arrival = l->arrival_us != 0 ? l->arrival_us : now_us();
	struct envelope e = { .arrival_us = arrival,
		.sender = l->sender != NULL ? l->sender : "from@sender.example",
		.origin = "network",
		.hold_reason = l->hold,
		.route_generation = l->no_route ? "" : "1",
		.uid = -1 };
	struct qfile_content content = { .envelope = &e, .rcpts = rcpts, .header = "Subject: x\r\n", .header_len = 12 };
	struct qfile_writer *w;

	queueid_make(now_us(), (unsigned long)getpid() * 1000 % 4000000 + (unsigned long)serial++, id);
	for (size_t i = 0; l->many > 0 ? i < (size_t)l->many : l->to[i] != NULL; i++) {
		snprintf(names[i], sizeof(names[i]), "u%zu@%s", i, l->to[l->many > 0 ? 0 : i]);
		rcpts[content.nrcpts++] = (struct recipient){ .address = names[i],
			.original = names[i],
			.transport = l->no_route ? "" : "smtp",
			.nexthop = l->no_route ? "" : strchr(names[i], '@') + 1 };
	}
	w = qfile_create(dir, id, &why);
	assert_non_null(w);
	assert_true(qfile_body(w, "hello\r\n", 7));
	assert_int_equal(qfile_commit(w, &content, &why), FATE_OK);
	qfile_writer_free(&w);
	close(dir);
	arena_free(&mem);
}

/* The same, in some other queue. */
static inline void
put_letter(enum queue to, const struct letter *l, char id[QUEUEID_MAX])
{
	struct queuedir d = { .depth = { [QUEUE_DEFERRED] = 1 } };
	char path[QUEUE_PATH];

	write_letter(l, id);
	queuedir_path(&d, QUEUE_INCOMING, id, path);
	if (to != QUEUE_INCOMING)
		assert_true(queuedir_move(&d, path, to, id, path));
}

static inline struct qfile *
open_letter_for(enum queue q, const char *id, enum qfile_mode mode)
{
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct queuedir d = { .depth = { [QUEUE_DEFERRED] = 1 } };
	enum qfile_state state;
	char path[QUEUE_PATH];
	struct qfile *f = NULL;

	if (queuedir_find(&d, q, id, path))
		f = qfile_open(AT_FDCWD, path, mode, &state, &why);
	arena_free(&mem);
	return f;
}

static inline struct qfile *
open_letter(enum queue q, const char *id)
{
	return open_letter_for(q, id, QFILE_READ);
}

#define TO(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
