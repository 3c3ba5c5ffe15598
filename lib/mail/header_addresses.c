/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/header_addresses.h"

#include "lib/mail/address.h"

#include <string.h>
#include <strings.h>

enum { MAPPING_MEMORY = 4 << 20 };

static const struct {
	const char *name;
	enum header_addresses kind;
} fields[] = {
	{ "Apparently-To", HEADER_RECIPIENTS },
	{ "Bcc", HEADER_RECIPIENTS },
	{ "Cc", HEADER_RECIPIENTS },
	{ "Disposition-Notification-To", HEADER_SENDERS },
	{ "Errors-To", HEADER_SENDERS },
	{ "From", HEADER_SENDERS },
	{ "Mail-Followup-To", HEADER_SENDERS },
	{ "Reply-To", HEADER_SENDERS },
	{ "Resent-Bcc", HEADER_RECIPIENTS },
	{ "Resent-Cc", HEADER_RECIPIENTS },
	{ "Resent-From", HEADER_SENDERS },
	{ "Resent-Reply-To", HEADER_SENDERS },
	{ "Resent-Sender", HEADER_SENDERS },
	{ "Resent-To", HEADER_RECIPIENTS },
	{ "Return-Receipt-To", HEADER_SENDERS },
	{ "Sender", HEADER_SENDERS },
	{ "To", HEADER_RECIPIENTS },
};

enum header_addresses
header_addresses_of(const char *name, size_t n)
{
	for (size_t i = 0; i < NITEMS(fields); i++)
		if (strlen(fields[i].name) == n && strncasecmp(fields[i].name, name, n) == 0)
			return fields[i].kind;
	return HEADER_NO_ADDRESSES;
}

/* Behind the quoted string, literal or comment that begins at s; end at most. */
static const char *
closed(const char *s, const char *end)
{
	const char close = *s == '(' ? ')' : *s == '[' ? ']' : '"';
	size_t depth = 1;

	for (s++; s < end && depth > 0; s++) {
		if (*s == '\\' && s + 1 < end)
			s++;
		else if (*s == close)
			depth--;
		else if (*s == '(' && close == ')')
			depth++;
	}
	return s;
}

static void
put_comments(struct buf *b, const char *s, size_t n)
{
	for (const char *end = s + n, *next; s < end; s = next) {
		next = strchr("\"[(", *s) != NULL ? closed(s, end) : s + 1;
		if (*s == '(') {
			buf_putc(b, ' ');
			buf_add(b, s, (size_t)(next - s));
		}
	}
}

static void
put_item(struct buf *out, const char *body, size_t done, const struct address_item *item, const char *address)
{
	buf_add(out, body + done, item->at - done);
	buf_puts(out, address);
	put_comments(out, body + item->at, item->len);
}

enum fate
header_addresses_map(
    const char *body, header_address_mapper *map, void *ctx, struct arena *mem, struct buf *out, struct verdict *why)
{
	struct arena scratch = ARENA(MAPPING_MEMORY);
	struct address_item *items;
	enum fate fate = FATE_OK;
	size_t n, done = 0;
	const char *mapped;

	if (!address_list(body, mem, &items, &n))
		return FATE_OK;
	for (size_t i = 0; i < n && fate == FATE_OK; i++) {
		if ((fate = map(ctx, items[i].address, &scratch, &mapped, why)) == FATE_OK && mapped[0] != '\0' &&
		    strcmp(mapped, items[i].address) != 0 && items[i].at >= done) {
			put_item(out, body, done, &items[i], mapped);
			done = items[i].at + items[i].len;
		}
		arena_reset(&scratch);
	}
	if (done > 0)
		buf_puts(out, body + done);
	if (fate != FATE_OK || !buf_ok(out))
		buf_clear(out);
	arena_free(&scratch);
	return fate;
}
