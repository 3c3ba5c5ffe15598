/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/header.h"

#include "lib/base/log.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool
name_byte(char c)
{
	return c > ' ' && c < 127 && c != ':';
}

/* Length of a field's name; 0: this is no field. */
static size_t
name_length(const char *s, size_t n)
{
	size_t len = 0, i;

	while (len < n && name_byte(s[len]))
		len++;
	for (i = len; i < n && (s[i] == ' ' || s[i] == '\t'); i++)
		;
	return i < n && s[i] == ':' ? len : 0;
}

bool
header_is_field(const char *line, size_t n)
{
	return name_length(line, n) > 0;
}

bool
header_is_folded(const char *line, size_t n)
{
	return n > 0 && (line[0] == ' ' || line[0] == '\t');
}

/* Room for a field at index; its members are the caller's to fill. */
static struct header_field *
make_room(struct header *h, size_t index)
{
	if (h->n == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 32;
		h->fields = mem_grow(h->fields, h->cap, sizeof(*h->fields));
	}
	memmove(&h->fields[index + 1], &h->fields[index], (h->n - index) * sizeof(*h->fields));
	h->n++;
	return &h->fields[index];
}

/* Behind the next CRLF; the end if there is none. */
static const char *
line_end(const char *s, const char *end)
{
	const char *lf, *from = s;

	while ((lf = memchr(from, '\n', (size_t)(end - from))) != NULL) {
		if (lf > s && lf[-1] == '\r')
			return lf + 1;
		from = lf + 1;
	}
	return end;
}

static size_t
without_end(const char *s, const char *next)
{
	return (size_t)(next - s) - (next - s >= 2 && next[-1] == '\n' && next[-2] == '\r' ? 2 : 0);
}

bool
header_parse(struct header *h, const char *bytes, size_t n)
{
	const char *s, *next, *end;
	/* The last line may lack its end, which header_write() adds. */
	size_t more = n > 0 && bytes[n - 1] != '\n' ? 2 : 0;

	if (n > h->max || more > h->max - n || h->bytes > h->max - n - more)
		return false;
	s = arena_strn(&h->mem, bytes, n);
	if (!arena_ok(&h->mem))
		return false;
	for (end = s + n; s < end; s = next) {
		struct header_field *f;
		size_t len;

		next = line_end(s, end);
		while (next < end && header_is_folded(next, (size_t)(end - next)) && without_end(s, next) > 0)
			next = line_end(next, end);
		if ((len = without_end(s, next)) == 0)
			continue;
		f = make_room(h, h->n);
		*f = (struct header_field){ .text = s, .len = len, .name_len = name_length(s, len) };
		h->bytes += len + 2;
	}
	return true;
}

static bool
is_named(const struct header_field *f, const char *name, size_t n)
{
	return f->name_len == n && strncasecmp(f->text, name, n) == 0;
}

struct header_field *
header_find(struct header *h, const char *name, size_t nth)
{
	size_t n = strlen(name);

	for (size_t i = 0; n > 0 && i < h->n; i++)
		if (is_named(&h->fields[i], name, n) && --nth == 0)
			return &h->fields[i];
	return NULL;
}

size_t
header_count(const struct header *h, const char *name)
{
	size_t n = strlen(name), count = 0;

	for (size_t i = 0; n > 0 && i < h->n; i++)
		count += is_named(&h->fields[i], name, n);
	return count;
}

const char *
header_body(const struct header_field *f, struct arena *mem)
{
	const char *s = f->text, *end = f->text + f->len;
	char *out, *to;

	if (f->name_len > 0)
		s = (const char *)memchr(s, ':', f->len) + 1;
	if ((out = to = arena_alloc(mem, (size_t)(end - s) + 1)) == NULL)
		return "";
	for (; s < end; s++) {
		if (*s == '\r' && end - s > 2 && s[1] == '\n' && header_is_folded(s + 2, 1))
			s++;
		else if (to > out || (*s != ' ' && *s != '\t'))
			*to++ = *s != '\0' ? *s : '?';
	}
	*to = '\0';
	return out;
}

/* "name: body", with the line breaks of the contract; NULL: past the limit, or no name. */
static char *
compose(struct header *h, const char *name, const char *body, size_t *len)
{
	size_t name_len = strlen(name), body_len = strlen(body), breaks = 0;
	char *text, *to;

	for (const char *s = name; *s != '\0'; s++)
		if (!name_byte(*s))
			return NULL;
	for (const char *s = body; *s != '\0'; s++)
		breaks += *s == '\r' || *s == '\n';
	/* A break may become three bytes: CRLF and a blank. */
	if (name_len == 0 || name_len > h->max || body_len > h->max ||
	    (text = arena_alloc(&h->mem, name_len + 2 + body_len + 2 * breaks)) == NULL)
		return NULL;
	memcpy(text, name, name_len);
	to = text + name_len;
	*to++ = ':';
	if (!header_is_folded(body, body_len))
		*to++ = ' ';
	for (const char *s = body; *s != '\0'; s++) {
		if (*s != '\r' && *s != '\n') {
			*to++ = *s;
			continue;
		}
		while (s[1] == '\r' || s[1] == '\n')
			s++;
		if (s[1] == '\0')
			break;
		memcpy(to, "\r\n ", 3);
		to += header_is_folded(s + 1, 1) ? 2 : 3;
	}
	*len = (size_t)(to - text);
	return text;
}

static bool
put(struct header *h, size_t index, struct header_field *replaced, const char *name, const char *body)
{
	size_t old = replaced != NULL ? replaced->len + 2 : 0, len;
	char *text = compose(h, name, body, &len);

	if (text == NULL || len + 2 > h->max || h->bytes - old > h->max - len - 2)
		return false;
	if (replaced == NULL)
		replaced = make_room(h, index);
	*replaced = (struct header_field){ .text = text, .len = len, .name_len = strlen(name) };
	h->bytes += len + 2 - old;
	return true;
}

bool
header_insert(struct header *h, size_t index, const char *name, const char *body)
{
	return put(h, index < h->n ? index : h->n, NULL, name, body);
}

bool
header_append(struct header *h, const char *name, const char *body)
{
	return put(h, h->n, NULL, name, body);
}

bool
header_change(struct header *h, const char *name, size_t nth, const char *body)
{
	return put(h, h->n, header_find(h, name, nth), name, body);
}

void
header_delete(struct header *h, struct header_field *f)
{
	size_t index = (size_t)(f - h->fields);

	must_hold(index < h->n);
	h->bytes -= f->len + 2;
	h->n--;
	memmove(f, f + 1, (h->n - index) * sizeof(*f));
}

size_t
header_size(const struct header *h)
{
	return h->bytes;
}

void
header_write(const struct header *h, struct buf *out)
{
	for (size_t i = 0; i < h->n; i++) {
		buf_add(out, h->fields[i].text, h->fields[i].len);
		buf_add(out, "\r\n", 2);
	}
}

void
header_free(struct header *h)
{
	free(h->fields);
	h->fields = NULL;
	h->n = h->cap = h->bytes = 0;
	arena_free(&h->mem);
}
