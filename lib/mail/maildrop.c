/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/maildrop.h"

#include "lib/base/text.h"
#include "lib/mail/address.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { IN_SIZE = 65536 };
_Static_assert((int)MAILDROP_RECORD_MAX < (int)IN_SIZE, "a record must fit the buffer");

void
maildrop_open(struct maildrop_reader *r, ssize_t (*read)(void *, void *, size_t), void *ctx)
{
	*r = (struct maildrop_reader){ .read = read, .ctx = ctx, .in = mem_alloc(IN_SIZE) };
}

void
maildrop_close(struct maildrop_reader *r)
{
	free(r->in);
	r->in = NULL;
}

/* Like read(2): how many came. */
static ssize_t
fill(struct maildrop_reader *r)
{
	ssize_t n;

	if (r->error != 0) {
		errno = r->error;
		return -1;
	}
	if (r->at > 0) {
		memmove(r->in, r->in + r->at, r->have);
		r->at = 0;
	}
	if ((n = r->read(r->ctx, r->in + r->have, IN_SIZE - r->have)) > 0)
		r->have += (size_t)n;
	else if (n < 0)
		r->error = errno;
	return n;
}

static void
eat(struct maildrop_reader *r, size_t n)
{
	r->at += n;
	r->have -= n;
	r->looked = 0;
}

/* The next record, at r->in + r->at, with both NULs of its end. */
static enum fate
next(struct maildrop_reader *r, size_t *len, struct verdict *why)
{
	const char *end, *s;
	ssize_t n;

	for (;;) {
		s = r->in + r->at;
		if (r->have > 0 && (end = memmem(s + r->looked, r->have - r->looked, "\0", 2)) != NULL) {
			*len = (size_t)(end - s) + 2;
			break;
		}
		r->looked = r->have > 0 ? r->have - 1 : 0;
		if (r->have >= MAILDROP_RECORD_MAX)
			return never(why, "5.6.0", "a record is too long");
		if ((n = fill(r)) < 0)
			return later(why, "4.3.0", "read: %s", strerror(errno));
		if (n == 0)
			return never(why, "5.6.0", "the input ends before the message does");
	}
	if (*len > MAILDROP_RECORD_MAX)
		return never(why, "5.6.0", "a record is too long");
	return FATE_OK;
}

static enum fate
decode(const char *s, size_t len, const struct msg *m, struct arena *mem, void *rec, struct verdict *why)
{
	size_t skip = strlen(m->name) + 1;
	const char *detail;

	if (strcmp(s, m->name) != 0)
		return never(why, "5.6.0", "unexpected record %.40s", s);
	if (!record_get(m->rows, m->n, s + skip, len - 1 - skip, MAILDROP_VERSION, mem, rec, &detail))
		return never(why, "5.6.0", "record %s: %s", m->name, detail);
	return FATE_OK;
}

static struct submission_rcpt *
one_more(struct maildrop *d)
{
	if (d->nrcpts == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 8;
		d->rcpts = mem_grow(d->rcpts, d->cap, sizeof(*d->rcpts));
	}
	return &d->rcpts[d->nrcpts];
}

static enum fate
read_rcpt(const char *s, size_t len, struct arena *mem, struct maildrop *d, struct verdict *why)
{
	struct submission_rcpt *rcpt;
	const char *wrong;

	if (d->nrcpts >= MAILDROP_RCPTS_MAX)
		return never(why, "5.5.3", "too many recipients");
	rcpt = one_more(d);
	if (decode(s, len, submission_rcpt_msg(), mem, rcpt, why) != FATE_OK)
		return why->fate;
	if ((wrong = maildrop_rcpt_wrong(rcpt)) != NULL)
		return never(why, "5.1.3", "%s", wrong);
	d->nrcpts++;
	return FATE_OK;
}

enum fate
maildrop_read(struct maildrop_reader *r, struct arena *mem, struct maildrop *d, struct verdict *why)
{
	const char *s, *wrong;
	size_t len;

	memset(d, 0, sizeof(*d));
	if (next(r, &len, why) != FATE_OK ||
	    decode(r->in + r->at, len, submission_mail_msg(), mem, &d->mail, why) != FATE_OK)
		return why->fate;
	if ((wrong = maildrop_mail_wrong(&d->mail)) != NULL)
		return never(why, "5.6.0", "%s", wrong);
	for (;;) {
		r->crc = crc32c(r->crc, r->in + r->at, len);
		eat(r, len);
		if (next(r, &len, why) != FATE_OK)
			return why->fate;
		s = r->in + r->at;
		if (strcmp(s, submission_end_msg()->name) == 0)
			break;
		if (read_rcpt(s, len, mem, d, why) != FATE_OK)
			return why->fate;
	}
	if (decode(s, len, submission_end_msg(), mem, &d->end, why) != FATE_OK)
		return why->fate;
	eat(r, len);
	return FATE_OK;
}

void
maildrop_free(struct maildrop *d)
{
	free(d->rcpts);
	memset(d, 0, sizeof(*d));
}

static ssize_t
failed(struct maildrop_reader *r, int error)
{
	r->error = errno = error;
	return -1;
}

/* The next chunk's head; like read(2): 1, or 0 for the end of the content. */
static ssize_t
next_chunk(struct maildrop_reader *r)
{
	const unsigned char *s;
	ssize_t n;

	while (r->have < 4)
		if ((n = fill(r)) <= 0)
			return n < 0 ? -1 : failed(r, EPIPE);
	s = (const unsigned char *)r->in + r->at;
	r->chunk = (size_t)s[0] << 24 | (size_t)s[1] << 16 | (size_t)s[2] << 8 | s[3];
	eat(r, 4);
	if (r->chunk > MAILDROP_CHUNK_MAX)
		return failed(r, EPROTO);
	r->ended = r->chunk == 0;
	return !r->ended;
}

ssize_t
maildrop_content(struct maildrop_reader *r, const char **bytes)
{
	ssize_t n;
	size_t len;

	if (r->error != 0)
		return failed(r, r->error);
	if (r->ended)
		return 0;
	if (r->chunked && r->chunk == 0 && (n = next_chunk(r)) <= 0)
		return n;
	if (r->have == 0 && (n = fill(r)) <= 0)
		return n == 0 && r->chunked ? failed(r, EPIPE) : n;
	len = r->chunked && r->have > r->chunk ? r->chunk : r->have;
	r->chunk -= r->chunked ? len : 0;
	*bytes = r->in + r->at;
	r->crc = crc32c(r->crc, *bytes, len);
	r->received += (long)len;
	eat(r, len);
	return (ssize_t)len;
}

bool
maildrop_whole(const struct maildrop_reader *r, const struct maildrop *d)
{
	return d->end.size == r->received && d->end.crc == (long)r->crc;
}

/* Nothing that could break a line of a protocol, a log or a file (RFC 6531: bytes above 127 may stay). */
static bool
printable(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			return false;
	return true;
}

static bool
one_of(const char *s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

static bool
verp_ok(const char *s)
{
	return s[0] == '\0' || (strlen(s) == 2 && s[0] > ' ' && s[1] > ' ' && s[0] < 127 && s[1] < 127);
}

const char *
maildrop_mail_wrong(const struct submission_mail *m)
{
	static const char *const rets[] = { "", "FULL", "HDRS", NULL };
	static const char *const bodies[] = { "", "7BIT", "8BITMIME", NULL };

	if (m->version != MAILDROP_VERSION)
		return "unknown version of the records";
	if (strlen(m->sender) > ADDRESS_MAX)
		return "the sender address is too long";
	if (!printable(m->sender))
		return "control characters in the sender address";
	if (strlen(m->full_name) > MAILDROP_NAME_MAX)
		return "the sender's name is too long";
	if (!printable(m->full_name))
		return "control characters in the sender's name";
	if (strlen(m->envid) > MAILDROP_ENVID_MAX || !printable(m->envid))
		return "bad envelope id";
	if (!one_of(m->ret, rets))
		return "bad RET value";
	if (!one_of(m->body, bodies))
		return "bad body type";
	if (!verp_ok(m->verp))
		return "bad VERP delimiters";
	return m->arrival_us < 0 ? "bad arrival time" : NULL;
}

/* NEVER, or some of the others, apart by commas, each at most once. */
static bool
notify_ok(const char *s)
{
	static const char *const words[] = { "SUCCESS", "FAILURE", "DELAY" };
	unsigned seen = 0;
	size_t n, i;

	if (s[0] == '\0' || strcmp(s, "NEVER") == 0)
		return true;
	for (;; s += n + 1) {
		n = strcspn(s, ",");
		for (i = 0; i < NITEMS(words); i++)
			if (n == strlen(words[i]) && memcmp(s, words[i], n) == 0)
				break;
		if (i == NITEMS(words) || seen & 1u << i)
			return false;
		seen |= 1u << i;
		if (s[n] == '\0')
			return true;
	}
}

const char *
maildrop_rcpt_wrong(const struct submission_rcpt *r)
{
	if (r->address[0] == '\0')
		return "empty recipient address";
	if (strlen(r->address) > ADDRESS_MAX)
		return "a recipient address is too long";
	if (!printable(r->address))
		return "control characters in a recipient address";
	return notify_ok(r->notify) ? NULL : "bad NOTIFY value";
}

void
maildrop_put(struct buf *b, const struct msg *m, const void *rec)
{
	buf_add(b, m->name, strlen(m->name) + 1);
	record_put(b, m->rows, m->n, rec, MAILDROP_VERSION);
	buf_putc(b, '\0');
}

void
maildrop_chunk(unsigned char out[4], size_t len)
{
	out[0] = (unsigned char)(len >> 24);
	out[1] = (unsigned char)(len >> 16);
	out[2] = (unsigned char)(len >> 8);
	out[3] = (unsigned char)len;
}

void
maildrop_put_end(struct buf *b, long size, uint32_t crc)
{
	const char *name = submission_end_msg()->name;

	buf_add(b, name, strlen(name) + 1);
	buf_fmt(b, "size=%020ld", size);
	buf_putc(b, '\0');
	buf_fmt(b, "crc=%010u", crc);
	buf_add(b, "\0", 2);
}
