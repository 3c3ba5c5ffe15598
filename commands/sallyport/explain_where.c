/* SPDX-License-Identifier: Apache-2.0 */
/* Where the entry of a key stands in the text that a table was made of. */
#include "commands/sallyport/explain.h"

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/io/file.h"

#include <fcntl.h>
#include <string.h>

enum { FILE_MAX = 256 << 20 };

/* The types whose name is the name of such a text. */
static const char *
source_of(const char *spec)
{
	static const char *const types[] = { "btree:", "cdb:", "dbm:", "hash:", "lmdb:", "texthash:" };

	while (text_starts(spec, "proxy:"))
		spec += strlen("proxy:");
	for (size_t i = 0; i < NITEMS(types); i++)
		if (text_starts(spec, types[i]))
			return spec + strlen(types[i]);
	return NULL;
}

/* Is it the key that the line begins with, which may have quotes around it and a colon after it? */
static bool
begins_with(const char *line, const char *key)
{
	size_t n = strlen(key);
	bool quoted = line[0] == '"' && key[0] != '"';

	line += quoted;
	if (strncasecmp(line, key, n) != 0)
		return false;
	line += n;
	if (quoted && *line++ != '"')
		return false;
	return *line == ' ' || *line == '\t' || (*line == ':' && (line[1] == ' ' || line[1] == '\t'));
}

bool
explain_where(const struct table *t, const char *key, const char **file, int *line)
{
	struct buf text = BUF(FILE_MAX);
	const char *name, *s;
	bool found = false;

	if (table_where(t, key, file, line))
		return true;
	if ((name = source_of(table_spec(t))) == NULL || !file_read(AT_FDCWD, name, &text))
		return false;
	*line = 0;
	for (s = buf_str(&text); s != NULL && !found; s = strchr(s, '\n')) {
		s += *line > 0;
		++*line;
		found = begins_with(s, key);
	}
	buf_free(&text);
	*file = name;
	return found;
}
