/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rewrite - changing main.cf or master.cf, so that two who do it at once do
 * not lose each other's change, and a crash leaves the old file or the new.
 *
 *	struct rewrite w;
 *	rewrite_begin(&w, path);		(locked and read; ends the program when it cannot)
 *	... cftext_of(path, &w.old), and the new text into w.new ...
 *	rewrite_commit(&w);
 */
#ifndef POSTCONF_REWRITE_H
#define POSTCONF_REWRITE_H

#include "lib/conf/cftext.h"

struct rewrite {
	const char *path;
	int lock;
	struct buf old, new;
};

void rewrite_begin(struct rewrite *, const char *path);
void rewrite_commit(struct rewrite *);

/* The line, with '#' before it when comment says so, and a line end if it has none. */
void rewrite_copy(struct rewrite *, const struct cftext_line *, bool comment);
/* A line end if the new text lacks one. */
void rewrite_finish_line(struct rewrite *);

#endif
