/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/postdrop/drop.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/io/commit.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY = 64 << 20, TRIES = 10 };

/* errno as it is now. */
static enum fate
trouble(struct verdict *why, const char *what)
{
	const char *hint = errno == EACCES || errno == EPERM
	    ? "; postdrop must be set-gid to the group of the maildrop folder: \"sallyport set-permissions\" mends that"
	    : "";

	return later(
	    why, errno == ENOSPC || errno == EDQUOT ? "4.3.1" : "4.3.0", "%s: %s%s", what, strerror(errno), hint);
}

static int
create(struct drop *d)
{
	int fd = -1;

	for (int i = 0; fd < 0 && i < TRIES; i++) {
		queueid_make(now_us(), (unsigned long)gettid(), d->id);
		fd = openat(d->dir, d->id, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MAILDROP_GROWING);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	return fd;
}

static enum fate
check_verp(const struct drop *d, const struct maildrop *m, struct verdict *why)
{
	for (const char *p = m->mail.verp; *p != '\0'; p++)
		if (strchr(d->verp, *p) == NULL)
			return never(why, "5.6.0", "bad VERP delimiters: verp_delimiter_filter has no %c", *p);
	return FATE_OK;
}

/* The records, and the place of the last one. */
static enum fate
write_records(int fd, const struct maildrop *m, long *end_at, uint32_t *crc, struct verdict *why)
{
	struct submission_mail mail = m->mail;
	struct buf b = BUF(MEMORY);
	enum fate fate = FATE_OK;

	mail.arrival_us = now_us();
	maildrop_put(&b, submission_mail_msg(), &mail);
	for (size_t i = 0; i < m->nrcpts; i++)
		maildrop_put(&b, submission_rcpt_msg(), &m->rcpts[i]);
	*end_at = (long)b.len;
	*crc = crc32c(0, buf_str(&b), b.len);
	maildrop_put_end(&b, -1, 0);
	if (!buf_ok(&b))
		fate = never(why, "5.5.3", "too many recipients");
	else if (!file_write_all(fd, b.s, b.len))
		fate = trouble(why, "write the message");
	buf_free(&b);
	return fate;
}

/* Line ends that become CRLF on the wire, where message_size_limit counts. */
static long
bare_line_ends(const char *p, size_t n, char before)
{
	const char *end = p + n, *lf, *from = p;
	long found = 0;

	for (; (lf = memchr(from, '\n', (size_t)(end - from))) != NULL; from = lf + 1)
		found += (lf > p ? lf[-1] : before) != '\r';
	return found;
}

static enum fate
write_content(const struct drop *d, int fd, struct maildrop_reader *r, struct verdict *why)
{
	const char *bytes;
	char last = '\0';
	long extra = 0;
	ssize_t n;

	while ((n = maildrop_content(r, &bytes)) > 0) {
		extra += bare_line_ends(bytes, (size_t)n, last);
		last = bytes[n - 1];
		if (d->limit > 0 && r->received + extra > d->limit)
			return never(why, "5.3.4", "message file too big");
		if (!file_write_all(fd, bytes, (size_t)n))
			return trouble(why, "write the message");
	}
	if (n == 0)
		return FATE_OK;
	return errno == EPIPE ? never(why, "5.6.0", "the input ends before the message does")
			      : later(why, "4.3.0", "read the message: %s", strerror(errno));
}

/* Size and checksum say that the file is whole; mode says that pickup may have it; the flush makes both last. */
static enum fate
finish(int fd, long end_at, long size, uint32_t crc, struct verdict *why)
{
	struct buf b = BUF(256);
	struct stat st;
	bool written;

	maildrop_put_end(&b, size, crc);
	written = buf_ok(&b) && file_pwrite_all(fd, b.s, b.len, end_at);
	buf_free(&b);
	if (!written)
		return trouble(why, "write the message");
	if (fstat(fd, &st) < 0 || fchmod(fd, MAILDROP_READY) < 0 || !commit_file(fd))
		return trouble(why, "make the message durable");
	if (st.st_nlink != 1)
		return later(why, "4.3.0", "it took so long that the file was taken for an abandoned one");
	return FATE_OK;
}

static enum fate
drop_to(struct drop *d, int fd, struct maildrop_reader *r, struct maildrop *m, struct verdict *why)
{
	enum fate fate;
	uint32_t crc;
	long end_at;

	if ((fate = check_verp(d, m, why)) != FATE_OK || (fate = write_records(fd, m, &end_at, &crc, why)) != FATE_OK)
		return fate;
	r->crc = crc; /* of what we have written, not of what we have read */
	if ((fate = write_content(d, fd, r, why)) != FATE_OK)
		return fate;
	return finish(fd, end_at, r->received, r->crc, why);
}

enum fate
drop_message(struct drop *d, struct maildrop_reader *r, struct verdict *why)
{
	struct arena mem = ARENA(MEMORY);
	struct maildrop m;
	enum fate fate;
	int fd = -1;

	if ((fate = maildrop_read(r, &mem, &m, why)) == FATE_OK) {
		if ((fd = create(d)) < 0)
			fate = trouble(why, "create a file in maildrop");
		else if ((fate = drop_to(d, fd, r, &m, why)) != FATE_OK && unlinkat(d->dir, d->id, 0) < 0)
			log_warn("remove maildrop/%s: %s", d->id, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	maildrop_free(&m);
	arena_free(&mem);
	return fate;
}
