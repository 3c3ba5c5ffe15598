/* SPDX-License-Identifier: Apache-2.0 */
/* place - a maildrop folder with what users may put there, and a cleanup that says what the test wants. */
#ifndef TESTS_SERVICES_PICKUP_PLACE_H
#define TESTS_SERVICES_PICKUP_PLACE_H

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/ipc/cleanup.h"
#include "lib/mail/maildrop.h"
#include "lib/mail/queueid.h"
#include "services/pickup/pickup.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct place {
	char path[256];
	const struct conf *cf;
	int maildrop, corrupt, listener;
	struct pickup *pickup;
	pthread_t thread;

	/* What cleanup does, and what it has seen; the thread's until it is joined. */
	int code;	      /* of its answers */
	bool slow;	      /* is said once */
	bool silent;	      /* until the whole message has been told */
	int dies;	      /* 1: before cleanup_started, 2: within the content, 3: before cleanup_done */
	int began, committed; /* messages */
	char sender[100], rcpts[200], full_name[100];
	long uid, arrival;
	bool rewrite;
	struct buf content;
};

static inline bool
quiet(enum log_level level, const char *line)
{
	(void)level, (void)line;
	return true;
}

/* ---- cleanup ---- */

static inline bool
take_content(struct place *p, struct conn *c)
{
	unsigned char head[4];
	char bytes[70000];
	size_t n;

	for (;;) {
		if (!conn_read(c, head, 4))
			return false;
		n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
		if (n == 0)
			return true;
		if (n > sizeof(bytes) || p->dies == 2 || !conn_read(c, bytes, n))
			return false;
		buf_add(&p->content, bytes, n);
	}
}

static inline bool
one_message(struct place *p, struct ipc *i)
{
	struct arena mem = ARENA(1 << 20);
	struct cleanup_content content;
	struct cleanup_mail mail;
	struct cleanup_rcpt rcpt;
	bool ok = false;

	if (!cleanup_mail_read(i, &mem, &mail) || p->dies == 1)
		goto out;
	buf_clear(&p->content);
	p->rcpts[0] = '\0';
	p->began++;
	snprintf(p->sender, sizeof(p->sender), "%s", mail.sender);
	snprintf(p->full_name, sizeof(p->full_name), "%s", mail.full_name);
	p->uid = mail.uid;
	p->arrival = mail.arrival_us;
	p->rewrite = mail.rewrite;
	if (!p->silent)
		cleanup_started_send(i, &(struct cleanup_started){ "4g9xQs2k1Rz3Bt" });
	while (ipc_next(i) != NULL && cleanup_rcpt_is(i)) {
		size_t n = strlen(p->rcpts);

		if (!cleanup_rcpt_get(i, &mem, &rcpt))
			goto out;
		snprintf(p->rcpts + n, sizeof(p->rcpts) - n, "%s ", rcpt.address);
	}
	if (!cleanup_content_get(i, &mem, &content) || !take_content(p, ipc_conn(i)))
		goto out;
	if (!cleanup_commit_read(i, &mem, &(struct cleanup_commit){}) || p->dies == 3)
		goto out;
	if (p->silent)
		cleanup_started_send(i, &(struct cleanup_started){ "4g9xQs2k1Rz3Bt" });
	p->committed++;
	cleanup_done_send(i,
	    &(struct cleanup_done){ .code = p->code,
		.dsn = p->code < 300 ? "2.0.0"
		    : p->code < 500  ? "4.3.0"
				     : "5.7.1",
		.text = "the test wants it",
		.slow = p->slow });
	p->slow = false;
	ok = ipc_flush(i);
out:
	arena_free(&mem);
	return ok;
}

static inline void *
serve(void *arg)
{
	struct place *p = arg;
	int fd;

	while ((fd = accept(p->listener, NULL, NULL)) >= 0) {
		struct ipc *i = ipc_serve(conn_new(fd), &cleanup_protocol);

		ipc_timeout(i, 10);
		while (one_message(p, i))
			;
		ipc_free(&i);
	}
	return NULL;
}

static inline void
start_cleanup(struct place *p)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "public/cleanup" };

	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(bind(p->listener, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(p->listener, 10) == 0);
	assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

static inline void
stop_cleanup(struct place *p)
{
	shutdown(p->listener, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	close(p->listener);
	unlink("public/cleanup");
}

/* ---- the folder ---- */

static inline void
place_open(struct place *p, const char *setting)
{
	const char *overrides[] = { "myhostname=mx.example.com", setting }, *tmp = getenv("TMPDIR");
	struct conf_args a = {
		.dir = "/", .overrides = overrides, .noverrides = setting != NULL ? 2 : 1, .defaults_only = true
	};
	struct buf err = BUF(4096);

	log_open("test", "pickup", quiet);
	*p = (struct place){ .code = 250, .content = BUF(64 << 20) };
	if ((p->cf = conf_load(&a, &err)) == NULL)
		fail_msg("%s", buf_str(&err));
	snprintf(p->path, sizeof(p->path), "%s/pickup.XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(p->path));
	assert_true(chdir(p->path) == 0 && mkdir("maildrop", 0700) == 0 && mkdir("corrupt", 0700) == 0 &&
	    mkdir("public", 0700) == 0);
	p->maildrop = open("maildrop", O_RDONLY | O_DIRECTORY);
	p->corrupt = open("corrupt", O_RDONLY | O_DIRECTORY);
	p->pickup = pickup_new(p->cf, p->maildrop, p->corrupt);
}

static inline int
count(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static inline void
empty(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	while ((e = readdir(d)) != NULL)
		if (unlinkat(dirfd(d), e->d_name, 0) < 0)
			unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	closedir(d);
}

static inline void
place_close(struct place *p)
{
	pickup_free(&p->pickup);
	close(p->maildrop);
	close(p->corrupt);
	conf_free(&p->cf);
	buf_free(&p->content);
	empty("maildrop");
	empty("corrupt");
	assert_true(rmdir("maildrop") == 0 && rmdir("corrupt") == 0 && rmdir("public") == 0);
	assert_true(chdir("/") == 0 && rmdir(p->path) == 0);
}

static inline void
scan(struct place *p)
{
	enum pickup_state state;
	int steps = 0;

	pickup_scan(p->pickup);
	while ((state = pickup_step(p->pickup)) != PICKUP_IDLE)
		assert_true(++steps < 100000);
}

/* A file as postdrop leaves it; content of so many of the bytes that it should have. */
static inline const char *
drop(const char *sender, const char *text, size_t n, mode_t mode)
{
	static char name[64];
	struct buf b = BUF(1 << 20);
	uint32_t crc;
	int fd;

	maildrop_put(&b, submission_mail_msg(),
	    &(struct submission_mail){ .version = 1,
		.sender = sender,
		.full_name = "Full Name",
		.ret = "",
		.envid = "",
		.body = "",
		.verp = "",
		.arrival_us = 7000000 });
	maildrop_put(&b, submission_rcpt_msg(), &(struct submission_rcpt){ "joe", "" });
	maildrop_put(&b, submission_rcpt_msg(), &(struct submission_rcpt){ "jane", "NEVER" });
	crc = crc32c(crc32c(0, b.s, b.len), text, strlen(text));
	maildrop_put_end(&b, (long)strlen(text), crc);
	buf_add(&b, text, n);
	memcpy(name, "maildrop/", 9);
	queueid_make(now_us(), (unsigned long)gettid(), name + 9);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(write(fd, b.s, b.len) == (ssize_t)b.len && fchmod(fd, mode) == 0);
	close(fd);
	buf_free(&b);
	return name;
}

#define DROP(text) drop("me", text, strlen(text), MAILDROP_READY)

#endif
