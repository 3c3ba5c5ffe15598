/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/postdrop/drop.h"
#include "lib/base/log.h"
#include "lib/base/time.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	char path[256];
	int dir;
};

static bool
quiet(enum log_level level, const char *line)
{
	(void)level, (void)line;
	return true;
}

static void
place_open(struct place *p)
{
	const char *tmp = getenv("TMPDIR");

	log_open("test", "postdrop", quiet);
	snprintf(p->path, sizeof(p->path), "%s/postdrop.XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(p->path));
	p->dir = open(p->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(p->dir >= 0);
}

static int
files(const struct place *p)
{
	DIR *d = opendir(p->path);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
place_close(struct place *p)
{
	assert_int_equal(files(p), 0);
	close(p->dir);
	assert_int_equal(rmdir(p->path), 0);
}

struct input {
	struct buf b;
	size_t at;
	const char *dir; /* during the content, the file must not be ready */
	bool ready;
};

static ssize_t
give(void *ctx, void *to, size_t n)
{
	struct input *in = ctx;
	size_t some = in->b.len - in->at < n ? in->b.len - in->at : n;
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (some > 100)
		some = 100;
	d = opendir(in->dir);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, 0) == 0)
			in->ready |= (st.st_mode & S_IXUSR) || (st.st_mode & 077);
	closedir(d);
	memcpy(to, in->b.s + in->at, some);
	in->at += some;
	return (ssize_t)some;
}

static void
put_content(struct buf *b, size_t n, bool end)
{
	unsigned char head[4];

	for (size_t some; n > 0; n -= some) {
		some = n < 1000 ? n : 1000;
		maildrop_chunk(head, some);
		buf_add(b, head, 4);
		for (size_t i = 0; i < some; i++)
			buf_putc(b, i % 50 == 49 ? '\n' : 'x');
	}
	maildrop_chunk(head, 0);
	if (end)
		buf_add(b, head, 4);
}

static void
put_records(struct buf *b, const char *verp)
{
	maildrop_put(b, submission_mail_msg(),
	    &(struct submission_mail){ .version = 1,
		.sender = "me",
		.full_name = "",
		.ret = "",
		.envid = "",
		.body = "",
		.verp = verp,
		.arrival_us = 1 });
	maildrop_put(b, submission_rcpt_msg(), &(struct submission_rcpt){ "joe", "" });
	maildrop_put(b, submission_end_msg(), &(struct submission_end){ .size = 12345678901 }); /* is not believed */
}

static enum fate
drop(struct place *p, struct input *in, struct drop *d, struct verdict *why)
{
	struct maildrop_reader r;
	enum fate fate;

	in->dir = p->path;
	d->dir = p->dir;
	d->verp = "-=+";
	maildrop_open(&r, give, in);
	r.chunked = true;
	fate = drop_message(d, &r, why);
	maildrop_close(&r);
	buf_free(&in->b);
	return fate;
}

static ssize_t
read_file(void *ctx, void *to, size_t n)
{
	return read(*(int *)ctx, to, n);
}

static void
one_message(void **state)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct input in = { .b = BUF(1 << 20) };
	struct drop d = { .limit = 5100 };
	struct maildrop_reader r;
	struct maildrop m;
	struct place p;
	struct stat st;
	const char *bytes;
	int fd;

	(void)state;
	umask(077);
	place_open(&p);
	put_records(&in.b, "+=");
	put_content(&in.b, 5000, true);
	assert_int_equal(drop(&p, &in, &d, &why), FATE_OK);
	assert_false(in.ready);
	assert_true(queueid_ok(d.id));
	fd = openat(p.dir, d.id, O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, MAILDROP_READY);
	maildrop_open(&r, read_file, &fd);
	assert_int_equal(maildrop_read(&r, &mem, &m, &why), FATE_OK);
	assert_int_equal(m.end.size, 5000);
	assert_true(now_us() - m.mail.arrival_us < 60000000 && m.mail.arrival_us <= now_us());
	assert_string_equal(m.mail.sender, "me");
	assert_string_equal(m.mail.verp, "+=");
	assert_string_equal(m.rcpts[0].address, "joe");
	while (maildrop_content(&r, &bytes) > 0)
		;
	assert_true(maildrop_whole(&r, &m));
	maildrop_close(&r);
	maildrop_free(&m);
	close(fd);
	unlinkat(p.dir, d.id, 0);
	place_close(&p);
	arena_free(&mem);
}

static const struct {
	const char *what, *verp;
	size_t content;
	bool end;
	enum fate fate;
} cases[] = {
	{ "empty", "", 0, true, FATE_OK },
	{ "at the limit, with CRLF", "", 4900, true, FATE_OK }, /* 98 lines */
	{ "over the limit", "", 4950, true, FATE_NEVER },
	{ "far over it", "", 50000, true, FATE_NEVER },
	{ "cut short", "", 4000, false, FATE_NEVER },
	{ "delimiters that are not allowed", "/=", 10, true, FATE_NEVER },
};

static void
all_or_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct arena mem = ARENA(1 << 20);
		struct verdict why = VERDICT(&mem);
		struct input in = { .b = BUF(1 << 20) };
		struct drop d = { .limit = 4998 };
		struct place p;

		place_open(&p);
		put_records(&in.b, cases[i].verp);
		put_content(&in.b, cases[i].content, cases[i].end);
		if (drop(&p, &in, &d, &why) != cases[i].fate)
			fail_msg("%s: %s", cases[i].what, why.text);
		if (cases[i].fate == FATE_OK)
			unlinkat(p.dir, d.id, 0);
		place_close(&p);
		arena_free(&mem);
	}
}

static void
a_limit_of_the_caller(void **state)
{
	struct rlimit small = { 2000, RLIM_INFINITY }, before;
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct input in = { .b = BUF(1 << 20) };
	struct drop d = { .limit = 0 };
	struct place p;

	(void)state;
	place_open(&p);
	put_records(&in.b, "");
	put_content(&in.b, 50000, true);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(drop(&p, &in, &d, &why), FATE_LATER);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(strstr(why.text, "File too large"));
	place_close(&p);
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_message),
		cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(a_limit_of_the_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
