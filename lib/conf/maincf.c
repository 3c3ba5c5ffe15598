/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/maincf.h"

#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { EXCERPT = 60, WARNINGS = 4096 }; /* how much of a bad line an error repeats; bytes */

bool
maincf_split(char *text, char **name, char **value, const char **why)
{
	char *eq = strchr(text, '=');

	if (eq == NULL) {
		*why = "missing '=' after the parameter name; write name = value, or # before a comment";
		return false;
	}
	*eq = '\0';
	*name = text_trim(text);
	*value = text_trim(eq + 1);
	if (**name == '\0')
		*why = "missing parameter name before '='; write name = value";
	else if (strpbrk(*name, " \t\r\n\v\f") != NULL)
		*why = "missing '=' after the parameter name, or white space within the name; write name = value";
	else if (strchr(*name, '$') != NULL || strchr(*name, '{') != NULL)
		*why = "a parameter name cannot have '$' or '{'; only values are expanded";
	else
		return true;
	return false;
}

static void
append(struct maincf *m, struct maincf_line l)
{
	if ((m->n & (m->n - 1)) == 0) /* room doubles at each power of two */
		m->lines = mem_grow(m->lines, m->n ? 2 * m->n : 1, sizeof(*m->lines));
	m->lines[m->n++] = l;
}

bool
maincf_parse(const char *path, const struct buf *bytes, struct arena *mem, struct maincf *out, struct buf *err)
{
	struct buf warnings = BUF(WARNINGS);
	struct cftext t = cftext_of(path, bytes);
	struct cftext_logical l;
	char excerpt[EXCERPT + 1];
	const char *why;

	t.warnings = &warnings;
	while (cftext_logical(&t, mem, &l, err)) {
		char *name, *value;

		strncpy(excerpt, l.text, EXCERPT);
		excerpt[EXCERPT] = '\0';
		if (!maincf_split(l.text, &name, &value, &why)) {
			buf_fmt(err, "%s, line %d: %s: \"%s\"", path, l.line, why, excerpt);
			break;
		}
		append(out, (struct maincf_line){ .name = name, .value = value, .line = l.line });
	}
	out->warnings = arena_str(mem, buf_str(&warnings));
	buf_free(&warnings);
	if (err->len == 0 && arena_ok(mem))
		return true;
	if (err->len == 0)
		buf_fmt(err, "%s: too large; shorten it", path);
	maincf_free(out);
	return false;
}

void
maincf_free(struct maincf *m)
{
	free(m->lines);
	*m = (struct maincf){ 0 };
}
