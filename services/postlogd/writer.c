/* SPDX-License-Identifier: Apache-2.0 */
#include "services/postlogd/writer.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/io/file.h"
#include "lib/service/logging.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct writer {
	int fd;
	char *host;
	struct buf text;
	size_t lines; /* in text */
	unsigned long lost;
};

struct writer *
writer_new(int fd, const char *host)
{
	struct writer *w = mem_zero(1, sizeof(*w));

	w->fd = fd;
	w->host = mem_str(host);
	w->text = (struct buf)BUF(2 * WRITER_GATHER);
	return w;
}

void
writer_line(struct writer *w, const char *bytes, size_t n, long seconds)
{
	char line[WRITER_LINE_MOST + 1];

	while (n > 0 && (bytes[n - 1] == '\n' || bytes[n - 1] == '\0' || bytes[n - 1] == '\r'))
		n--;
	if (n == 0)
		return;
	if (n > WRITER_LINE_MOST)
		n = WRITER_LINE_MOST;
	for (size_t i = 0; i < n; i++)
		line[i] = bytes[i] != '\0' ? bytes[i] : '?';
	line[n] = '\0';
	text_printable(line);
	logging_stamp(&w->text, seconds, w->host, line, strlen(line));
	w->lines++;
	if (w->text.len >= WRITER_GATHER)
		writer_flush(w);
}

bool
writer_flush(struct writer *w)
{
	bool ok = w->text.len == 0 || (buf_ok(&w->text) && file_write_all(w->fd, w->text.s, w->text.len));

	if (!ok)
		w->lost += w->lines;
	w->lines = 0;
	buf_clear(&w->text);
	return ok;
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
	writer_flush(*wp);
	close((*wp)->fd);
	buf_free(&(*wp)->text);
	free((*wp)->host);
	free(*wp);
	*wp = NULL;
}
