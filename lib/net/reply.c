/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/reply.h"

#include "lib/base/text.h"
#include "lib/base/verdict.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void
keep(struct reply *r, const char *line)
{
	size_t n = strlen(line), from = r->text.len, room = r->text.max - from;

	if (room < 2)
		return;
	if (from > 0) {
		buf_putc(&r->text, '\n');
		from++, room--;
	}
	buf_add(&r->text, line, n < room ? n : room);
	text_printable(r->text.s + from);
}

static void
start(struct reply *r)
{
	r->code = 0;
	r->dsn[0] = '\0';
	buf_clear(&r->text);
}

static int
code_of(const char *s)
{
	if (s[0] < '2' || s[0] > '5' || !isdigit((unsigned char)s[1]) || !isdigit((unsigned char)s[2]))
		return 0;
	if (s[3] != '\0' && s[3] != ' ' && s[3] != '-')
		return 0;
	return (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
}

int
reply_line(struct reply *r, const char *line)
{
	int code = code_of(line);
	char dsn[12];

	keep(r, line);
	if (code == 0 || (r->code != 0 && code != r->code))
		return -1;
	if (r->code == 0)
		snprintf(r->dsn, sizeof(r->dsn), "%d.0.0", code / 100);
	r->code = code;
	/* A status of another class than the code is not believed. */
	if (strcmp(r->dsn + 1, ".0.0") == 0 && line[3] != '\0' && dsn_parse(line + 4, dsn) && dsn[0] == line[0])
		memcpy(r->dsn, dsn, sizeof(dsn));
	return line[3] == '-';
}

bool
reply_read(struct conn *c, struct reply *r)
{
	struct line line;
	int more;

	start(r);
	for (int n = 0; n < REPLY_LINES; n++) {
		if (!conn_line(c, REPLY_LINE, &line))
			return false;
		for (size_t i = 0; i < line.len; i++)
			if (line.s[i] == '\0')
				line.s[i] = '?';
		if ((more = reply_line(r, line.s)) == 0)
			return true;
		if (more < 0)
			break;
	}
	conn_fail(c, CONN_PROTOCOL);
	return false;
}

const char *
reply_text(const struct reply *r, struct arena *mem)
{
	char *s = arena_str(mem, buf_str(&r->text));

	for (char *nl = s; (nl = strchr(nl, '\n')) != NULL;)
		*nl = ' ';
	return s;
}

void
reply_free(struct reply *r)
{
	buf_free(&r->text);
}
