/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/generic.h"

#include "lib/base/log.h"
#include "lib/io/file.h"
#include "lib/mail/header.h"
#include "lib/mail/header_addresses.h"
#include "smtp/envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MOST = 64 << 20, FIELD_MEMORY = 16 << 20 };

bool
generic_open(struct client *c, const struct conf *cf, struct buf *err)
{
	char *proxymap = table_proxymap(cf);
	const struct table_env env = { .cf = cf, .proxymap = proxymap };
	const char *name = c->settings.lmtp ? "lmtp_generic_maps" : "smtp_generic_maps";
	bool ok = true;

	if (c->settings.generic_maps[0] != '\0')
		ok = (c->ours = ours_open(cf, &env, err)) != NULL &&
		    mapping_open(&c->generic, name, c->settings.generic_maps, "generic", cf, c->ours, &env, err);
	free(proxymap);
	return ok;
}

static enum fate
map(void *ctx, const char *address, struct arena *mem, const char **out, struct verdict *why)
{
	struct mapping *m = ctx;

	*out = address;
	return mapping_one(m, address, 1, NULL, mem, out, why) == TABLE_ERROR ? why->fate : FATE_OK;
}

/* An address of the envelope; mapped to nobody, or to what cannot be said, it stays as it is. */
static enum fate
map_envelope(struct delivery *d, const char **address, struct verdict *why)
{
	struct arena scratch = ARENA(1 << 20);
	const char *out;
	enum fate fate = map(d->w->client->generic, *address, &scratch, &out, why);

	if (fate == FATE_OK && strcmp(out, *address) != 0 && *out != '\0' && envelope_address_ok(out, true))
		*address = arena_str(d->a->mem, out);
	arena_free(&scratch);
	return fate;
}

/* One field with its CRLF, changed or not. */
static enum fate
put_field(struct delivery *d, const struct header_field *f, struct arena *mem, struct verdict *why)
{
	struct buf body = BUF(HEADER_MOST);
	const char *text, *colon;
	enum fate fate = FATE_OK;

	if (header_addresses_of(f->text, f->name_len) != HEADER_NO_ADDRESSES && memchr(f->text, '\0', f->len) == NULL &&
	    (colon = memchr(f->text, ':', f->len)) != NULL) {
		text = arena_strn(mem, colon + 1, (size_t)(f->text + f->len - colon - 1));
		fate = header_addresses_map(text, map, d->w->client->generic, mem, &body, why);
		if (body.len > 0)
			buf_add(&d->header, f->text, (size_t)(colon + 1 - f->text));
	}
	if (body.len > 0)
		buf_add(&d->header, body.s, body.len);
	else
		buf_add(&d->header, f->text, f->len);
	buf_puts(&d->header, "\r\n");
	buf_free(&body);
	arena_reset(mem);
	return fate;
}

static void
note_longest(struct delivery *d)
{
	const char *s = d->header.s, *end = s + d->header.len, *lf;

	for (; s < end && (lf = memchr(s, '\n', (size_t)(end - s))) != NULL; s = lf + 1)
		if (lf - s - 1 > d->wire.longest_line)
			d->wire.longest_line = lf - s - 1;
}

static enum fate
map_header(struct delivery *d, struct verdict *why)
{
	const struct deliver_request *r = &d->a->request;
	const size_t n = (size_t)r->header_len;
	struct header h = HEADER(HEADER_MOST);
	struct arena mem = ARENA(FIELD_MEMORY);
	char *bytes = n <= HEADER_MOST ? malloc(n + 1) : NULL;
	enum fate fate = FATE_OK;

	if (bytes == NULL)
		fate = later(why, "4.3.0", "the header is too large to be rewritten");
	else if (!file_pread_all(d->a->file, bytes, n, r->header_at))
		fate = later(why, "4.3.0", "read queue file: %s", strerror(errno));
	else if (!header_parse(&h, bytes, n))
		fate = later(why, "4.3.0", "the header is too large to be rewritten");
	for (size_t i = 0; i < h.n && fate == FATE_OK; i++)
		fate = put_field(d, &h.fields[i], &mem, why);
	if (fate == FATE_OK && !buf_ok(&d->header))
		fate = later(why, "4.3.0", "the header is too large to be rewritten");
	note_longest(d);
	free(bytes);
	header_free(&h);
	arena_free(&mem);
	return fate;
}

bool
generic_apply(struct delivery *d, struct verdict *why)
{
	struct attempt *a = d->a;
	enum fate fate;

	if (d->w->client->generic == NULL)
		return true;
	d->header = (struct buf)BUF(HEADER_MOST);
	fate = map_envelope(d, &d->wire.sender, why);
	for (size_t i = 0; i < a->n && fate == FATE_OK; i++)
		fate = map_envelope(d, &d->wire_rcpts[i].address, why);
	if (fate == FATE_OK && (fate = map_header(d, why)) == FATE_OK) {
		d->content.request = &d->wire;
		d->content.header = buf_str(&d->header);
		d->content.header_len = d->header.len;
		return true;
	}
	log_warn("%s: %s", a->request.queue_id, why->text);
	later(why, "4.3.0", "addresses cannot be rewritten now");
	return false;
}

void
generic_free(struct delivery *d)
{
	buf_free(&d->header);
}
