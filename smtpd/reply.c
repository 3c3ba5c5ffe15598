/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/reply.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "smtpd/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REPLY_MAX = 4096, LOG_MAX = 8192 };

void
reply_soften(const struct conf *cf, char *line)
{
	if (!cf->soft_bounce || line[0] != '5')
		return;
	line[0] = '4';
	if (strlen(line) > 5 && line[4] == '5' && line[5] == '.')
		line[4] = '4';
}

/* Who makes many mistakes is slowed down, and does not get to hear the reason at once. */
static void
slow_down(struct client *c)
{
	if (c->errors <= c->cf->smtpd_soft_error_limit || c->cf->smtpd_error_sleep_time == 0)
		return;
	conn_flush(c->conn);
	nanosleep(&(struct timespec){ .tv_sec = c->cf->smtpd_error_sleep_time }, NULL);
}

static void
say(struct client *c, char *line)
{
	reply_soften(c->cf, line);
	if (line[0] == '4' || line[0] == '5')
		c->failed = true;
	if (strncmp(line, "421", 3) == 0 || strncmp(line, "521", 3) == 0)
		c->hang_up = true;
	slow_down(c);
	conn_puts(c->conn, line);
	conn_puts(c->conn, "\r\n");
}

/* What is too long for a line is cut: a command may be as long as line_length_limit says. */
void
reply(struct client *c, const char *fmt, ...)
{
	char *line = mem_alloc(REPLY_MAX);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, REPLY_MAX, fmt, ap);
	va_end(ap);
	text_printable(line);
	say(c, line);
	free(line);
}

void
reply_verdict(struct client *c, const struct verdict *v)
{
	reply(c, "%d %s %s", v->code, v->dsn, v->text);
}

struct occasion
reply_occasion(const struct client *c, const char *command)
{
	return (struct occasion){
		.command = command, .sender = c->tx.sender, .recipient = c->tx.nrcpts == 1 ? c->tx.only_rcpt : NULL
	};
}

void
reply_log(struct client *c, const char *event, const struct occasion *o, const char *text)
{
	struct buf line = BUF(LOG_MAX);
	const char *id = message_id(c);

	buf_fmt(&line, "%s: %s: %s from %s: %s;", id != NULL ? id : "NOQUEUE", event, o->command, c->shown, text);
	if (o->sender != NULL)
		buf_fmt(&line, " from=<%s>", o->sender);
	if (o->recipient != NULL)
		buf_fmt(&line, " to=<%s>", o->recipient);
	buf_fmt(&line, " proto=%s", client_protocol(c));
	if (c->helo != NULL)
		buf_fmt(&line, " helo=<%s>", c->helo);
	log_info("%s", buf_str(&line));
	buf_free(&line);
}
