/* SPDX-License-Identifier: Apache-2.0 */
/* qfile_sample - a folder and queue files for the tests of qfile. */
#ifndef TESTS_LIB_MAIL_QFILE_SAMPLE_H
#define TESTS_LIB_MAIL_QFILE_SAMPLE_H

#include "lib/base/log.h"
#include "lib/io/file.h"
#include "lib/mail/qfile.h"
#include "lib/mail/qfile_disk.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLE_ID     "0000010000z1"
#define SAMPLE_HEADER "Received: from a\r\n\tby b\r\nSubject: hello\r\n"
#define SAMPLE_BODY   "first line\r\n.dot\r\n\xff\x80 last line without end"

struct sample {
	int dir;
	struct arena mem;
	struct verdict why;
	char path[256];
};

static bool
sample_quiet(enum log_level level, const char *line)
{
	(void)level, (void)line;
	return true;
}

static inline void
sample_start(struct sample *s)
{
	const char *tmp = getenv("TMPDIR");

	log_open("test", "qfile", sample_quiet);
	*s = (struct sample){ .mem = ARENA(64 << 20) };
	s->why = (struct verdict)VERDICT(&s->mem);
	snprintf(s->path, sizeof(s->path), "%s/qfile.XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(s->path));
	s->dir = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(s->dir >= 0);
}

static inline void
sample_end(struct sample *s)
{
	unlinkat(s->dir, SAMPLE_ID, 0);
	unlinkat(s->dir, SAMPLE_ID QFILE_COMPACT_SUFFIX, 0);
	close(s->dir);
	assert_int_equal(rmdir(s->path), 0); /* nothing else was left behind */
	arena_free(&s->mem);
}

static const struct recipient sample_rcpts[] = {
	{ .address = "joe@example.com",
	    .original = "Joe@Example.com",
	    .orcpt = "rfc822;joe@example.com",
	    .notify = "SUCCESS,FAILURE",
	    .transport = "smtp",
	    .nexthop = "example.com" },
	{ .address = "\"jim beam\"@example.org", .transport = "local", .nexthop = "example.org" },
	{ .address = "" },
};
static const struct qfile_attribute sample_attributes[] = { { "policy", "a=b" }, { "empty", "" } };
static const struct envelope sample_envelope = {
	.arrival_us = 1790000000123456,
	.sender = "me@example.net",
	.origin = "local",
	.ret = "HDRS",
	.envid = "x=1",
	.body = "8BITMIME",
	.smtputf8 = true,
	.requiretls = true,
	.longest_line = 998,
	.has_8bit = true,
	.has_dots = true,
	.no_last_crlf = true,
	.client_name = "c.example",
	.client_addr = "2001:db8::1",
	.client_port = "12345",
	.client_helo = "[192.0.2.1]",
	.protocol = "ESMTPSA",
	.login = "me",
	.login_method = "PLAIN",
	.service = "submission",
	.rewrite_context = "local",
	.uid = 1000,
	.filter = "smtp:[127.0.0.1]:10025",
	.redirect = "you@example.com",
	.hold_reason = "why not",
	.verp = "+=",
	.probe = "verify",
	.delay_notice_us = 17,
	.route_generation = "abc",
};

static inline struct qfile_content
sample_content(void)
{
	return (struct qfile_content){
		.envelope = &sample_envelope,
		.attributes = sample_attributes,
		.nattributes = NITEMS(sample_attributes),
		.rcpts = sample_rcpts,
		.nrcpts = NITEMS(sample_rcpts),
		.header = SAMPLE_HEADER,
		.header_len = strlen(SAMPLE_HEADER),
		.header_fd = -1,
	};
}

static inline void
sample_make(struct sample *s, const char *body, size_t n, const struct qfile_content *c)
{
	struct qfile_writer *w = qfile_create(s->dir, SAMPLE_ID, &s->why);

	assert_non_null(w);
	assert_true(qfile_body(w, body, n));
	if (qfile_commit(w, c, &s->why) != FATE_OK)
		fail_msg("commit: %s", s->why.text);
	qfile_writer_free(&w);
	assert_null(w);
}

static inline void
sample_plain(struct sample *s)
{
	const struct qfile_content c = sample_content();

	unlinkat(s->dir, SAMPLE_ID, 0);
	sample_make(s, SAMPLE_BODY, strlen(SAMPLE_BODY), &c);
}

static inline struct qfile *
sample_open(struct sample *s, enum qfile_mode mode)
{
	enum qfile_state state;
	struct qfile *q = qfile_open(s->dir, SAMPLE_ID, mode, &state, &s->why);

	if (q == NULL)
		fail_msg("open: state %d, %s", state, s->why.text);
	assert_int_equal(state, QFILE_GOOD);
	return q;
}

/* Bytes of all values; the caller frees them. */
static inline char *
sample_pattern(size_t n)
{
	char *p = mem_alloc(n);

	for (size_t i = 0; i < n; i++)
		p[i] = (char)(i * 7 + i / 251);
	return p;
}

/* The state that bytes would have as a file. */
static inline enum qfile_state
sample_state(struct sample *s, const void *bytes, size_t n, enum qfile_mode mode)
{
	enum qfile_state state = (enum qfile_state)99;
	struct qfile *q;
	int fd;

	/* A new file each time: some file systems flush one that was cut to nothing and written again. */
	unlinkat(s->dir, SAMPLE_ID, 0);
	fd = openat(s->dir, SAMPLE_ID, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && file_write_all(fd, bytes, n));
	close(fd);
	q = qfile_open(s->dir, SAMPLE_ID, mode, &state, &s->why);
	assert_int_equal(q != NULL, state == QFILE_GOOD);
	if (q == NULL)
		assert_true(s->why.fate == FATE_LATER && s->why.text[0] != '\0');
	qfile_free(&q);
	arena_reset(&s->mem);
	return state;
}

static inline char *
sample_bytes(struct sample *s, size_t *n)
{
	struct buf b = BUF(64 << 20);

	assert_true(file_read(s->dir, SAMPLE_ID, &b));
	*n = b.len;
	return buf_take(&b);
}

static inline struct history
sample_history(long time_us, const char *text)
{
	return (struct history){ .time_us = time_us,
		.number = 99,
		.code = 451,
		.dsn = "4.7.1",
		.action = "delayed",
		.text = text,
		.mta = "mx.example.com",
		.mta_type = "dns",
		.diag = "451 4.7.1 later",
		.diag_type = "smtp" };
}

#endif
