/* SPDX-License-Identifier: Apache-2.0 */
/* content_simple - what content_feed() should do, line by line and too simple to be wrong. */
#ifndef TESTS_SMTPD_CONTENT_SIMPLE_H
#define TESTS_SMTPD_CONTENT_SIMPLE_H

#include "smtpd/content.h"

#include <string.h>

struct result {
	struct buf out;
	size_t used;
	unsigned found;
	bool ended;
};

/* The lines of the input one by one; what it makes of the last, unfinished one is not asked. */
static inline void
content_simple(const char *s, size_t n, bool dots, enum bare bare, struct result *r)
{
	bool before_bare = false, anyhow = bare == BARE_NO || bare == BARE_NOTE;
	const char *p = s, *end = s + n, *lf;

	while ((lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		bool this_bare = lf == p || lf[-1] != '\r';
		size_t len = (size_t)(lf - p) - !this_bare;

		if (this_bare)
			r->found |= LINE_BARE_LF;
		for (size_t i = 0; i < len; i++)
			r->found |= p[i] == '\r' ? LINE_BARE_CR : p[i] == '\0' ? LINE_NUL : 0;
		if (dots && len == 1 && *p == '.' && (anyhow || (!this_bare && !before_bare))) {
			r->ended = true;
			r->used = (size_t)(lf + 1 - s);
			return;
		}
		if (dots && len > 1 && *p == '.')
			buf_add(&r->out, p + 1, len - 1);
		else
			buf_add(&r->out, p, len);
		buf_add(&r->out, "\r\n", 2);
		before_bare = this_bare;
		p = lf + 1;
	}
	r->used = n;
}

#endif
