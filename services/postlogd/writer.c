/* SPDX-License-Identifier: Apache-2.0 */
#include "services/postlogd/writer.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/io/file.h"
#include "lib/service/logging.h"
#include "lib/service/postlog.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECOND_US = 1000000, PAST_US = 10 * SECOND_US };

struct said {
	long us;
	size_t at, len; /* in text */
};
struct writer {
	int fd;
	char *host;
	struct buf text, out;
	struct said *lines; /* in the order in which they came */
	size_t n, cap;
	unsigned long lost;
};

struct writer *
writer_new(int fd, const char *host)
{
	struct writer *w = mem_zero(1, sizeof(*w));

	w->fd = fd;
	w->host = mem_str(host);
	w->text = (struct buf)BUF(WRITER_ROOM);
	w->out = (struct buf)BUF(16 * (size_t)WRITER_ROOM);
	return w;
}

static void
line(struct writer *w, const char *bytes, size_t n, long us)
{
	char *to;

	while (n > 0 && (bytes[n - 1] == '\n' || bytes[n - 1] == '\0' || bytes[n - 1] == '\r'))
		n--;
	if (n == 0)
		return;
	if (n > WRITER_LINE_MOST)
		n = WRITER_LINE_MOST;
	if (w->text.len + n + 1 > WRITER_ROOM)
		writer_flush(w, LONG_MAX);
	if ((to = buf_room(&w->text, n + 1)) == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		to[i] = bytes[i] != '\0' ? bytes[i] : '?';
	to[n] = '\0';
	text_printable(to);
	if (w->n == w->cap) {
		w->cap = w->cap > 0 ? 2 * w->cap : 256;
		w->lines = mem_grow(w->lines, w->cap, sizeof(*w->lines));
	}
	w->lines[w->n++] = (struct said){ us, w->text.len, n };
	buf_grew(&w->text, n + 1);
}

void
writer_datagram(struct writer *w, const char *bytes, size_t n, long now_us)
{
	const char *at = bytes, *one;
	size_t len;
	long us;

	while (postlog_next(&at, &n, &us, &one, &len))
		line(w, one, len, us > now_us - PAST_US && us < now_us ? us : now_us);
}

/* By time; what has the same, as it came. */
static int
earlier(const void *a, const void *b)
{
	const struct said *x = a, *y = b;

	if (x->us != y->us)
		return x->us < y->us ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* What stays moves to the front. */
static void
keep(struct writer *w, size_t from)
{
	struct buf text = BUF(WRITER_ROOM);

	for (size_t i = from; i < w->n; i++) {
		size_t at = text.len;

		buf_add(&text, w->text.s + w->lines[i].at, w->lines[i].len + 1);
		w->lines[i - from] = (struct said){ w->lines[i].us, at, w->lines[i].len };
	}
	w->n -= from;
	buf_free(&w->text);
	w->text = text;
}

bool
writer_flush(struct writer *w, long until_us)
{
	size_t i = 0;
	bool ok;

	if (w->n == 0)
		return true;
	qsort(w->lines, w->n, sizeof(*w->lines), earlier);
	for (; i < w->n && w->lines[i].us <= until_us; i++)
		logging_stamp(
		    &w->out, w->lines[i].us / SECOND_US, w->host, w->text.s + w->lines[i].at, w->lines[i].len);
	ok = i == 0 || (buf_ok(&w->out) && file_write_all(w->fd, w->out.s, w->out.len));
	if (!ok)
		w->lost += i;
	buf_clear(&w->out);
	keep(w, i);
	return ok;
}

bool
writer_waits(const struct writer *w)
{
	return w->n > 0;
}

unsigned long
writer_lost(const struct writer *w)
{
	return w->lost;
}

void
writer_free(struct writer **wp)
{
	if (*wp == NULL)
		return;
	writer_flush(*wp, LONG_MAX);
	close((*wp)->fd);
	buf_free(&(*wp)->text);
	buf_free(&(*wp)->out);
	free((*wp)->lines);
	free((*wp)->host);
	free(*wp);
	*wp = NULL;
}
