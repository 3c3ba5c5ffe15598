/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout - words on lines: white space becomes one blank, and with fold no
 * line gets wider than it must; continuation lines begin with four blanks.
 *
 *	struct layout l = { .out = stdout, .fold = true };
 *	layout_text(&l, "mynetworks = 127.0.0.0/8 [::1]/128");
 *	layout_end(&l);
 */
#ifndef POSTCONF_LAYOUT_H
#define POSTCONF_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { LAYOUT_WIDTH = 80, LAYOUT_ARGUMENTS = 79 }; /* as Postfix has it: for values, and for arguments in master.cf */

struct layout {
	FILE *out;
	bool fold;
	size_t width;  /* 0: LAYOUT_WIDTH */
	size_t column; /* bytes on this line */
	bool begun;    /* it has a word */
};

void layout_word(struct layout *, const char *word, size_t n); /* a blank or a new line before it */
void layout_glue(struct layout *, const char *word, size_t n); /* a blank before it, however long the line gets */
void layout_break(struct layout *);			       /* the next word begins a line, if fold */
void layout_text(struct layout *, const char *text);	       /* word by word */
void layout_end(struct layout *);

#endif
