/* SPDX-License-Identifier: Apache-2.0 */
#include "services/resolver/rdata.h"

#include "lib/base/text.h"
#include "lib/net/addr.h"

#include <ctype.h>
#include <string.h>

enum { NAME_WIRE = 255, NAME_TEXT = 4 * 255 + 1, TEXT_MOST = 65535 };

/* What is left of a record. */
struct cursor {
	const unsigned char *at;
	size_t left;
};

static bool
take(struct cursor *c, size_t n, const unsigned char **out)
{
	if (c->left < n)
		return false;
	*out = c->at;
	c->at += n;
	c->left -= n;
	return true;
}

static bool
take_number(struct cursor *c, size_t bytes, long *out)
{
	const unsigned char *p;

	if (!take(c, bytes, &p))
		return false;
	for (*out = 0; bytes > 0; bytes--)
		*out = *out << 8 | *p++;
	return true;
}

static void
put_label(struct buf *b, const unsigned char *s, size_t n)
{
	for (; n > 0; n--, s++) {
		if (isalnum(*s) || *s == '-' || *s == '_')
			buf_putc(b, (char)*s);
		else
			buf_fmt(b, "\\%03d", *s);
	}
}

/* A domain name without its last dot; "" is the root. */
static bool
take_name(struct cursor *c, struct buf *b)
{
	const unsigned char *p;
	size_t wire = 0, n;

	for (;;) {
		if (!take(c, 1, &p))
			return false;
		if ((n = *p) == 0)
			return buf_ok(b);
		if (n > 63 || (wire += n + 1) >= NAME_WIRE || !take(c, n, &p))
			return false;
		if (wire > n + 1)
			buf_putc(b, '.');
		put_label(b, p, n);
	}
}

static bool
get_address(struct cursor *c, struct resolver_record *r, struct buf *value)
{
	struct addr a;
	char text[ADDR_TEXT];
	bool ok = addr_of_bytes(&a, c->at, c->left, 0);

	(void)r;
	if (ok)
		buf_puts(value, addr_host(&a, text));
	c->left = 0;
	return ok;
}

static bool
get_a(struct cursor *c, struct resolver_record *r, struct buf *value)
{
	return c->left == 4 && get_address(c, r, value);
}

static bool
get_aaaa(struct cursor *c, struct resolver_record *r, struct buf *value)
{
	return c->left == 16 && get_address(c, r, value);
}

static bool
get_name(struct cursor *c, struct resolver_record *r, struct buf *value)
{
	(void)r;
	return take_name(c, value);
}

static bool
get_mx(struct cursor *c, struct resolver_record *r, struct buf *value)
{
	return take_number(c, 2, &r->preference) && take_name(c, value);
}

static bool
get_srv(struct cursor *c, struct resolver_record *r, struct buf *value)
{
	return take_number(c, 2, &r->preference) && take_number(c, 2, &r->weight) && take_number(c, 2, &r->port) &&
	    take_name(c, value);
}

/* All strings of the record joined, as SPF, DKIM and DMARC want them (RFC 7208 3.3). */
static bool
get_txt(struct cursor *c, struct resolver_record *r, struct buf *value)
{
	const unsigned char *p;
	long n;

	(void)r;
	if (c->left == 0)
		return false;
	while (c->left > 0) {
		if (!take_number(c, 1, &n) || !take(c, (size_t)n, &p))
			return false;
		for (; n > 0; n--, p++)
			buf_putc(value, *p != '\0' ? (char)*p : '?');
	}
	return true;
}

static bool
get_tlsa(struct cursor *c, struct resolver_record *r, struct buf *value)
{
	const unsigned char *p;

	(void)r;
	if (c->left < 4 || !take(c, 3, &p))
		return false;
	buf_fmt(value, "%d %d %d ", p[0], p[1], p[2]);
	for (; c->left > 0; c->left--)
		buf_fmt(value, "%02x", *c->at++);
	return true;
}

static bool
get_soa(struct cursor *c, struct resolver_record *r, struct buf *value)
{
	long n;

	(void)r;
	if (!take_name(c, value))
		return false;
	buf_putc(value, ' ');
	if (!take_name(c, value))
		return false;
	for (int i = 0; i < 5; i++) {
		if (!take_number(c, 4, &n))
			return false;
		buf_fmt(value, " %ld", n);
	}
	return true;
}

static const struct {
	const char *name;
	int type;
	bool (*get)(struct cursor *, struct resolver_record *, struct buf *);
} types[] = {
	{ "A", 1, get_a },
	{ "NS", 2, get_name },
	{ "CNAME", 5, get_name },
	{ "SOA", 6, get_soa },
	{ "PTR", 12, get_name },
	{ "MX", 15, get_mx },
	{ "TXT", 16, get_txt },
	{ "AAAA", 28, get_aaaa },
	{ "SRV", 33, get_srv },
	{ "TLSA", 52, get_tlsa },
};

int
rdata_type(const char *name)
{
	for (size_t i = 0; i < NITEMS(types); i++)
		if (text_same(types[i].name, name))
			return types[i].type;
	return -1;
}

const char *
rdata_name(int type)
{
	for (size_t i = 0; i < NITEMS(types); i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

bool
rdata_decode(int type, const unsigned char *bytes, size_t n, struct arena *mem, struct resolver_record *out)
{
	struct cursor c = { bytes, n };
	struct resolver_record r = { .value = "" };
	struct buf value = BUF(TEXT_MOST * 2 + 16);
	size_t i = 0;
	bool ok;

	while (i < NITEMS(types) && types[i].type != type)
		i++;
	ok = i < NITEMS(types) && types[i].get(&c, &r, &value) && c.left == 0 && buf_ok(&value);
	if (ok) {
		r.value = arena_str(mem, buf_str(&value));
		*out = r;
	}
	buf_free(&value);
	return ok;
}
