/* SPDX-License-Identifier: Apache-2.0 */
#include "bounce/report.h"

#include "lib/base/text.h"
#include "lib/base/time.h"

#include <string.h>

enum { LINE = 78, PART_MAX = 1 << 20 }; /* PART_MAX: of which a template's text takes at most half */

void
report_fold(struct buf *b, const char *text, const char *indent)
{
	size_t from = b->len;

	while (*text != '\0') {
		size_t room = LINE - (from < b->len ? b->len - from : 0), n = strlen(text), cut;

		if (n <= room) {
			buf_puts(b, text);
			return;
		}
		for (cut = room; cut > room / 2 && text[cut] != ' '; cut--)
			;
		if (text[cut] != ' ')
			cut = room;
		buf_add(b, text, cut);
		text += cut + strspn(text + cut, " ");
		buf_puts(b, "\r\n");
		from = b->len;
		buf_puts(b, indent);
	}
}

static const char *
address_type(const struct report *r)
{
	return r->envelope->smtputf8 ? "utf-8" : "rfc822";
}

static void
boundary(const struct report *r, struct buf *b)
{
	buf_fmt(b, "%s.%ld/%s", r->queue_id, r->now, r->myhostname);
}

static void
put_header(const struct report *r, struct buf *b)
{
	buf_puts(b, "Date: ");
	time_rfc5322(b, r->now);
	buf_fmt(b, "\r\nFrom: %s\r\nSubject: %s\r\n", r->template->headers[TEMPLATE_FROM],
	    r->template->headers[r->kind == REPORT_TO_SENDER ? TEMPLATE_SUBJECT : TEMPLATE_POSTMASTER]);
	buf_fmt(b, "To: %s\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n", r->to);
	buf_puts(b, "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"");
	boundary(r, b);
	buf_fmt(b, "\"\r\n%s\r\nThis is a message in several parts, in MIME format.\r\n",
	    report_has_8bit(r) ? "Content-Transfer-Encoding: 8bit\r\n" : "");
}

bool
report_has_8bit(const struct report *r)
{
	return r->envelope->has_8bit || r->envelope->smtputf8 || !text_ascii(r->text);
}

static void
begin_part(const struct report *r, struct buf *b, const char *description, const char *type, bool has_8bit)
{
	buf_puts(b, "\r\n--");
	boundary(r, b);
	buf_fmt(b, "\r\nContent-Description: %s\r\nContent-Type: %s\r\n%s\r\n", description, type,
	    has_8bit || r->envelope->smtputf8 ? "Content-Transfer-Encoding: 8bit\r\n" : "");
}

/* What a postmaster reads in place of a template's text, which is for the sender. */
static const char postmaster_text[] = "A notification about the message below could itself not be delivered.\n";

/* Lines that end in '\n', from a file or with values of parameters in them: nothing but these ends a line. */
static void
put_text(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			buf_puts(b, "\r\n");
		else
			buf_putc(b, (unsigned char)*text >= ' ' || *text == '\t' ? *text : '?');
	}
}

static void
begin_notice(const struct report *r, struct buf *b)
{
	const char *charset = r->template->headers[TEMPLATE_CHARSET];
	struct buf type = BUF(8192);

	/* Addresses in UTF-8 stand behind the text. */
	if (r->envelope->smtputf8 && text_same(charset, "us-ascii"))
		charset = "utf-8";
	buf_fmt(&type, "text/plain; charset=%s", charset);
	begin_part(r, b, "Notification", buf_str(&type), !text_ascii(r->text));
	buf_free(&type);
}

/* What a person reads: what happened, to whom, and who said so. */
static void
put_notice(const struct report *r, struct buf *b)
{
	begin_notice(r, b);
	put_text(b, r->kind == REPORT_TO_SENDER ? r->text : postmaster_text);
	if (r->expired)
		buf_puts(b, "\r\nThe mail system has tried for a long time, and gives up now.\r\n");
	for (size_t i = 0; i < r->n; i++) {
		const struct recipient *to = &r->rcpts[i].rcpt;
		struct buf text = BUF(8192);

		buf_fmt(&text, "<%s>", to->address);
		if (to->original[0] != '\0' && strcmp(to->original, to->address) != 0)
			buf_fmt(&text, " (expanded from <%s>)", to->original);
		buf_fmt(&text, ": %s", r->rcpts[i].last.text);
		buf_puts(b, "\r\n");
		report_fold(b, buf_str(&text), "    ");
		buf_puts(b, "\r\n");
		buf_free(&text);
	}
}

static void
put_field(struct buf *b, const char *name, const char *type, const char *value)
{
	struct buf text = BUF(8192);

	buf_fmt(&text, "%s: %s%s%s", name, type, type[0] != '\0' ? "; " : "", value);
	report_fold(b, buf_str(&text), "    ");
	buf_puts(b, "\r\n");
	buf_free(&text);
}

static void
put_status_of(const struct report *r, struct buf *b, const struct report_rcpt *rr)
{
	const struct recipient *to = &rr->rcpt;
	const struct history *h = &rr->last;
	const char *semicolon = strchr(to->orcpt, ';');

	buf_puts(b, "\r\n");
	put_field(b, "Final-Recipient", address_type(r), to->address);
	if (semicolon != NULL)
		buf_fmt(b, "Original-Recipient: %.*s;%s\r\n", (int)(semicolon - to->orcpt), to->orcpt, semicolon + 1);
	else if (to->original[0] != '\0')
		put_field(b, "Original-Recipient", address_type(r), to->original);
	buf_fmt(b, "Action: failed\r\nStatus: %s\r\n", h->dsn);
	if (h->mta[0] != '\0')
		put_field(b, "Remote-MTA", h->mta_type[0] != '\0' ? h->mta_type : "dns", h->mta);
	if (h->diag[0] != '\0')
		put_field(b, "Diagnostic-Code", h->diag_type[0] != '\0' ? h->diag_type : "smtp", h->diag);
	else
		put_field(b, "Diagnostic-Code", "X-Sallyport", h->text);
}

static void
put_status(const struct report *r, struct buf *b)
{
	const struct envelope *e = r->envelope;

	begin_part(
	    r, b, "Delivery report", e->smtputf8 ? "message/global-delivery-status" : "message/delivery-status", false);
	if (e->envid[0] != '\0') {
		buf_puts(b, "Original-Envelope-Id: ");
		xtext_put(b, e->envid);
		buf_puts(b, "\r\n");
	}
	put_field(b, "Reporting-MTA", "dns", r->myhostname);
	buf_fmt(b, "X-%s-Queue-ID: %s\r\n", r->mail_name, r->queue_id);
	buf_fmt(b, "X-%s-Sender: %s; %s\r\n", r->mail_name, address_type(r), e->sender);
	buf_puts(b, "Arrival-Date: ");
	time_rfc5322(b, e->arrival_us / 1000000);
	buf_puts(b, "\r\n");
	for (size_t i = 0; i < r->n; i++)
		put_status_of(r, b, &r->rcpts[i]);
}

void
report_begin(const struct report *r, report_put *put, void *ctx)
{
	struct buf b = BUF(PART_MAX + r->n * 32768);
	const char *type = r->header_only ? (r->envelope->smtputf8 ? "message/global-headers" : "text/rfc822-headers")
	    : r->envelope->smtputf8	  ? "message/global"
					  : "message/rfc822";

	put_header(r, &b);
	put_notice(r, &b);
	put_status(r, &b);
	begin_part(
	    r, &b, r->header_only ? "Undelivered Message Headers" : "Undelivered Message", type, r->envelope->has_8bit);
	put(ctx, buf_str(&b), b.len);
	buf_free(&b);
}

void
report_end(const struct report *r, report_put *put, void *ctx)
{
	struct buf b = BUF(1024);

	buf_puts(&b, "\r\n--");
	boundary(r, &b);
	buf_puts(&b, "--\r\n");
	put(ctx, buf_str(&b), b.len);
	buf_free(&b);
}
