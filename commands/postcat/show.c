/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/postcat/show.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIECE = 65536, SLICE = 64, MEMORY = 64 << 20, FIELD_MAX = 1 << 20 };

/* Fields that Postfix prints on lines of their own, under names that scripts look for. */
static const struct {
	const char *field, *line;
} lines[] = {
	{ "sender", "sender" },
	{ "envid", "dsn_envelope_id" },
	{ "ret", "dsn_return_flags" },
	{ "filter", "content_filter" },
	{ "redirect", "redirect_to" },
	{ "verp", "verp_delimiters" },
};

/* And attributes that it names otherwise. */
static const struct {
	const char *field, *attribute;
} attributes[] = {
	{ "client_addr", "client_address" },
	{ "client_helo", "helo_name" },
	{ "protocol", "protocol_name" },
	{ "login", "sasl_username" },
	{ "login_method", "sasl_method" },
};

static void
printable(const char *text)
{
	for (; *text != '\0'; text++)
		putchar((unsigned char)*text < ' ' || *text == 127 ? '?' : *text);
}

void
show_line(const char *name, const char *value)
{
	printf("%s: ", name);
	printable(value);
	putchar('\n');
}

static void
attribute(const char *name, const char *value)
{
	fputs("named_attribute: ", stdout);
	printable(name);
	putchar('=');
	printable(value);
	putchar('\n');
}

static void
pair(const char *name, const char *first, char between, const char *second)
{
	printf("%s: ", name);
	printable(first);
	putchar(between);
	printable(second);
	putchar('\n');
}

void
show_time(const char *name, long us)
{
	time_t seconds = us / 1000000;
	char text[64] = "?";
	struct tm tm;

	if (localtime_r(&seconds, &tm) != NULL)
		strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y", &tm);
	show_line(name, text);
}

void
show_mark(const char *what, const char *name)
{
	printf("*** %s ", what);
	printable(name);
	puts(" ***");
}

static void
offset(const struct show *how, uint64_t at)
{
	if (how->offsets)
		printf("%9lu ", (unsigned long)at);
}

static const char *
line_of(const char *field)
{
	for (size_t i = 0; i < NITEMS(lines); i++)
		if (strcmp(lines[i].field, field) == 0)
			return lines[i].line;
	return NULL;
}

static const char *
attribute_of(const char *field)
{
	for (size_t i = 0; i < NITEMS(attributes); i++)
		if (strcmp(attributes[i].field, field) == 0)
			return attributes[i].attribute;
	return field;
}

/* Every field of the record, so that none is forgotten when one is added. */
static void
envelope(const struct qfile *q, const struct show *how)
{
	const struct envelope *e = qfile_envelope(q);
	const struct qfile_attribute *free_ones;
	const struct msg *m = envelope_msg();
	struct buf value = BUF(FIELD_MAX);
	size_t n;

	printf("queue_id: %s\nformat_version: %d\n", qfile_id(q), qfile_version(q));
	printf("message_size: %ld %ld %zu\n", qfile_size(q), qfile_body_place(q).at, qfile_nrcpts(q));
	show_time("message_arrival_time", e->arrival_us);
	for (size_t i = 0; i < m->n; i++) {
		const char *line = line_of(m->rows[i].name);

		buf_clear(&value);
		field_print(&value, &m->rows[i], e);
		if (line != NULL)
			show_line(line, buf_str(&value));
		else
			attribute(attribute_of(m->rows[i].name), buf_str(&value));
	}
	buf_free(&value);
	free_ones = qfile_attributes(q, &n);
	for (size_t i = 0; i < n; i++)
		attribute(free_ones[i].name, free_ones[i].value);
	offset(how, (uint64_t)qfile_header(q).at);
	printf("header: %ld octets\n", qfile_header(q).len);
	offset(how, (uint64_t)qfile_body_place(q).at);
	printf("body: %ld octets%s\n", qfile_body_place(q).len,
	    qfile_body_ok(q) ? "" : ", altered: its checksum is wrong");
}

static void
recipient(size_t number, const struct slot *s, const struct recipient *r, const struct show *how)
{
	printf("recipient_number: %zu\n", number);
	show_line("original_recipient", r->original[0] != '\0' ? r->original : r->address);
	if (r->orcpt[0] != '\0')
		show_line("dsn_orig_rcpt", r->orcpt);
	if (r->notify[0] != '\0')
		show_line("dsn_notify_flags", r->notify);
	offset(how, s->rcpt_at);
	show_line(s->state == SLOT_OPEN ? "recipient" : "done_recipient", r->address);
	if (r->transport[0] != '\0' || r->nexthop[0] != '\0')
		pair("recipient_route", r->transport, ':', r->nexthop);
	printf("recipient_state: %s, %u attempt%s%s\n", slot_state_names[s->state], s->attempts,
	    s->attempts == 1 ? "" : "s", s->flags & SLOT_NOTICE_OWED ? ", notice owed" : "");
	if (s->attempts > 0)
		show_time("recipient_last_attempt", s->attempt_us);
}

static bool
recipient_slice(const struct qfile *q, size_t first, size_t n, const char *name, const struct show *how)
{
	struct recipient *list = mem_zero(n, sizeof(*list));
	struct arena mem = ARENA(MEMORY);
	struct verdict why = VERDICT(&mem);
	struct slot slots[SLICE];
	bool ok = false;

	if (!qfile_slots(q, first, n, slots))
		log_error("%s: a recipient's slot cannot be read", name);
	else if (!qfile_rcpts(q, slots, n, &mem, list, &why))
		log_error("%s: %s", name, why.text);
	else
		ok = true;
	for (size_t i = 0; ok && i < n; i++)
		recipient(first + i, &slots[i], &list[i], how);
	arena_free(&mem);
	free(list);
	return ok;
}

static bool
recipients(const struct qfile *q, const char *name, const struct show *how)
{
	size_t all = qfile_nrcpts(q);

	for (size_t first = 0; first < all; first += SLICE)
		if (!recipient_slice(q, first, all - first < SLICE ? all - first : SLICE, name, how))
			return false;
	return true;
}

static void
happened(const struct history *h)
{
	show_time("history_time", h->time_us);
	if (h->number < 0)
		puts("history_recipient: the message as a whole");
	else
		printf("history_recipient: %ld\n", h->number);
	printf("history_status: %ld ", h->code);
	printable(h->dsn);
	putchar(' ');
	printable(h->action);
	putchar('\n');
	show_line("history_reason", h->text);
	if (h->mta[0] != '\0')
		pair("history_mta", h->mta_type, ';', h->mta);
	if (h->diag[0] != '\0')
		pair("history_diagnostic", h->diag_type, ';', h->diag);
}

static void
history(const struct qfile *q)
{
	struct arena mem = ARENA(MEMORY);
	struct qfile_cursor c = { 0 };
	struct history h;

	while (qfile_history(q, &c, &mem, &h)) {
		happened(&h);
		arena_reset(&mem);
	}
	arena_free(&mem);
}

void
show_content(const char *bytes, size_t n, bool *cr)
{
	for (const char *s = bytes, *end = bytes + n; s < end; s++) {
		if (*cr && *s != '\n')
			putchar('\r');
		if (!(*cr = *s == '\r'))
			putchar(*s);
	}
}

static bool
content(const struct qfile *q, struct qfile_place place, const char *name, bool *cr)
{
	char *piece = mem_alloc(PIECE);
	bool ok = true;
	size_t n;

	for (long done = 0; ok && done < place.len; done += (long)n) {
		n = place.len - done < PIECE ? (size_t)(place.len - done) : PIECE;
		if ((ok = file_pread_all(qfile_fd(q), piece, n, place.at + done)))
			show_content(piece, n, cr);
		else
			log_error("%s: %s", name, strerror(errno));
	}
	free(piece);
	return ok;
}

static bool
message(const struct qfile *q, const char *name, const struct show *how)
{
	bool cr = false, ok = true;

	if (how->header)
		ok = content(q, qfile_header(q), name, &cr);
	if (how->body && ok) {
		putchar('\n');
		ok = content(q, qfile_body_place(q), name, &cr);
		if (cr)
			putchar('\r');
		if (qfile_envelope(q)->no_last_crlf)
			putchar('\n');
	}
	return ok;
}

bool
show_queue_file(const struct qfile *q, const char *name, const struct show *how)
{
	bool ok = true;

	if (how->envelope) {
		show_mark("ENVELOPE RECORDS", name);
		envelope(q, how);
		ok = recipients(q, name, how);
	}
	if (how->envelope && (how->header || how->body))
		show_mark("MESSAGE CONTENTS", name);
	if (how->header || how->body)
		ok &= message(q, name, how);
	if (how->envelope) {
		show_mark("HEADER EXTRACTED", name);
		show_mark("HISTORY", name);
		history(q);
		show_mark("MESSAGE FILE END", name);
	}
	return ok;
}
