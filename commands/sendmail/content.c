/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sendmail/content.h"

#include <string.h>

static void
give(struct content *c, const char *p, size_t n)
{
	if (n > 0)
		c->take(c->ctx, p, n);
}

/* A line, or the end of one, with its LF; line starts are where inside is false. */
static void
line(struct content *c, const char *p, size_t n)
{
	size_t text = n - 1;
	bool crlf = text > 0 && p[text - 1] == '\r';

	if (!c->decided && c->endings == ENDINGS_STRICT)
		c->endings = crlf ? ENDINGS_ALWAYS : ENDINGS_NEVER;
	c->decided = true;
	if (crlf && c->endings == ENDINGS_ALWAYS)
		text--;
	if (!c->dots && !c->inside && text == 1 && p[0] == '.') {
		c->ended = true;
		return;
	}
	c->inside = false;
	if (text + 1 == n) {
		give(c, p, n);
	} else {
		give(c, p, text);
		give(c, "\n", 1);
	}
}

/* What is held came before p; is the line that they make over?  How much of p was used. */
static size_t
with_held(struct content *c, const char *p, size_t n)
{
	char whole[4];
	size_t len = c->nheld;

	memcpy(whole, c->held, len);
	c->nheld = 0;
	if (p[0] == '\n' || (len == 1 && whole[0] == '.' && n > 1 && p[0] == '\r' && p[1] == '\n')) {
		size_t used = p[0] == '\n' ? 1 : 2;

		memcpy(whole + len, p, used);
		line(c, whole, len + used);
		return used;
	}
	if (len == 1 && whole[0] == '.' && n == 1 && p[0] == '\r') {
		c->held[0] = '.';
		c->held[1] = '\r';
		c->nheld = 2;
		return 1;
	}
	give(c, whole, len);
	c->inside = true;
	return 0;
}

/* The start of a line whose end has not come. */
static void
part(struct content *c, const char *p, size_t n)
{
	size_t hold = 0;

	if (!c->dots && !c->inside && (n == 1 || (n == 2 && p[1] == '\r')) && p[0] == '.')
		hold = n;
	else if (p[n - 1] == '\r')
		hold = 1;
	give(c, p, n - hold);
	if (n > hold)
		c->inside = true;
	memcpy(c->held, p + n - hold, hold);
	c->nheld = hold;
}

void
content_feed(struct content *c, const char *p, size_t n)
{
	const char *end = p + n, *lf;

	if (n > 0 && c->nheld > 0 && !c->ended)
		p += with_held(c, p, n);
	while (p < end && !c->ended) {
		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL) {
			part(c, p, (size_t)(end - p));
			break;
		}
		line(c, p, (size_t)(lf - p) + 1);
		p = lf + 1;
	}
}

void
content_end(struct content *c)
{
	if (!c->ended && c->nheld > 0 && c->held[0] == '.' && !c->dots && !c->inside)
		c->ended = true;
	else if (!c->ended)
		give(c, c->held, c->nheld);
	c->nheld = 0;
}
