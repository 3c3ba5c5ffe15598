/* SPDX-License-Identifier: Apache-2.0 */
/* The text that a table is read from, or made of: lines that are no entries, and keys that stand there twice. */
#include "commands/sallyport/check_inside.h"

#include <stdio.h>

enum { TOLD_MOST = 20 };

struct reading {
	struct checking *c;
	const char *shown, *path;
	int told;
};

static void
complain(void *ctx, int line, const char *text)
{
	struct reading *r = ctx;

	if (r->told++ < TOLD_MOST)
		finding_add(r->c->found, FINDING_table_lines, (struct spot){ r->path, line }, "mend it, or take it out",
		    "%s: %s", r->shown, text);
}

void
check_source(struct checking *c, const char *shown, const char *path, enum source_format format)
{
	struct reading r = { .c = c, .shown = shown, .path = path };
	struct source s = SOURCE(path, format, true);
	struct hash seen = HASH(false);
	struct buf err = BUF(1024);
	char *key, *value, text[200];

	s.complain = complain;
	s.ctx = &r;
	if (source_open(&s, &err)) /* why not is told by who opens the table */
		while (source_next(&s, &key, &value))
			if (hash_put(&seen, key, c) != NULL) {
				snprintf(text, sizeof(text), "duplicate entry: \"%.90s\", the first one counts", key);
				complain(&r, s.line, text);
			}
	hash_free(&seen, NULL);
	source_free(&s);
	buf_free(&err);
}
