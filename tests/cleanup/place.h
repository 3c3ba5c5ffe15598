/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place - a queue folder of its own, and cleanup's session at the other end of a socket pair.
 *
 *	struct place p;
 *	place_open(&p, NULL);
 *	struct ipc *i = place_connect(&p);
 *	...
 *	place_hang_up(&p, &i);		(until the session has ended)
 *	place_close(&p);		(fails when files were left behind)
 */
#ifndef TESTS_CLEANUP_PLACE_H
#define TESTS_CLEANUP_PLACE_H

#include "cleanup/cleanup.h"
#include "cleanup/complete.h"
#include "cleanup/news.h"
#include "lib/io/file.h"
#include "lib/ipc/cleanup.h"
#include "lib/ipc/qmgr.h"
#include "lib/mail/qfile.h"
#include "tests/cleanup/settings.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct place {
	char path[256];
	const struct conf *cf;
	struct cleanup shared;
	struct session session;
	pthread_t thread;
	struct arena mem;
	struct verdict why;
};

static inline void
place_open(struct place *p, const char *const more[3])
{
	const char *tmp = getenv("TMPDIR");
	struct table_env env;
	struct buf err = BUF(4096);

	*p = (struct place){ .cf = settings(more), .mem = ARENA(64 << 20) };
	p->why = (struct verdict)VERDICT(&p->mem);
	snprintf(p->path, sizeof(p->path), "%s/cleanup.XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(p->path));
	assert_int_equal(chdir(p->path), 0);
	assert_true(mkdir("incoming", 0700) == 0 && mkdir("public", 0700) == 0);
	/* Nobody answers there: a proxied table fails. */
	env = (struct table_env){ .cf = p->cf, .proxymap = "private/nobody" };
	p->shared.drop = (struct hash)HASH(true);
	complete_drop_list(&p->shared.drop, p->cf->message_drop_headers);
	p->shared.incoming = open("incoming", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p->shared.news = news_new("public/qmgr");
	if ((p->shared.routes = routes_open(p->cf, &env, &err)) == NULL)
		fail_msg("%s", buf_str(&err));
	if (!rewriter_open(&p->shared.rewriter, p->cf, &env, &err))
		fail_msg("%s", buf_str(&err));
}

/* Names in incoming/. */
static inline int
place_files(void)
{
	DIR *d = opendir("incoming");
	struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static inline void
place_close(struct place *p)
{
	assert_int_equal(place_files(), 0);
	close(p->shared.incoming);
	routes_free(&p->shared.routes);
	rewriter_free(&p->shared.rewriter);
	news_free(&p->shared.news);
	hash_free(&p->shared.drop, NULL);
	conf_free(&p->cf);
	arena_free(&p->mem);
	unlink("public/qmgr");
	assert_true(rmdir("incoming") == 0 && rmdir("public") == 0);
	assert_true(chdir("/") == 0 && rmdir(p->path) == 0);
}

static void *
place_session(void *arg)
{
	struct place *p = arg;

	cleanup_session(&p->session);
	return NULL;
}

static inline struct ipc *
place_connect(struct place *p)
{
	struct conn *pair[2];
	struct ipc *i;

	assert_true(conn_pair(pair));
	p->session = (struct session){ .conn = pair[1], .cf = p->cf, .state = &p->shared };
	assert_int_equal(pthread_create(&p->thread, NULL, place_session, p), 0);
	i = ipc_serve(pair[0], &cleanup_protocol);
	ipc_timeout(i, 20);
	return i;
}

static inline void
place_hang_up(struct place *p, struct ipc **i)
{
	ipc_free(i);
	assert_int_equal(pthread_join(p->thread, NULL), 0);
}

/* Envelope: the queue id, "" when it was refused already. */
static inline const char *
place_mail(struct place *p, struct ipc *i, const struct cleanup_mail *mail)
{
	struct cleanup_started started;

	cleanup_mail_send(i, mail);
	if (!cleanup_started_read(i, &p->mem, &started))
		fail_msg("no answer to cleanup_mail: %s", ipc_why(i));
	return started.queue_id;
}

static inline void
place_rcpt(struct ipc *i, const char *address)
{
	cleanup_rcpt_send(i, &(struct cleanup_rcpt){ .address = address, .original = address });
}

static inline void
place_chunks(struct ipc *i, const char *bytes, size_t n, size_t piece)
{
	size_t some;

	for (;; bytes += some, n -= some) {
		unsigned char head[4] = { 0 };

		some = n < piece ? n : piece;
		head[0] = (unsigned char)(some >> 24);
		head[1] = (unsigned char)(some >> 16);
		head[2] = (unsigned char)(some >> 8);
		head[3] = (unsigned char)some;
		conn_put(ipc_conn(i), head, sizeof(head));
		conn_put(ipc_conn(i), bytes, some);
		if (some == 0)
			break;
	}
}

static inline void
place_content(struct ipc *i, const char *text)
{
	cleanup_content_send(i, &(struct cleanup_content){});
	place_chunks(i, text, strlen(text), 65536);
}

static inline void
place_commit(struct place *p, struct ipc *i, struct cleanup_done *done)
{
	cleanup_commit_send(i, &(struct cleanup_commit){});
	if (!cleanup_done_read(i, &p->mem, done))
		fail_msg("no answer to cleanup_commit: %s", ipc_why(i));
}

/* A whole message from a client. */
static inline void
place_message(struct place *p, struct ipc *i, const char *text, struct cleanup_done *done)
{
	place_mail(p, i, &(struct cleanup_mail){ .sender = "a@b.example", .origin = "network" });
	place_rcpt(i, "joe@example.com");
	place_content(i, text);
	place_commit(p, i, done);
}

static inline struct qfile *
place_file(struct place *p, const char *id)
{
	enum qfile_state state;
	struct qfile *q = qfile_open(p->shared.incoming, id, QFILE_READ, &state, &p->why);

	if (q == NULL)
		fail_msg("%s: %s", id, p->why.text);
	assert_int_equal(state, QFILE_GOOD);
	assert_true(qfile_body_ok(q));
	return q;
}

static inline const char *
place_bytes(struct place *p, const struct qfile *q, struct qfile_place at)
{
	char *s = arena_alloc(&p->mem, (size_t)at.len + 1);

	assert_non_null(s);
	assert_true(file_pread_all(qfile_fd(q), s, (size_t)at.len, at.at));
	return s;
}

static inline struct recipient
place_recipient(struct place *p, const struct qfile *q, size_t n)
{
	struct recipient r;
	struct slot slot;

	assert_true(qfile_slot(q, n, &slot) && slot.state == SLOT_OPEN);
	assert_true(qfile_rcpt(q, &slot, &p->mem, &r, &p->why));
	return r;
}

static inline void
place_remove(struct place *p, const char *id)
{
	assert_int_equal(unlinkat(p->shared.incoming, id, 0), 0);
}

/* The test plays qmgr. */
static inline int
listen_as_qmgr(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "public/qmgr" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	unlink(a.sun_path);
	assert_true(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 10) == 0);
	return fd;
}

static inline struct ipc *
answer_call(int listener)
{
	struct ipc *q = ipc_serve(conn_new(accept(listener, NULL, NULL)), &qmgr_protocol);

	ipc_timeout(q, 10);
	return q;
}

#endif
