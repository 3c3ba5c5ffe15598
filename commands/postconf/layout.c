/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/postconf/layout.h"

#include <string.h>

#define BLANKS " \t\r\n\v\f"
#define INDENT "    "

static void
new_line(struct layout *l)
{
	fputs("\n" INDENT, l->out);
	l->column = sizeof(INDENT) - 1;
	l->begun = false;
}

void
layout_glue(struct layout *l, const char *word, size_t n)
{
	if (l->begun) {
		putc(' ', l->out);
		l->column++;
	}
	fwrite(word, 1, n, l->out);
	l->column += n;
	l->begun = true;
}

void
layout_word(struct layout *l, const char *word, size_t n)
{
	if (l->fold && l->begun && l->column + 1 + n > (l->width > 0 ? l->width : LAYOUT_WIDTH))
		new_line(l);
	layout_glue(l, word, n);
}

void
layout_break(struct layout *l)
{
	if (l->fold && l->begun)
		new_line(l);
}

void
layout_text(struct layout *l, const char *text)
{
	for (size_t n;; text += n) {
		text += strspn(text, BLANKS);
		if ((n = strcspn(text, BLANKS)) == 0)
			return;
		layout_word(l, text, n);
	}
}

void
layout_end(struct layout *l)
{
	putc('\n', l->out);
	l->column = 0;
	l->begun = false;
}
