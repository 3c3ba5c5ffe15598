/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maincf - main.cf as a list of name = value, before anything is looked up.
 *
 *	struct maincf m = { 0 };
 *	if (!maincf_parse("/etc/sallyport/main.cf", &bytes, &mem, &m, err)) ...
 *	m.lines[0].name, m.lines[0].value
 *	maincf_free(&m);			(the list; its strings are the arena's)
 */
#ifndef CONF_MAINCF_H
#define CONF_MAINCF_H

#include "lib/conf/cftext.h"

struct maincf_line {
	const char *name, *value;
	int line;
};
struct maincf {
	struct maincf_line *lines;
	size_t n;
	const char *warnings; /* one a line, "" when there are none: lines that are left out; in the arena */
};

/* False: *err is "path, line N: what is wrong; what to do". */
bool maincf_parse(const char *path, const struct buf *bytes, struct arena *, struct maincf *out, struct buf *err);
void maincf_free(struct maincf *);

/* "name = value" in place; false: *why, with a remedy. */
bool maincf_split(char *text, char **name, char **value, const char **why);

#endif
