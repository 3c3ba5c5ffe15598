/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cftext - the line syntax that main.cf and master.cf share.
 *
 * A logical line starts with text in the first column; lines that start with
 * white space continue it.  Empty lines and lines whose first non-blank is
 * '#' are skipped, also between the lines of one logical line.  A file that
 * begins with white space where a logical line should has none there: what
 * could continue it is left out, with a warning.
 *
 *	struct buf bytes = BUF(CFTEXT_FILE);
 *	struct cftext t;
 *	struct cftext_logical l;
 *
 *	if (!cftext_read("/etc/sallyport/main.cf", &bytes, err))
 *		return false;
 *	t = cftext_of("/etc/sallyport/main.cf", &bytes);
 *	while (cftext_logical(&t, &mem, &l, err))
 *		... l.text, l.line ...
 *	(buf_ok() and an empty err: the end was reached)
 *
 * Lines may end in LF or CRLF.  NUL bytes, files over CFTEXT_FILE and logical
 * lines over CFTEXT_LINE are errors.
 */
#ifndef CONF_CFTEXT_H
#define CONF_CFTEXT_H

#include "lib/base/buf.h"
#include "lib/base/mem.h"

enum { CFTEXT_FILE = 16 << 20, CFTEXT_LINE = 1 << 20 };

struct cftext {
	const char *path;
	const char *at, *end;
	int line;	      /* number of the line that comes next, from 1 */
	struct buf *warnings; /* "path, line N: ..." and a line end for what is left out; NULL: nobody asks */
};

enum cftext_kind { CFTEXT_SKIP, CFTEXT_START, CFTEXT_MORE }; /* comment or empty; first, further line */

struct cftext_line {
	const char *s; /* not NUL-terminated */
	size_t len;    /* with its line end */
	enum cftext_kind kind;
	int line;
};

struct cftext_logical {
	char *text;	 /* joined: line ends and what surrounds them are one blank; in the arena */
	const char *raw; /* as written, line ends and comments within kept */
	size_t rawlen;
	int line; /* where it starts */
};

/* The whole file; false: *err is "path: why; what to do". */
bool cftext_read(const char *path, struct buf *bytes, struct buf *err);
struct cftext cftext_of(const char *path, const struct buf *bytes);

/* False: the end. */
bool cftext_line(struct cftext *, struct cftext_line *out);
/* False: the end, or *err got "path, line N: ...". */
bool cftext_logical(struct cftext *, struct arena *, struct cftext_logical *out, struct buf *err);

#endif
