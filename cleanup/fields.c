/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/fields.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

void
fields_add(struct spool *s, const char *text, size_t n)
{
	uint32_t len = (uint32_t)n;

	spool_add(s, &len, sizeof(len));
	spool_add(s, text, n);
}

struct field_text
field_text(const char *text, size_t n)
{
	struct field_text f = { .text = text, .len = n };
	const char *colon = memchr(text, ':', n), *blank;

	if (colon == NULL)
		return f;
	f.name_len = (size_t)(colon - text);
	while (f.name_len > 0 && (text[f.name_len - 1] == ' ' || text[f.name_len - 1] == '\t'))
		f.name_len--;
	/* "From joe Tue Nov 24 06:22:01" has a colon, too. */
	for (blank = text; blank < text + f.name_len; blank++)
		if (*blank == ' ' || *blank == '\t')
			f.name_len = 0;
	return f;
}

bool
fields_next(struct spool *s, struct fields_cursor *c, struct field_text *out)
{
	uint32_t len;
	char *text;

	if (!spool_read(s, &c->at, &len, sizeof(len)))
		return false;
	buf_clear(&c->text);
	if ((text = buf_room(&c->text, len)) == NULL) {
		s->error = ENOMEM;
		return false;
	}
	if (!spool_read(s, &c->at, text, len))
		return false;
	buf_grew(&c->text, len);
	*out = field_text(buf_str(&c->text), len);
	return true;
}

void
fields_cursor_free(struct fields_cursor *c)
{
	spool_cursor_free(&c->at);
	buf_free(&c->text);
}

bool
field_is(const struct field_text *f, const char *name)
{
	return strlen(name) == f->name_len && strncasecmp(f->text, name, f->name_len) == 0;
}

const char *
field_body(const struct field_text *f)
{
	const char *colon = f->name_len > 0 ? memchr(f->text + f->name_len, ':', f->len - f->name_len) : NULL;

	return colon != NULL ? colon + 1 : f->text + f->len;
}
