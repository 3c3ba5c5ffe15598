/* SPDX-License-Identifier: Apache-2.0 */
/*
 * -b, -h, -m: a message on standard input becomes look-up keys.
 *
 * A header is one key with its continuation lines; a line of the body is one.  With -m the headers of parts and of
 * attached messages are headers; without it all behind the first header is body.
 */
#include "commands/postmap/postmap.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MAX = 1 << 20, BOUNDARIES = 100, BOUNDARY_MAX = 2048 };

enum part { PART_TEXT, PART_MULTIPART, PART_MESSAGE };

struct message {
	const struct postmap *p;
	message_key *say;
	void *ctx;
	bool in_header;
	struct buf header; /* the one that is being read */
	enum part part;	   /* what the header that is being read is of */
	char *boundaries[BOUNDARIES];
	size_t nboundaries;
};

static bool
is_header(const char *line)
{
	size_t n = strcspn(line, ": \t");

	for (size_t i = 0; i < n; i++)
		if (line[i] < 33 || line[i] > 126)
			return false;
	return n > 0 && line[n + strspn(line + n, " \t")] == ':';
}

/* boundary="x y" or boundary=x, among the parameters of a Content-Type. */
static char *
boundary_of(const char *header)
{
	const char *s = header;
	struct buf out = BUF(BOUNDARY_MAX);
	bool quoted;

	while ((s = strchr(s, ';')) != NULL) {
		s += 1 + strspn(s + 1, " \t\r\n");
		if (!text_starts(s, "boundary"))
			continue;
		s += strlen("boundary");
		s += strspn(s, " \t\r\n");
		if (*s++ != '=')
			continue;
		s += strspn(s, " \t\r\n");
		quoted = *s == '"';
		for (s += quoted; *s != '\0' && (quoted ? *s != '"' : strchr("; \t\r\n", *s) == NULL); s++) {
			if (quoted && *s == '\\' && s[1] != '\0')
				s++;
			buf_putc(&out, *s);
		}
		break;
	}
	if (out.len == 0 || !buf_ok(&out)) {
		buf_free(&out);
		return NULL;
	}
	return buf_take(&out);
}

static void
note_type(struct message *m, const char *header)
{
	const char *value = strchr(header, ':') + 1;
	char *boundary;

	value += strspn(value, " \t\r\n");
	m->part = text_starts(value, "message/") ? PART_MESSAGE : PART_TEXT;
	if (!text_starts(value, "multipart/"))
		return;
	m->part = PART_MULTIPART;
	if (m->nboundaries < BOUNDARIES && (boundary = boundary_of(value)) != NULL)
		m->boundaries[m->nboundaries++] = boundary;
}

static void
end_header(struct message *m)
{
	if (m->header.len == 0)
		return;
	if (m->p->header && buf_ok(&m->header))
		m->say(m->ctx, buf_str(&m->header));
	if (m->p->mime && text_starts(buf_str(&m->header), "content-type:"))
		note_type(m, buf_str(&m->header));
	buf_clear(&m->header);
}

/* Is it the line between parts, of this multipart or of one around it?  *last: it has no more. */
static bool
is_boundary(struct message *m, const char *line, bool *last)
{
	if (!m->p->mime || strncmp(line, "--", 2) != 0)
		return false;
	for (size_t i = m->nboundaries; i-- > 0;) {
		size_t n = strlen(m->boundaries[i]);

		if (strncmp(line + 2, m->boundaries[i], n) != 0)
			continue;
		*last = strncmp(line + 2 + n, "--", 2) == 0;
		while (m->nboundaries > i + !*last)
			free(m->boundaries[--m->nboundaries]);
		return true;
	}
	return false;
}

static void
body_line(struct message *m, const char *line)
{
	bool last;

	if (m->p->body)
		m->say(m->ctx, line);
	if (is_boundary(m, line, &last) && !last) {
		m->in_header = true;
		m->part = PART_TEXT;
	}
}

/* The empty line behind headers: of a message/ part another header follows. */
static void
headers_end(struct message *m)
{
	end_header(m);
	m->in_header = m->p->mime && m->part == PART_MESSAGE;
	m->part = PART_TEXT;
}

static void
take_line(struct message *m, const char *line)
{
	if (!m->in_header) {
		body_line(m, line);
	} else if (*line == '\0') {
		headers_end(m);
	} else if ((*line == ' ' || *line == '\t') && m->header.len > 0) {
		buf_puts(&m->header, "\n");
		buf_puts(&m->header, line);
	} else if (is_header(line)) {
		end_header(m);
		buf_puts(&m->header, line);
	} else {
		/* No header, and no empty line: the body begins without one. */
		headers_end(m);
		m->in_header = false;
		body_line(m, line);
	}
}

void
message_keys(FILE *in, const struct postmap *p, message_key *say, void *ctx)
{
	struct message m = { .p = p, .say = say, .ctx = ctx, .in_header = true, .header = BUF(HEADER_MAX) };
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, in)) >= 0) {
		if (n > 0 && line[n - 1] == '\n')
			line[--n] = '\0';
		if (n > 0 && line[n - 1] == '\r')
			line[--n] = '\0';
		take_line(&m, line);
		if (!p->body && !p->mime && !m.in_header)
			break;
	}
	end_header(&m);
	if (ferror(in))
		log_fatal(EXIT_FAILURE, "standard input: %s", strerror(errno));
	while (m.nboundaries > 0)
		free(m.boundaries[--m.nboundaries]);
	buf_free(&m.header);
	free(line);
}
