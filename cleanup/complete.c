/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/complete.h"

#include "cleanup/made.h"
#include "lib/base/text.h"
#include "lib/mail/header_addresses.h"
#include "lib/mail/route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_ = 128, FIELD_MAX = 32 << 20 };

enum {
	FROM = 1 << 0,
	DATE = 1 << 1,
	MESSAGE_ID = 1 << 2,
	VISIBLE = 1 << 3, /* a recipient that everybody sees */
	RESENT = 1 << 4,
	RESENT_FROM = 1 << 5,
	RESENT_DATE = 1 << 6,
	RESENT_MESSAGE_ID = 1 << 7,
};

static const struct kind {
	const char *name;
	unsigned is;
} kinds[] = {
	{ "Cc", VISIBLE },
	{ "Date", DATE },
	{ "From", FROM },
	{ "Message-ID", MESSAGE_ID },
	{ "Resent-Bcc", RESENT },
	{ "Resent-Cc", RESENT | VISIBLE },
	{ "Resent-Date", RESENT | RESENT_DATE },
	{ "Resent-From", RESENT | RESENT_FROM },
	{ "Resent-Message-ID", RESENT | RESENT_MESSAGE_ID },
	{ "Resent-Reply-To", RESENT },
	{ "Resent-Sender", RESENT },
	{ "Resent-To", RESENT | VISIBLE },
	{ "To", VISIBLE },
};

static unsigned
kind_of(const struct field_text *f)
{
	for (size_t i = 0; i < NITEMS(kinds); i++)
		if (field_is(f, kinds[i].name))
			return kinds[i].is;
	return 0;
}

void
complete_drop_list(struct hash *set, const char *names)
{
	char *copy = mem_str(names), *cursor = copy, *name;
	size_t n;

	while ((name = text_word(&cursor, TEXT_LIST)) != NULL) {
		n = strlen(name);
		if (n > 0 && name[n - 1] == ':')
			name[n - 1] = '\0';
		hash_put(set, name, set);
	}
	free(copy);
}

static bool
dropped(const struct complete *c, const struct field_text *f)
{
	char name[NAME_MAX_];

	if (f->name_len == 0 || f->name_len >= sizeof(name))
		return false;
	memcpy(name, f->text, f->name_len);
	name[f->name_len] = '\0';
	return hash_get(c->drop, name) != NULL;
}

static void
out(struct complete *c, const char *text, size_t n)
{
	spool_add(c->out, text, n);
	spool_add(c->out, "\r\n", 2);
	lines_add(&c->lines, text, n);
	lines_add(&c->lines, "\r\n", 2);
}

/* The body of a Message-ID field for the log: without folds, as long as it may be there. */
static void
note_id(char *to, size_t size, const struct field_text *f)
{
	const char *s = field_body(f), *end = f->text + f->len;
	size_t n = 0;

	s += strspn(s, " \t\r\n");
	for (; s < end && n + 1 < size; s++)
		if (*s != '\r' && *s != '\n' && *s != '\0')
			to[n++] = *s;
	while (n > 0 && (to[n - 1] == ' ' || to[n - 1] == '\t'))
		n--;
	to[n] = '\0';
}

static void
note(struct complete *c, const struct field_text *f, unsigned is)
{
	c->seen |= is;
	if (is & MESSAGE_ID)
		note_id(c->message_id, sizeof(c->message_id), f);
	else if (is & RESENT_MESSAGE_ID)
		note_id(c->resent_message_id, sizeof(c->resent_message_id), f);
	else if (field_is(f, "Received"))
		c->received++;
	else if (field_is(f, "Delivered-To"))
		c->delivered++;
}

struct mapping_of {
	struct complete *c;
	enum rewrite_class class_;
};

static enum fate
map_address(void *ctx, const char *address, struct arena *mem, const char **out, struct verdict *why)
{
	const struct mapping_of *m = ctx;
	const char *full = route_complete(m->c->cf, address, m->c->origin, mem);

	return rewrite_address(m->c->rewriter, m->class_, full, NULL, mem, out, why);
}

static void
out_mapped(struct complete *c, const struct field_text *f, enum header_addresses whose)
{
	struct mapping_of how = { c, whose == HEADER_SENDERS ? REWRITE_HEADER_SENDER : REWRITE_HEADER_RECIPIENT };
	struct buf b = BUF(FIELD_MAX), whole = BUF(FIELD_MAX);
	const char *body = field_body(f);

	/* One with a NUL in it is not what it seems to be. */
	if (memchr(f->text, '\0', f->len) == NULL && c->why.fate == FATE_OK)
		header_addresses_map(body, map_address, &how, &c->mem, &b, &c->why);
	if (b.len > 0) {
		buf_add(&whole, f->text, (size_t)(body - f->text));
		buf_add(&whole, b.s, b.len);
	}
	if (b.len > 0 && buf_ok(&whole))
		out(c, whole.s, whole.len);
	else
		out(c, f->text, f->len);
	buf_free(&b);
	buf_free(&whole);
	arena_reset(&c->mem);
}

void
complete_field(void *ctx, const struct field_text *f)
{
	struct complete *c = ctx;
	enum header_addresses whose;
	const char *quoted;

	note(c, f, kind_of(f));
	if (dropped(c, f))
		return;
	if (f->name_len == 0) {
		/* The separator of a mailbox file is no header field; its text may be of use. */
		quoted = arena_fmt(&c->mem, "X-Mailbox-Line: %s", f->text);
		out(c, quoted, strlen(quoted));
		arena_reset(&c->mem);
	} else if (c->origin != NULL && (whose = header_addresses_of(f->text, f->name_len)) != HEADER_NO_ADDRESSES) {
		out_mapped(c, f, whose);
	} else {
		out(c, f->text, f->len);
	}
}

static void
add_from(struct complete *c, struct buf *b, const char *prefix)
{
	const struct conf *cf = c->cf;
	const char *sender = c->sender, *name = c->full_name;

	if (sender[0] == '\0') {
		sender = route_complete(cf, cf->empty_address_recipient, cf->myorigin, &c->mem);
		name = "";
	}
	made_from(
	    b, prefix, sender, name, text_same(cf->header_from_format, "obsolete"), cf->full_name_encoding_charset);
}

static void
add(struct complete *c, struct buf *b)
{
	struct field_text f = field_text(buf_str(b), b->len);

	if (!buf_ok(b)) {
		c->out->error = ENOMEM;
		return;
	}
	note(c, &f, kind_of(&f));
	out(c, f.text, f.len);
	buf_clear(b);
}

void
complete_end(struct complete *c)
{
	const char *prefix = c->seen & RESENT ? "Resent-" : "";
	const char *undisclosed = c->cf->undisclosed_recipients_header;
	struct buf b = BUF(65536);

	if (c->add_missing && !(c->seen & (c->seen & RESENT ? RESENT_MESSAGE_ID : MESSAGE_ID))) {
		made_message_id(&b, prefix, c->arrival, c->id, c->cf->myhostname);
		add(c, &b);
	}
	if (c->add_missing && !(c->seen & (c->seen & RESENT ? RESENT_DATE : DATE))) {
		made_date(&b, prefix, c->arrival);
		add(c, &b);
	}
	if (c->add_missing && !(c->seen & (c->seen & RESENT ? RESENT_FROM : FROM))) {
		add_from(c, &b, prefix);
		add(c, &b);
	}
	if (c->add_missing && !(c->seen & VISIBLE) && undisclosed[0] != '\0') {
		buf_puts(&b, undisclosed);
		add(c, &b);
	}
	buf_free(&b);
	lines_end(&c->lines);
}

void
complete_free(struct complete *c)
{
	arena_free(&c->mem);
}
