/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/hosts_file.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 4 << 20 };

struct entry {
	struct addr addr;
	const char *name;
};
struct hosts_file {
	struct arena mem;
	struct entry *entries;
	size_t n, cap;
};

static void
add_line(struct hosts_file *h, char *line)
{
	char *cursor = line, *word;
	struct addr a;

	line[strcspn(line, "#")] = '\0';
	if ((word = text_word(&cursor, " \t\r")) == NULL || !addr_parse(&a, word, 0))
		return;
	while ((word = text_word(&cursor, " \t\r")) != NULL) {
		if (h->n == h->cap)
			h->entries = mem_grow(h->entries, h->cap = h->cap ? h->cap * 2 : 16, sizeof(*h->entries));
		h->entries[h->n++] = (struct entry){ a, arena_str(&h->mem, word) };
	}
}

struct hosts_file *
hosts_file_load(const char *path, struct buf *err)
{
	struct buf in = BUF(FILE_MOST);
	struct hosts_file *h = NULL;
	char *cursor, *line;

	if (!file_read(AT_FDCWD, path, &in)) {
		buf_fmt(err, "open file %s: %s", path, strerror(errno));
	} else {
		h = mem_zero(1, sizeof(*h));
		h->mem = (struct arena)ARENA(2 * FILE_MOST);
		for (size_t i = 0; i < in.len; i++)
			if (in.s[i] == '\0')
				in.s[i] = ' ';
		cursor = in.s;
		while (cursor != NULL && (line = text_word(&cursor, "\n")) != NULL)
			add_line(h, line);
	}
	buf_free(&in);
	return h;
}

size_t
hosts_file_find(const struct hosts_file *h, const char *name, int port, struct addr *out, size_t max)
{
	size_t found = 0;

	for (size_t i = 0; i < h->n && found < max; i++) {
		if (!text_same(h->entries[i].name, name))
			continue;
		out[found] = h->entries[i].addr;
		addr_set_port(&out[found++], port);
	}
	return found;
}

void
hosts_file_free(struct hosts_file **h)
{
	if (*h == NULL)
		return;
	arena_free(&(*h)->mem);
	free((*h)->entries);
	free(*h);
	*h = NULL;
}
