/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/envelope.h"

#include "lib/base/text.h"

#include <ctype.h>
#include <string.h>

bool
envelope_address_ok(const char *address, bool utf8)
{
	bool quoted = false;

	for (const char *s = address; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < ' ' || c == 127 || (c > 127 && !utf8))
			return false;
		if (quoted && c == '\\' && s[1] != '\0') {
			if ((unsigned char)*++s < ' ')
				return false;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == ' ' || c == '<' || c == '>')) {
			return false;
		}
	}
	return !quoted;
}

/* A keyword or a list of them, such as "SUCCESS,FAILURE"; anything else came from nowhere good. */
static bool
is_word(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!isalpha((unsigned char)*s) && *s != ',')
			return false;
	return true;
}

void
envelope_mail(struct buf *b, const struct deliver_request *r, long size, const struct offer *o, bool auth)
{
	bool eight = r->has_8bit || text_same(r->body, "8BITMIME");

	buf_fmt(b, "MAIL FROM:<%s>", r->sender);
	if (o->features & OFFERS_SIZE)
		buf_fmt(b, " SIZE=%ld", size);
	if ((o->features & OFFERS_8BITMIME) && eight)
		buf_puts(b, " BODY=8BITMIME");
	if ((o->features & OFFERS_SMTPUTF8) && r->smtputf8)
		buf_puts(b, " SMTPUTF8");
	if (o->features & OFFERS_DSN) {
		if (is_word(r->ret))
			buf_fmt(b, " RET=%s", r->ret);
		if (*r->envid != '\0') {
			buf_puts(b, " ENVID=");
			xtext_put(b, r->envid);
		}
	}
	if ((o->features & OFFERS_AUTH) && auth)
		buf_puts(b, " AUTH=<>");
	buf_puts(b, "\r\n");
}

/* "rfc822;joe@example.com": the type as it is, the address as xtext.  Other alphabets have no xtext form. */
static void
put_orcpt(struct buf *b, const char *orcpt)
{
	size_t type = strcspn(orcpt, ";");

	if (orcpt[type] == '\0' || type == 0 || !text_ascii(orcpt) ||
	    strspn(orcpt, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != type)
		return;
	buf_fmt(b, " ORCPT=%.*s;", (int)type, orcpt);
	xtext_put(b, orcpt + type + 1);
}

void
envelope_rcpt(struct buf *b, const struct deliver_rcpt *r, const struct offer *o)
{
	buf_fmt(b, "RCPT TO:<%s>", r->address);
	if (o->features & OFFERS_DSN) {
		if (is_word(r->notify))
			buf_fmt(b, " NOTIFY=%s", r->notify);
		put_orcpt(b, r->orcpt);
	}
	buf_puts(b, "\r\n");
}
