/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/made.h"

#include "lib/base/text.h"
#include "lib/base/time.h"

#include <string.h>
#include <time.h>

enum { WORD_MAX = 75 /* RFC 2047 2 */ };

/* What a client says of itself must not look like structure. */
static void
put_plain(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		buf_putc(b, (unsigned char)*s <= ' ' || *s == 127 || strchr("<>()\\\";@", *s) != NULL ? '?' : *s);
}

static void
put_client(struct buf *b, const struct made_received *r)
{
	const char *name = r->name[0] != '\0' ? r->name : "unknown";

	buf_puts(b, "from ");
	put_plain(b, r->helo[0] != '\0' ? r->helo : name);
	buf_puts(b, " (");
	put_plain(b, name);
	/* RFC 5321 4.1.3 wants the tag. */
	buf_puts(b, strchr(r->addr, ':') != NULL && !text_starts(r->addr, "IPv6:") ? " [IPv6:" : " [");
	put_plain(b, r->addr[0] != '\0' ? r->addr : "unknown");
	buf_puts(b, "])\r\n\t");
}

void
made_received(struct buf *b, const struct made_received *r)
{
	bool client = r->with[0] != '\0' && (r->helo[0] != '\0' || r->name[0] != '\0');

	buf_puts(b, "Received: ");
	if (client)
		put_client(b, r);
	buf_fmt(b, "by %s (%s", r->by, r->mail_name);
	if (r->uid >= 0)
		buf_fmt(b, ", from userid %ld", r->uid);
	buf_putc(b, ')');
	if (r->with[0] == '\0') {
		buf_fmt(b, "\r\n\tid %s; ", r->id);
	} else {
		buf_puts(b, " with ");
		put_plain(b, r->with);
		buf_fmt(b, " id %s", r->id);
		if (r->rcpt != NULL)
			buf_fmt(b, "\r\n\tfor <%s>; ", r->rcpt);
		else
			buf_puts(b, ";\r\n\t");
	}
	time_rfc5322(b, r->seconds);
}

void
made_message_id(struct buf *b, const char *prefix, long seconds, const char *id, const char *host)
{
	time_t t = (time_t)seconds;
	char stamp[24];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &tm);
	buf_fmt(b, "%sMessage-Id: <%s.%s@%s>", prefix, stamp, id, host);
}

void
made_date(struct buf *b, const char *prefix, long seconds)
{
	buf_fmt(b, "%sDate: ", prefix);
	time_rfc5322(b, seconds);
}

/* Bytes of the character at s: an encoded word must not part one. */
static size_t
character(const char *s)
{
	size_t n = 1;

	if ((unsigned char)s[0] >= 0xc0)
		while (n < 4 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n++;
	return n;
}

static bool
plain_in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* =?utf-8?Q?J=C3=B6rg?=, as many words as it takes. */
static void
put_encoded(struct buf *b, const char *s, const char *charset)
{
	size_t fixed = strlen(charset) +
	    strlen("=?"
		   "?Q?"
		   "?="),
	       used = fixed, n, need;

	buf_fmt(b, "=?%s?Q?", charset);
	for (; *s != '\0'; s += n) {
		n = character(s);
		need = plain_in_word(*s) || *s == ' ' ? 1 : 3 * n;
		if (used + need > WORD_MAX && used > fixed) {
			buf_fmt(b, "?=\r\n =?%s?Q?", charset);
			used = fixed;
		}
		for (size_t i = 0; i < n; i++) {
			if (plain_in_word(s[i]))
				buf_putc(b, s[i]);
			else if (s[i] == ' ')
				buf_putc(b, '_');
			else
				buf_fmt(b, "=%02X", (unsigned char)s[i]);
		}
		used += need;
	}
	buf_puts(b, "?=");
}

static void
put_quoted(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *s);
	}
	buf_putc(b, '"');
}

static void
put_name(struct buf *b, const char *name, const char *charset)
{
	if (!text_ascii(name) && charset[0] != '\0')
		put_encoded(b, name, charset);
	else if (strpbrk(name, "()<>[]:;@\\,.\"!%") != NULL)
		put_quoted(b, name);
	else
		buf_puts(b, name);
}

static void
put_comment(struct buf *b, const char *name, const char *charset)
{
	buf_putc(b, '(');
	if (!text_ascii(name) && charset[0] != '\0')
		put_encoded(b, name, charset);
	else
		for (; *name != '\0'; name++) {
			if (strchr("()\\", *name) != NULL)
				buf_putc(b, '\\');
			buf_putc(b, *name);
		}
	buf_putc(b, ')');
}

void
made_from(struct buf *b, const char *prefix, const char *address, const char *name, bool obsolete, const char *charset)
{
	buf_fmt(b, "%sFrom: ", prefix);
	if (name[0] == '\0') {
		buf_puts(b, address);
	} else if (obsolete) {
		buf_fmt(b, "%s ", address);
		put_comment(b, name, charset);
	} else {
		put_name(b, name, charset);
		buf_fmt(b, " <%s>", address);
	}
}
