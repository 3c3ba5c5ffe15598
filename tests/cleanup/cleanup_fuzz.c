/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A malicious client of cleanup: bytes as they come, or messages of the
 * protocol in any order with any values.  Whatever it says, what is in the
 * folder afterwards is whole, has one line per line, and a header without an
 * empty line.
 */
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/file.h"
#include "tests/cleanup/place.h"

#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { INPUT_MAX = 60000 };

struct input {
	const uint8_t *p;
	size_t left;
};

static unsigned
byte(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->p++;
}

/* A string of the input's, or one that is likely to get through. */
static const char *
string(struct input *in, struct arena *mem)
{
	static const char *const likely[] = { "", "joe", "joe@example.com", "a@b.example", "network", "local",
		"Subject", "To", "1", "yes", "filter:x", "Received" };
	unsigned kind = byte(in);
	size_t n;
	char *s;

	if (kind % 2 == 0)
		return likely[kind / 2 % NITEMS(likely)];
	n = byte(in);
	if (n > in->left)
		n = in->left;
	s = arena_strn(mem, (const char *)in->p, n);
	in->p += n;
	in->left -= n;
	return s;
}

/* One message with its fields from the input. */
static void
put_message(struct buf *b, struct input *in, const struct msg *m, struct arena *mem)
{
	buf_add(b, m->name, strlen(m->name) + 1);
	for (size_t i = 0; i < m->n; i++) {
		const struct field *f = &m->rows[i];

		if (f->dflt != NULL && byte(in) % 4 != 0)
			continue;
		buf_fmt(b, "%s=", f->name);
		if (f->type == F_INT)
			buf_fmt(b, "%d", (int8_t)byte(in));
		else if (f->type == F_BOOL)
			buf_puts(b, byte(in) % 2 ? "yes" : "no");
		else
			buf_puts(b, string(in, mem));
		buf_putc(b, '\0');
	}
	buf_putc(b, '\0');
}

static void
put_chunks(struct buf *b, struct input *in)
{
	unsigned char head[4] = { 0 };

	for (int i = byte(in) % 8; i > 0; i--) {
		size_t n = byte(in);

		if (n > in->left)
			n = in->left;
		if (n == 0)
			break;
		head[3] = (unsigned char)n;
		buf_add(b, head, 4);
		buf_add(b, in->p, n);
		in->p += n;
		in->left -= n;
	}
	head[3] = 0;
	buf_add(b, head, 4);
}

/* Mostly in the right order, or nothing would be reached. */
static void
put_dialogue(struct buf *b, struct input *in, struct arena *mem)
{
	while (in->left > 0 && b->len < INPUT_MAX / 2) {
		unsigned how = byte(in);
		const struct msg *any = cleanup_messages[how % NITEMS(cleanup_messages)]();

		if (how < 16) {
			put_message(b, in, any, mem);
			continue;
		}
		put_message(b, in, cleanup_mail_msg(), mem);
		for (unsigned i = 0; i < how % 4; i++)
			put_message(b, in, cleanup_rcpt_msg(), mem);
		put_message(b, in, cleanup_content_msg(), mem);
		put_chunks(b, in);
		for (unsigned i = 0; i < how / 16 % 8; i++) {
			const struct msg *m = cleanup_messages[byte(in) % NITEMS(cleanup_messages)]();

			if (strncmp(m->name, "cleanup_edit", 12) == 0)
				put_message(b, in, m, mem);
			if (m == cleanup_edit_body_msg())
				put_chunks(b, in);
		}
		put_message(b, in, how % 16 == 0 ? cleanup_abort_msg() : cleanup_commit_msg(), mem);
	}
}

static void
check_header(struct place *p, struct qfile *q)
{
	struct qfile_place at = qfile_header(q);
	const char *s = place_bytes(p, q, at);

	if (at.len == 0)
		return;
	must_hold(at.len > 2 && memcmp(s + at.len - 2, "\r\n", 2) == 0);
	must_hold(s[0] != '\r' && s[0] != ' ' && s[0] != '\t');
	must_hold(memmem(s, (size_t)at.len, "\r\n\r\n", 4) == NULL);
	for (long i = 0; i < at.len; i++)
		must_hold(s[i] != '\n' || (i > 0 && s[i - 1] == '\r'));
}

static void
check_files(struct place *p)
{
	DIR *d = opendir("incoming");
	enum qfile_state state;
	struct dirent *e;
	struct qfile *q;

	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		q = qfile_open(p->shared.incoming, e->d_name, QFILE_READ, &state, &p->why);
		must_hold(q != NULL && qfile_body_ok(q) && qfile_nrcpts(q) > 0);
		check_header(p, q);
		for (size_t i = 0; i < qfile_nrcpts(q); i++) {
			struct recipient r;
			struct slot slot;

			must_hold(qfile_slot(q, i, &slot) && qfile_rcpt(q, &slot, &p->mem, &r, &p->why));
			must_hold(r.address[0] != '\0' && strpbrk(r.address, "\r\n") == NULL);
		}
		qfile_free(&q);
		unlinkat(p->shared.incoming, e->d_name, 0);
	}
	closedir(d);
	arena_reset(&p->mem);
}

/* The place is made once; what it has is read-only. */
static struct place *
the_place(void)
{
	static const char *const set[3] = { "message_size_limit=5000", "hopcount_limit=3",
		"remote_header_rewrite_domain=remote.example" };
	static struct place p;

	if (p.cf == NULL) {
		setenv("TMPDIR", "/dev/shm", 0);
		settings_start(NULL);
		place_open(&p, set);
	}
	return &p;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char hello[] = "hello\0protocol=cleanup\0version=1\0";
	struct input in = { bytes, n };
	struct arena mem = ARENA(1 << 20);
	struct buf b = BUF(INPUT_MAX * 2);
	struct place *p = the_place();
	struct session s = { .cf = p->cf, .state = &p->shared };
	int pair[2];

	buf_add(&b, hello, sizeof(hello));
	if (byte(&in) % 4 == 0)
		buf_add(&b, in.p, in.left < INPUT_MAX ? in.left : INPUT_MAX);
	else
		put_dialogue(&b, &in, &mem);
	must_hold(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	if (b.len < 2 * INPUT_MAX && file_write_all(pair[0], b.s, b.len)) {
		shutdown(pair[0], SHUT_WR);
		s.conn = conn_new(pair[1]);
		cleanup_session(&s);
		check_files(p);
	} else {
		close(pair[1]);
	}
	close(pair[0]);
	buf_free(&b);
	arena_free(&mem);
	return 0;
}
