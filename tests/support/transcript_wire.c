/* SPDX-License-Identifier: Apache-2.0 */
/* What goes over the wire, and what is expected there. */
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "tests/support/transcript_inside.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void
play_forget_reply(struct play *p)
{
	while (p->nreply > 0)
		free(p->reply[--p->nreply]);
}

/* ---- lines from the server ---- */

/* More input; false: the end, or the time is over. */
static bool
more(struct play *p, long until)
{
	struct pollfd w = { .fd = p->fd, .events = POLLIN };
	long left = until - tick_ms();
	char *room = buf_room(&p->in, LINE);
	ssize_t n;

	if (left <= 0 || poll(&w, 1, (int)left) <= 0 || room == NULL)
		return false;
	if ((n = read(p->fd, room, LINE)) > 0)
		buf_grew(&p->in, (size_t)n);
	return n > 0;
}

/* The next line without its end, the caller's; NULL: the server has closed. */
char *
play_line(struct play *p)
{
	long until = tick_ms() + TRANSCRIPT_SECONDS * 1000;
	size_t looked = p->in_at, n;
	char *end, *line;

	while (p->in.len == looked || (end = memchr(p->in.s + looked, '\n', p->in.len - looked)) == NULL) {
		looked = p->in.len;
		if (more(p, until)) {
			until = tick_ms() + TRANSCRIPT_SECONDS * 1000;
			continue;
		}
		if (tick_ms() >= until)
			play_wrong(p, "the server says nothing");
		if (p->in.len > p->in_at)
			play_wrong(p, "half a line: %s", p->in.s + p->in_at);
		return NULL;
	}
	n = (size_t)(end - p->in.s) - p->in_at;
	if (n == 0 || end[-1] != '\r')
		play_wrong(p, "a line that does not end in CRLF");
	line = mem_alloc(n);
	memcpy(line, p->in.s + p->in_at, n - 1);
	line[n - 1] = '\0';
	p->in_at += n + 1;
	if (p->in_at == p->in.len) {
		buf_clear(&p->in);
		p->in_at = 0;
	}
	return line;
}

static void
expect_one(struct play *p, const char *pattern)
{
	char *line = play_line(p);
	bool eof = strcmp(pattern, "<EOF>") == 0;

	if (line == NULL && !eof)
		play_wrong(p, "wanted %s, but the server has closed", pattern);
	if (line != NULL && (eof || !transcript_fits(pattern, line)))
		play_wrong(p, "wanted %s, got %s", pattern, line);
	p->over |= eof;
	free(line);
}

/* "{100*pattern}": a hundred such lines. */
void
play_expect(struct play *p, const char *pattern)
{
	char *behind, *inner;
	long times = pattern[0] == '{' ? strtol(pattern + 1, &behind, 10) : 0;

	play_forget_reply(p);
	if (times == 0 || *behind != '*') {
		expect_one(p, pattern);
		return;
	}
	inner = mem_str(behind + 1);
	inner[strlen(inner) - 1] = '\0';
	while (times-- > 0)
		expect_one(p, inner);
	free(inner);
}

void
play_expect_within(struct play *p, const char *pattern)
{
	while (p->nreply == 0 || p->reply[p->nreply - 1][3] == '-') {
		char *line = play_line(p);

		if (line == NULL || strlen(line) < 3 || p->nreply == NITEMS(p->reply))
			play_wrong(p, "wanted a reply with %s, got %s", pattern, line != NULL ? line : "the end");
		p->reply[p->nreply++] = line;
	}
	for (size_t i = 0; i < p->nreply; i++)
		if (transcript_fits(pattern, p->reply[i]))
			return;
	play_wrong(p, "no line of the reply is %s; the last one is %s", pattern, p->reply[p->nreply - 1]);
}

/* ---- bytes to the server ---- */

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character or escape at s; the place behind it. */
static const char *
unescape(struct play *p, const char *s, char *out)
{
	if (*s != '\\') {
		*out = *s;
		return s + 1;
	}
	switch (s[1]) {
	case 'r':
		*out = '\r';
		break;
	case 'n':
		*out = '\n';
		break;
	case 't':
		*out = '\t';
		break;
	case '0':
		*out = '\0';
		break;
	case '\\':
	case '{':
		*out = s[1];
		break;
	case 'x':
		if (hex(s[2]) < 0 || hex(s[3]) < 0)
			play_wrong(p, "bad escape %.4s", s);
		*out = (char)(hex(s[2]) * 16 + hex(s[3]));
		return s + 4;
	default:
		play_wrong(p, "bad escape %.2s", s);
	}
	return s + 2;
}

/* The brace that closes the one at s; NULL: there is none. */
static const char *
closing(const char *s, const char *end)
{
	int depth = 0;

	for (; s < end; s++) {
		if (*s == '\\')
			s++;
		else if (*s == '{')
			depth++;
		else if (*s == '}' && --depth == 0)
			return s;
	}
	return NULL;
}

static void
escaped(struct play *p, const char *s, const char *end, struct buf *out)
{
	char c;

	while (s < end) {
		char *behind;
		long times = *s == '{' ? strtol(s + 1, &behind, 10) : 0;
		const char *close = times > 0 && *behind == '*' ? closing(s, end) : NULL;

		if (close != NULL) {
			struct buf once = BUF(TEXT);

			escaped(p, behind + 1, close, &once);
			while (times-- > 0)
				buf_add(out, buf_str(&once), once.len);
			buf_free(&once);
			s = close + 1;
		} else {
			s = unescape(p, s, &c);
			buf_putc(out, c);
		}
	}
	if (!buf_ok(out))
		play_wrong(p, "too many bytes");
}

/* The server may answer while we still send a lot: then its answers are read too. */
static void
send_bytes(struct play *p, const char *s, size_t n)
{
	long until = tick_ms() + TRANSCRIPT_SECONDS * 1000;

	p->sent = tick_ms();
	while (n > 0) {
		struct pollfd w = { .fd = p->fd, .events = POLLOUT | POLLIN };
		ssize_t r;

		if (tick_ms() > until)
			play_wrong(p, "the server does not read");
		if (poll(&w, 1, 1000) > 0 && w.revents & POLLIN && !more(p, until))
			return; /* it has closed; what is expected next will say whether that is right */
		if (!(w.revents & POLLOUT))
			continue;
		if ((r = send(p->fd, s, n, MSG_DONTWAIT | MSG_NOSIGNAL)) < 0 && errno != EAGAIN)
			return;
		if (r > 0) {
			s += r;
			n -= (size_t)r;
			until = tick_ms() + TRANSCRIPT_SECONDS * 1000;
		}
	}
}

void
play_send_escaped(struct play *p, const char *text)
{
	struct buf b = BUF(TEXT);

	escaped(p, text, text + strlen(text), &b);
	send_bytes(p, buf_str(&b), b.len);
	buf_free(&b);
}

void
play_send_line(struct play *p, const char *text)
{
	play_forget_reply(p);
	if (strcmp(text, "<EOF>") == 0) {
		shutdown(p->fd, SHUT_WR);
		return;
	}
	send_bytes(p, text, strlen(text));
	send_bytes(p, "\r\n", 2);
}

void
play_expect_delay(struct play *p, const char *ms)
{
	long took = tick_ms() - p->sent, least;

	if (!text_number(ms, 0, 60000, &least) || took < least)
		play_wrong(p, "wanted an answer after %s ms at the least, it came after %ld", ms, took);
}
